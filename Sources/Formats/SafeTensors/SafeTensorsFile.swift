import Foundation

/// A safetensors file: named tensors after a header in JSON.
///
/// The file consists of the header's length as a 64-bit little-endian integer, the header, and the
/// data. The header lists each tensor's type, shape and byte offsets in the data; the tensors cover the
/// data without gaps or overlaps. The format is https://github.com/huggingface/safetensors.
///
/// The file is memory-mapped, and its tensors are views of the mapping.
public struct SafeTensorsFile: Sendable {
  /// The tensors in the order of their data, except the others.
  public let tensors: [SafeTensor]
  /// Tensors whose elements are of a type that is not read: the name of each, and the format's name of
  /// the type.
  public let others: [(name: String, typeName: String)]
  /// The strings of the header's `__metadata__`.
  public let metadata: [String: String]

  /// The format's own limit on the header.
  static let maximumHeaderByteCount = 100_000_000

  /// Maps the file at `url` and checks its header.
  ///
  /// - Throws: `SafeTensorsError`, `FileError`, or `FileFormError` for what is recognizably something
  ///   else.
  public init(contentsOf url: URL) throws {
    self = try FileForm.naming(url, expecting: .safeTensors) {
      try SafeTensorsFile(ByteStorage(mapping: url), file: url.path)
    }
  }

  /// Reads a file that is in memory.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - file: The file's name in errors.
  /// - Throws: `SafeTensorsError`.
  public init(bytes: [UInt8], file: String) throws {
    try self.init(bytes.withUnsafeBytes(ByteStorage.init(copying:)), file: file)
  }

  package init(_ storage: ByteStorage, file: String) throws {
    let headerEnd = try storage.withBytes { try Self.headerEnd($0, file: file) }
    let header = try storage.withBytes { bytes in
      var parser = SafeTensorsHeaderParser(
        bytes: bytes, offset: Self.lengthByteCount, end: headerEnd, file: file)
      return try parser.header()
    }
    let entries = header.entries.sorted {
      ($0.data.lowerBound, $0.data.upperBound) < ($1.data.lowerBound, $1.data.upperBound)
    }
    try Self.checkTiling(entries, dataByteCount: storage.bytes.count - headerEnd, file: file)
    metadata = header.metadata
    others = entries.filter { $0.elementType == nil }.map { ($0.name, $0.typeName) }
    tensors = entries.compactMap { entry in
      guard let elementType = entry.elementType else { return nil }
      let range = headerEnd + entry.data.lowerBound..<headerEnd + entry.data.upperBound
      let part = ByteStorage(
        UnsafeRawBufferPointer(rebasing: storage.bytes[range]), ownedBy: storage)
      return SafeTensor(entry.name, elementType, shape: entry.shape, storage: part)
    }
  }

  static let lengthByteCount = 8

  /// The byte offset of the end of the header, where the data begins.
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

  /// Checks that the entries, in the order of their data, cover it without gaps or overlaps.
  private static func checkTiling(
    _ entries: [SafeTensorsHeader.Entry], dataByteCount: Int, file: String
  ) throws {
    var end = 0
    for entry in entries {
      guard entry.data.lowerBound == end else {
        let problem: SafeTensorsError.Problem =
          entry.data.lowerBound > end
          ? .gap(end: end, next: entry.data.lowerBound)
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

/// A named tensor of a safetensors file: its elements in row-major order, little-endian.
public struct SafeTensor: Sendable {
  /// The name, unique in the file.
  public let name: String
  /// The type of the elements.
  public let elementType: ElementType
  /// The extent of each dimension; empty for a scalar.
  public let shape: [Int]
  /// The bytes of the elements: a part of the mapped file if the tensor was read, not aligned.
  package let storage: ByteStorage

  /// Creates a tensor with a copy of `bytes`.
  ///
  /// Their number must be that of `shape` and `elementType`; it is checked when the tensor is written.
  public init(
    _ name: String, _ elementType: ElementType, shape: [Int], bytes: [UInt8]
  ) {
    self.init(
      name, elementType, shape: shape,
      storage: bytes.withUnsafeBytes(ByteStorage.init(copying:)))
  }

  /// Creates a tensor without copying its bytes.
  package init(
    _ name: String, _ elementType: ElementType, shape: [Int], storage: ByteStorage
  ) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.storage = storage
  }

  /// Calls `body` with the bytes of the elements, which may not be aligned.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try storage.withBytes(body)
  }
}

// MARK: Writing

extension SafeTensorsFile {
  /// Replaces `url` with the bytes that the format's reference library writes for `tensors`.
  ///
  /// The tensors are ordered by element type, largest elements first, then by name, so every element is
  /// aligned. The file is replaced atomically.
  ///
  /// - Parameters:
  ///   - tensors: The tensors in any order.
  ///   - metadata: Strings for the header's `__metadata__`.
  ///   - url: The file.
  /// - Throws: `SafeTensorsError` for a duplicate or reserved name, an element type that the format
  ///   lacks or a wrong number of bytes, or `FileError`.
  public static func write(
    _ tensors: [SafeTensor], metadata: [String: String] = [:], to url: URL
  ) throws {
    let ordered = tensors.sorted { left, right in
      let (first, second) = (left.layoutRank, right.layoutRank)
      return first == second
        ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8) : first < second
    }
    let header = try header(ordered, metadata, file: url.path)
    try AtomicFile.stream(to: url) { stream in
      try withUnsafeBytes(of: UInt64(header.count).littleEndian, stream.append)
      try header.withUnsafeBytes(stream.append)
      for tensor in ordered { try tensor.withBytes(stream.append) }
    }
  }

  /// The JSON of the header, padded with spaces to a multiple of eight bytes.
  private static func header(
    _ tensors: [SafeTensor], _ metadata: [String: String], file: String
  ) throws -> [UInt8] {
    var names: Set<String> = []
    var members: [String] = []
    if !metadata.isEmpty {
      let strings = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\($0.key.quoted):\($0.value.quoted)" }
      members.append(
        "\(SafeTensorsHeader.metadataKey.quoted):{\(strings.joined(separator: ","))}")
    }
    var offset = 0
    for tensor in tensors {
      func fail(_ problem: SafeTensorsError.Problem) -> SafeTensorsError {
        SafeTensorsError(file: file, tensor: tensor.name, problem: problem)
      }
      guard tensor.name != SafeTensorsHeader.metadataKey else { throw fail(.reservedName) }
      guard names.insert(tensor.name).inserted else { throw fail(.duplicateName) }
      guard let typeName = tensor.elementType.safeTensorsName else {
        throw fail(.unsupportedType(tensor.elementType.description))
      }
      guard let expected = tensor.elementType.byteCount(of: tensor.shape) else {
        throw fail(.shapeTooLarge(tensor.shape))
      }
      let found = tensor.storage.bytes.count
      guard found == expected else {
        throw fail(.wrongByteCount(expected: expected, found: found))
      }
      members.append(tensor.member(ofType: typeName, at: offset))
      offset += found
    }
    let json = Array("{\(members.joined(separator: ","))}".utf8)
    let padding = (8 - json.count % 8) % 8
    return json + Array(repeating: UInt8(ascii: " "), count: padding)
  }
}

extension SafeTensor {
  fileprivate func member(ofType typeName: String, at offset: Int) -> String {
    let extents = shape.map(String.init).joined(separator: ",")
    return "\(name.quoted):{\"dtype\":\"\(typeName)\",\"shape\":[\(extents)],"
      + "\"data_offsets\":[\(offset),\(offset + storage.bytes.count)]}"
  }

  /// The index of the tensor's type in the order of the reference library.
  fileprivate var layoutRank: Int {
    let order = ElementType.safeTensorsTypes
    return order.firstIndex(of: elementType) ?? order.count
  }
}

extension String {
  /// The text as a string of JSON, escaped where needed.
  fileprivate var quoted: String {
    let short: [Unicode.Scalar: String] = [
      "\"": "\\\"", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u{8}": "\\b",
      "\u{C}": "\\f",
    ]
    let escaped = unicodeScalars.map { scalar in
      if let text = short[scalar] { return text }
      guard scalar.value < 0x20 else { return String(scalar) }
      return "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
    }
    return "\"\(escaped.joined())\""
  }
}
