import Formats
import Foundation

extension PyTorchArchive {
  /// Replaces `url` with an archive that `torch.load(…, weights_only=True)` opens.
  ///
  /// Each storage is written once, from where it is. The same value gives the same bytes.
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

/// Turns a checkpoint's values into what is pickled, and gives each storage its key.
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
      pickled.append(
        PickleItem(key: item.key.pickled, value: try pickle(item.value, at: path + [name])))
    }
    return pickled
  }

  private mutating func pickle(_ tensor: CheckpointTensor) -> PickleValue {
    let identifier = PickleValue.tuple([
      .string("storage"), .global(tensor.scalarType.storageClass), .string(key(of: tensor.storage)),
      .string("cpu"), .int(tensor.storage.bytes.count / tensor.scalarType.byteCount),
    ])
    let arguments: [PickleValue] = [
      .persistent(identifier), .int(tensor.offset), .tuple(tensor.shape.map(PickleValue.int)),
      .tuple(tensor.strides.map(PickleValue.int)), .bool(false), .orderedDictionary([]),
    ]
    return .object(PickleObject(callee: .rebuildTensor, arguments: arguments))
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
  fileprivate var pickled: PickleValue {
    switch self {
    case .string(let text): .string(text)
    case .int(let number): .int(number)
    }
  }
}
