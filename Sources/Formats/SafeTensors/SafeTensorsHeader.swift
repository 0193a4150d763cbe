/// What stands before the data of a safetensors file.
struct SafeTensorsHeader {
  /// One tensor's description.
  struct Entry {
    var name: String
    var elementType: SafeTensorElementType
    var shape: [Int]
    /// The tensor's bytes, counted from the beginning of the data.
    var data: Range<Int>
  }

  static let metadataKey = "__metadata__"

  var metadata: [String: String] = [:]
  var entries: [Entry] = []
}

/// Reads the header's JSON: just the objects, texts and whole numbers that the format has, so that
/// there is no depth to bound and no number that is rounded.
struct SafeTensorsHeaderParser {
  private var json: JSONCursor

  /// NumPy's limit, and far beyond any network's.
  private static let maximumRank = 64

  init(bytes: UnsafeRawBufferPointer, position: Int, end: Int, file: String) {
    json = JSONCursor(bytes: bytes, position: position, end: end, file: file)
  }

  mutating func header() throws -> SafeTensorsHeader {
    var header = SafeTensorsHeader()
    var names: Set<String> = []
    try json.object { json, name in
      guard names.insert(name).inserted else { throw json.error(.duplicateName, of: name) }
      guard names.count <= SafeTensorsFile.maximumEntryCount else {
        throw json.error(.tooMany("tensors", maximum: SafeTensorsFile.maximumEntryCount))
      }
      if name == SafeTensorsHeader.metadataKey {
        header.metadata = try Self.metadata(&json)
      } else {
        header.entries.append(try Self.entry(name, &json))
      }
    }
    try json.expectEnd()
    return header
  }

  private static func metadata(_ json: inout JSONCursor) throws -> [String: String] {
    var metadata: [String: String] = [:]
    try json.object { json, key in
      guard metadata.updateValue(try json.text(), forKey: key) == nil else {
        throw json.error(.duplicateName, of: "\(SafeTensorsHeader.metadataKey)/\(key)")
      }
      guard metadata.count <= SafeTensorsFile.maximumEntryCount else {
        throw json.error(.tooMany("texts", maximum: SafeTensorsFile.maximumEntryCount))
      }
    }
    return metadata
  }

  private static func entry(
    _ name: String, _ json: inout JSONCursor
  ) throws -> SafeTensorsHeader.Entry {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    try json.object { json, key in
      switch key {
      case "dtype" where type == nil: type = try json.text()
      case "shape" where shape == nil: shape = try json.numbers(atMost: maximumRank)
      case "data_offsets" where offsets == nil: offsets = try json.numbers(atMost: 2)
      default: throw json.malformed("each of dtype, shape and data_offsets once")
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2 else {
      throw json.malformed("dtype, shape and two data_offsets of \(name)")
    }
    return try entry(name, type, shape, offsets[0], offsets[1], json)
  }

  private static func entry(
    _ name: String, _ type: String, _ shape: [Int], _ begin: Int, _ end: Int, _ json: JSONCursor
  ) throws -> SafeTensorsHeader.Entry {
    guard let elementType = SafeTensorElementType(rawValue: type) else {
      throw json.error(.unsupportedType(type), of: name)
    }
    guard let expected = elementType.byteCount(of: shape) else {
      throw json.error(.shapeTooLarge(shape), of: name)
    }
    guard begin <= end else {
      throw json.error(.backwards(begin: begin, end: end), of: name)
    }
    guard end - begin == expected else {
      throw json.error(.wrongByteCount(expected: expected, found: end - begin), of: name)
    }
    return SafeTensorsHeader.Entry(
      name: name, elementType: elementType, shape: shape, data: begin..<end)
  }
}
