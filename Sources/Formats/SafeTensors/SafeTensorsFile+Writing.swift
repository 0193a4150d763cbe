import Foundation

extension SafeTensorsFile {
  /// Replaces `url` with a file of `tensors`, byte for byte what the format's reference library
  /// writes.
  ///
  /// The data is ordered by type, those of the widest elements first, then by name, so that every
  /// element is aligned. The file is written beside and renamed.
  ///
  /// - Parameters:
  ///   - tensors: The tensors in any order.
  ///   - metadata: Texts about them.
  ///   - url: The file.
  /// - Throws: `SafeTensorsError` for a name that comes twice or is the format's own, or a wrong
  ///   number of bytes; `FileError`.
  public static func write(
    _ tensors: [SafeTensor], metadata: [String: String] = [:], to url: URL
  ) throws {
    let ordered = tensors.sorted { left, right in
      let (first, second) = (left.elementType.rank, right.elementType.rank)
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

  /// The JSON, with spaces up to a multiple of eight bytes.
  private static func header(
    _ tensors: [SafeTensor], _ metadata: [String: String], file: String
  ) throws -> [UInt8] {
    var names: Set<String> = []
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\($0.key.quoted):\($0.value.quoted)" }
      members.append(
        "\(SafeTensorsHeader.metadataKey.quoted):{\(texts.joined(separator: ","))}")
    }
    var offset = 0
    for tensor in tensors {
      func fail(_ problem: SafeTensorsError.Problem) -> SafeTensorsError {
        SafeTensorsError(file: file, tensor: tensor.name, problem: problem)
      }
      guard tensor.name != SafeTensorsHeader.metadataKey else { throw fail(.reservedName) }
      guard names.insert(tensor.name).inserted else { throw fail(.duplicateName) }
      guard let expected = tensor.elementType.byteCount(of: tensor.shape) else {
        throw fail(.shapeTooLarge(tensor.shape))
      }
      let found = tensor.storage.bytes.count
      guard found == expected else {
        throw fail(.wrongByteCount(expected: expected, found: found))
      }
      members.append(tensor.member(at: offset))
      offset += found
    }
    let json = Array("{\(members.joined(separator: ","))}".utf8)
    let padding = (8 - json.count % 8) % 8
    return json + Array(repeating: UInt8(ascii: " "), count: padding)
  }
}

extension SafeTensor {
  fileprivate func member(at offset: Int) -> String {
    let extents = shape.map(String.init).joined(separator: ",")
    return "\(name.quoted):{\"dtype\":\"\(elementType.rawValue)\",\"shape\":[\(extents)],"
      + "\"data_offsets\":[\(offset),\(offset + storage.bytes.count)]}"
  }
}

extension SafeTensorElementType {
  /// The place of the type's tensors in a file of the reference library.
  fileprivate var rank: Int {
    let order: [SafeTensorElementType] = [
      .int64, .float64, .float32, .int32, .bfloat16, .float16, .int16, .int8, .uint8, .bool,
    ]
    return order.firstIndex(of: self) ?? order.count
  }
}

extension String {
  /// The text in JSON, escaped where it must be.
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
