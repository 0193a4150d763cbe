import Formats
import Foundation

/// The format of `torch.save` before PyTorch 1.6: five consecutive pickles (a magic number, the format's
/// version, a description of the system, the object, the keys of its storages), then for each key the
/// number of elements and their bytes.
///
/// Bytes after that are passed over.
struct PyTorchLegacyFile {
  /// The first pickle without its protocol: the integer 0x1950A86A20F9469CFC6C.
  private static let magic: [UInt8] = [
    0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]
  /// Protocols 4 and 5 say how many bytes follow.
  private static let frame: [UInt8] = [0x95, UInt8(magic.count), 0, 0, 0, 0, 0, 0, 0]
  /// How many bytes the first pickle takes at most.
  static let longestHead = 2 + frame.count + magic.count
  private static let version = PickleValue.int(1001)

  private let file: String
  private let bytes: UnsafeRawBufferPointer
  /// The byte offset of the next read.
  private var offset: Int

  /// The limits on the version and on the description of the system.
  private static let smallLimits = PickleLimits(valueCount: 256)

  /// How many bytes the first pickle takes, in any protocol from 2; nil if a file begins otherwise.
  static func headLength(in start: [UInt8]) -> Int? {
    guard start.count > 2, start[0] == 0x80, 2...5 ~= start[1] else { return nil }
    let isFramed = start.dropFirst(2).starts(with: frame)
    let length = 2 + (isFramed ? frame.count : 0)
    return start.dropFirst(length).starts(with: magic) ? length + magic.count : nil
  }

  /// Reads what follows the first pickle, which takes `headLength` bytes.
  static func read(
    _ bytes: UnsafeRawBufferPointer, after headLength: Int, file: String
  ) throws -> CheckpointValue {
    var reader = PyTorchLegacyFile(file: file, bytes: bytes, offset: headLength)
    return try reader.read()
  }

  private init(file: String, bytes: UnsafeRawBufferPointer, offset: Int) {
    self.file = file
    self.bytes = bytes
    self.offset = offset
  }

  private mutating func read() throws -> CheckpointValue {
    guard try pickle("version", Self.smallLimits) == Self.version else {
      throw error("version", .malformedTensor(expected: "version 1001 of the format"))
    }
    guard case .bool(let isLittleEndian)? = try pickle("system", Self.smallLimits)["little_endian"]
    else {
      throw error("system", .malformedTensor(expected: "a byte order"))
    }
    let (object, identifiers) = try PickleReader.document(
      of: bytes, at: &offset, file: "\(file): object",
      limits: PickleLimits(fileByteCount: bytes.count))
    let storages = try storages(of: identifiers, isBigEndian: !isLittleEndian)
    return try PyTorchDecoder.value(of: object, file: file, storages: storages)
  }

  private mutating func pickle(_ name: String, _ limits: PickleLimits) throws -> PickleValue {
    try PickleReader.value(of: bytes, at: &offset, file: "\(file): \(name)", limits: limits)
  }

  private mutating func storages(
    of identifiers: [PickleValue], isBigEndian: Bool
  ) throws -> [String: ByteStorage] {
    let references = try StorageReference.all(in: identifiers, file: file, location: "object")
    let keys = try pickle("storage keys", PickleLimits(valueCount: 4 * references.count + 16))
    var referencesOfKeys = Dictionary(uniqueKeysWithValues: references.map { ($0.key, $0) })
    guard case .list(let list) = keys, list.count == references.count else {
      throw error("storage keys", .malformedTensor(expected: "a key for each storage"))
    }
    var storages: [String: ByteStorage] = [:]
    for key in list {
      guard let name = key.shortText, let reference = referencesOfKeys.removeValue(forKey: name)
      else { throw error("storage keys", .malformedTensor(expected: "the key of a storage")) }
      storages[name] = try storage(reference, isBigEndian: isBigEndian)
    }
    return storages
  }

  /// Copies a storage, after checking that its size is what the tensors declare; nil for one that is
  /// passed over.
  private mutating func storage(
    _ reference: StorageReference, isBigEndian: Bool
  ) throws -> ByteStorage? {
    let location = "storage \(reference.key)"
    guard let byteCount = reference.byteCount, let elementByteCount = reference.elementByteCount
    else { throw error(location, .unsupportedElementType(reference.name)) }
    let found = bytes.count - offset - 8
    guard found >= byteCount else {
      throw error(location, .wrongByteCount(expected: byteCount, found: max(found, 0)))
    }
    let stored = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    let count = isBigEndian ? UInt64(bigEndian: stored) : UInt64(littleEndian: stored)
    guard count == UInt64(byteCount / elementByteCount) else {
      throw error(location, .malformedTensor(expected: "as many elements as its tensors declare"))
    }
    let start = offset + 8
    offset = start + byteCount
    guard reference.isReadable, !(reference.isUntyped && isBigEndian != isHostBigEndian) else {
      return nil
    }
    return ByteStorage(byteCount: byteCount) { destination in
      destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]))
      if isBigEndian != isHostBigEndian {
        destination.reverseBytes(ofEach: elementByteCount)
      }
    }
  }

  private func error(_ location: String, _ problem: CheckpointError.Problem) -> CheckpointError {
    CheckpointError(file: file, location: location, problem: problem)
  }
}
