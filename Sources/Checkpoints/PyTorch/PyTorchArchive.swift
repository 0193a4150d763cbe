import Formats
import Foundation

/// The format of `torch.save` since PyTorch 1.6: a zip archive of one folder with the pickle
/// `data.pkl`, a member `data/<key>` for each storage, and the name of the byte order.
enum PyTorchArchive {
  /// The limit on a deflated pickle in a smaller file, in bytes.
  private static let smallPickleByteCount = 1 << 24
  /// How much of a deflated pickle counts for the limit on its values: this many times the file's size,
  /// and in a small file this many bytes.
  private static let (countedInflation, smallCountedByteCount) = (4, 1 << 20)

  static func read(_ url: URL) throws -> CheckpointValue {
    let archive = try ZipArchive(contentsOf: url)
    let folder = try folder(of: archive, file: url.path)
    let isBigEndian = try isBigEndian(archive, folder, file: url.path)
    let pickle = "\(folder)/data.pkl"
    let bytes = try archive.bytes(
      of: pickle, atMost: max(archive.byteCount, smallPickleByteCount))
    let counted = max(countedInflation * archive.byteCount, smallCountedByteCount)
    let (value, identifiers) = try bytes.withUnsafeBytes { bytes in
      try PickleReader.document(
        of: bytes, file: "\(url.path): \(pickle.oneLine)",
        limits: PickleLimits(fileByteCount: min(bytes.count, counted)))
    }
    // The type of bytes without one is not known, so that they cannot be reversed.
    let isForeign = isBigEndian != isHostBigEndian
    let references = try StorageReference.all(in: identifiers, file: url.path, location: pickle)
      .filter { $0.isReadable && !(isForeign && $0.isUntyped) }
    let names = try references.map { reference in
      try check(reference, in: archive, folder, file: url.path)
    }
    let storages = try archive.storages(of: names) { index, bytes in
      guard isForeign, let size = references[index].elementByteCount else { return }
      bytes.reverseBytes(ofEach: size)
    }
    let keyed = Dictionary(uniqueKeysWithValues: zip(references.map(\.key), storages))
    return try PyTorchDecoder.value(of: value, file: url.path, storages: keyed)
  }

  private static func folder(of archive: ZipArchive, file: String) throws -> String {
    let folders = archive.members.compactMap { member -> Substring? in
      let parts = member.name.split(separator: "/", omittingEmptySubsequences: false)
      return parts.count == 2 && parts[1] == "data.pkl" ? parts[0] : nil
    }
    guard folders.count == 1 else {
      throw CheckpointError(
        file: file, location: nil, problem: .noDataPickle(members: archive.members.map(\.name)))
    }
    return String(folders[0])
  }

  /// Files from before PyTorch 2.1 do not name the byte order; they are little-endian.
  private static func isBigEndian(
    _ archive: ZipArchive, _ folder: String, file: String
  ) throws -> Bool {
    let member = "\(folder)/byteorder"
    guard archive.members.contains(where: { $0.name == member }) else { return false }
    let name = String(decoding: try archive.bytes(of: member, atMost: 64), as: UTF8.self)
    guard ["little", "big"].contains(name) else {
      throw CheckpointError(file: file, location: member, problem: .unsupportedByteOrder(name))
    }
    return name == "big"
  }

  /// The name of a storage's member, whose size is checked.
  private static func check(
    _ reference: StorageReference, in archive: ZipArchive, _ folder: String, file: String
  ) throws -> String {
    let name = "\(folder)/data/\(reference.key)"
    let member = try archive.member(name)
    func fail(_ problem: CheckpointError.Problem) -> CheckpointError {
      CheckpointError(file: file, location: name, problem: problem)
    }
    guard let expected = reference.byteCount, member.byteCount == UInt64(expected) else {
      throw fail(
        .wrongStorageSize(expected: reference.byteCount ?? 0, found: member.byteCount))
    }
    return name
  }
}

// MARK: Writing

extension PyTorchArchive {
  /// Replaces `url` with an archive that `torch.load(…, weights_only=True)` opens.
  ///
  /// Each storage is written once, without a copy in memory. Equal values give equal bytes.
  static func write(_ value: CheckpointValue, to url: URL) throws {
    var encoder = PyTorchEncoder(file: url.path)
    let pickle = PickleWriter.bytes(of: try encoder.pickle(value))
    var members = [
      ("archive/data.pkl", storage(of: pickle)),
      ("archive/byteorder", storage(of: Array((isHostBigEndian ? "big" : "little").utf8))),
    ]
    for (key, storage) in encoder.storages.enumerated() {
      members.append(("archive/data/\(key)", storage))
    }
    members.append(("archive/version", storage(of: Array("3\n".utf8))))
    try ZipArchive.write(members, to: url)
  }

  private static func storage(of bytes: [UInt8]) -> ByteStorage {
    bytes.withUnsafeBytes(ByteStorage.init(copying:))
  }
}

/// Converts a checkpoint's values to pickled values, and numbers the storages.
private struct PyTorchEncoder {
  let file: String
  /// The storages in the order of their keys 0, 1, ….
  private(set) var storages: [ByteStorage] = []
  private var keys: [ObjectIdentifier: Int] = [:]

  init(file: String) {
    self.file = file
  }

  mutating func pickle(_ value: CheckpointValue, at path: [String] = []) throws -> PickleValue {
    switch value {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .double(let value): return .float(value)
    case .string(let text): return .string(text)
    case .list(let elements):
      var pickled: [PickleValue] = []
      for (index, element) in elements.enumerated() {
        pickled.append(try pickle(element, at: path + [String(index)]))
      }
      return .list(pickled)
    case .dictionary(let items): return .dictionary(try pickle(items, at: path))
    case .orderedDictionary(let items): return .orderedDictionary(try pickle(items, at: path))
    case .tensor(let tensor): return pickle(tensor)
    case .opaque(let name):
      throw CheckpointError(file: file, path: path, problem: .opaqueValue(name))
    }
  }

  private mutating func pickle(
    _ items: [CheckpointItem], at path: [String]
  ) throws -> [PickleItem] {
    var keys: Set<CheckpointKey> = []
    var pickled: [PickleItem] = []
    for item in items {
      let name = item.key.description
      guard keys.insert(item.key).inserted else {
        throw CheckpointError(file: file, path: path, problem: .duplicateKey(name))
      }
      guard let key = item.key.pickled else {
        throw CheckpointError(file: file, path: path, problem: .opaqueValue("key \(name)"))
      }
      pickled.append(PickleItem(key: key, value: try pickle(item.value, at: path + [name])))
    }
    return pickled
  }

  private mutating func pickle(_ tensor: CheckpointTensor) -> PickleValue {
    let type = tensor.elementType
    let storageClass =
      PickleGlobal.storageClasses[type] ?? PickleGlobal("torch.storage", "UntypedStorage")
    let isTyped = PickleGlobal.storageClasses[type] != nil
    let identifier = PickleValue.tuple([
      .string("storage"), .global(storageClass), .string(key(of: tensor.storage)),
      .string("cpu"), .int(tensor.storage.bytes.count / (isTyped ? type.byteCount : 1)),
    ])
    let arguments: [PickleValue] = [
      .persistent(identifier), .int(tensor.offset), .tuple(tensor.shape.map(PickleValue.int)),
      .tuple(tensor.strides.map(PickleValue.int)), .bool(false), .orderedDictionary([]),
    ]
    guard !isTyped else {
      return .object(PickleObject(callee: .rebuildTensor, arguments: arguments))
    }
    let name = PickleValue.global(PickleGlobal("torch", type.description))
    return .object(PickleObject(callee: .rebuildTypedTensor, arguments: arguments + [name]))
  }

  private mutating func key(of storage: ByteStorage) -> String {
    let key = keys[ObjectIdentifier(storage)] ?? storages.count
    if key == storages.count {
      keys[ObjectIdentifier(storage)] = key
      storages.append(storage)
    }
    return String(key)
  }
}

extension CheckpointKey {
  fileprivate var pickled: PickleValue? {
    switch self {
    case .string(let text): .string(text)
    case .int(let number): .int(number)
    case .other: nil
    }
  }
}
