import Foundation

/// A safetensors file: named tensors behind a header of JSON.
///
/// The file is the header's length as a 64-bit little-endian number, the header, and the data. The
/// header gives each tensor's type, shape and place in the data; together they cover the data without
/// holes or overlap. The format is that of https://github.com/huggingface/safetensors.
///
/// The file is memory-mapped, and its tensors are views of the mapping.
public struct SafeTensorsFile: Sendable {
  /// The tensors in the order of their data.
  public let tensors: [SafeTensor]
  /// The texts of the header's `__metadata__`.
  public let metadata: [String: String]

  /// The format's own limit of a header.
  static let maximumHeaderByteCount = 100_000_000
  /// Tensors, and texts, of one file; each takes up to a kilobyte of memory.
  static let maximumEntryCount = 1 << 15

  /// Maps the file at `url` and checks all of its header.
  ///
  /// - Throws: `SafeTensorsError` or `FileError`.
  public init(contentsOf url: URL) throws {
    try self.init(ByteStorage(mapping: url), file: url.path)
  }

  /// Reads a file that is in memory.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - file: The name that errors carry.
  /// - Throws: `SafeTensorsError`.
  public init(bytes: [UInt8], file: String) throws {
    try self.init(bytes.withUnsafeBytes(ByteStorage.init(copying:)), file: file)
  }

  package init(_ storage: ByteStorage, file: String) throws {
    let headerEnd = try storage.withBytes { try Self.headerEnd($0, file: file) }
    let header = try storage.withBytes { bytes in
      var parser = SafeTensorsHeaderParser(
        bytes: bytes, position: Self.lengthByteCount, end: headerEnd, file: file)
      return try parser.header()
    }
    let entries = header.entries.sorted {
      ($0.data.lowerBound, $0.data.upperBound) < ($1.data.lowerBound, $1.data.upperBound)
    }
    try Self.checkTiling(entries, dataByteCount: storage.bytes.count - headerEnd, file: file)
    metadata = header.metadata
    tensors = entries.map { entry in
      let range = headerEnd + entry.data.lowerBound..<headerEnd + entry.data.upperBound
      let part = ByteStorage(
        UnsafeRawBufferPointer(rebasing: storage.bytes[range]), ownedBy: storage)
      return SafeTensor(entry.name, entry.elementType, shape: entry.shape, storage: part)
    }
  }

  static let lengthByteCount = 8

  /// Where the header ends and the data begins.
  private static func headerEnd(_ bytes: UnsafeRawBufferPointer, file: String) throws -> Int {
    func fail(_ problem: SafeTensorsError.Problem) -> SafeTensorsError {
      SafeTensorsError(file: file, tensor: nil, problem: problem)
    }
    guard bytes.count >= lengthByteCount else {
      throw fail(.truncated(expected: UInt64(lengthByteCount), found: bytes.count))
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(maximumHeaderByteCount) else {
      throw fail(.headerTooLarge(found: length, maximum: maximumHeaderByteCount))
    }
    let end = lengthByteCount + Int(length)
    guard end <= bytes.count else {
      throw fail(.truncated(expected: UInt64(end), found: bytes.count))
    }
    return end
  }

  // Entries come in the order of their data.
  private static func checkTiling(
    _ entries: [SafeTensorsHeader.Entry], dataByteCount: Int, file: String
  ) throws {
    var end = 0
    for entry in entries {
      guard entry.data.lowerBound == end else {
        let problem: SafeTensorsError.Problem =
          entry.data.lowerBound > end
          ? .hole(end: end, next: entry.data.lowerBound)
          : .overlap(end: end, next: entry.data.lowerBound)
        throw SafeTensorsError(file: file, tensor: entry.name, problem: problem)
      }
      end = entry.data.upperBound
    }
    guard end == dataByteCount else {
      throw SafeTensorsError(
        file: file, tensor: nil, problem: .wrongDataSize(expected: end, found: dataByteCount))
    }
  }
}
