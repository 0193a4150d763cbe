/// The header of a safetensors file.
struct SafeTensorsHeader {
  /// The description of one tensor.
  struct Entry {
    var name: String
    /// The format's name of the type.
    var typeName: String
    /// The type; nil for one that is not read.
    var elementType: ElementType?
    var shape: [Int]
    /// The byte offsets of the tensor, relative to the beginning of the data.
    var data: Range<Int>
  }

  static let metadataKey = "__metadata__"

  var metadata: [String: String] = [:]
  var entries: [Entry] = []
}

/// Parses the JSON of a header: only the objects, strings and integers of the format, so nesting needs
/// no limit and no number is rounded.
struct SafeTensorsHeaderParser {
  private var json: JSONCursor

  /// NumPy's limit, more than any network needs.
  private static let maximumRank = 64

  init(bytes: UnsafeRawBufferPointer, offset: Int, end: Int, file: String) {
    json = JSONCursor(bytes: bytes, offset: offset, end: end, file: file)
  }

  mutating func header() throws -> SafeTensorsHeader {
    var header = SafeTensorsHeader()
    var names: Set<String> = []
    try json.readObject { json, name in
      guard names.insert(name).inserted else { throw json.error(.duplicateName, of: name) }
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
    try json.readObject { json, key in
      guard metadata.updateValue(try json.readString(), forKey: key) == nil else {
        throw json.error(.duplicateName, of: "\(SafeTensorsHeader.metadataKey)/\(key)")
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
    try json.readObject { json, key in
      switch key {
      case "dtype" where type == nil: type = try json.readString()
      case "shape" where shape == nil: shape = try json.readIntegers(atMost: maximumRank)
      case "data_offsets" where offsets == nil: offsets = try json.readIntegers(atMost: 2)
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
    guard let count = ElementType.elementCount(of: shape) else {
      throw json.error(.shapeTooLarge(shape), of: name)
    }
    guard begin <= end else {
      throw json.error(.backwards(begin: begin, end: end), of: name)
    }
    if let bitCount = ElementType.safeTensorsBitCount(of: type) {
      let isWhole = bitCount.isMultiple(of: 8)
      let (size, overflow) = count.multipliedReportingOverflow(
        by: isWhole ? bitCount / 8 : bitCount)
      guard !overflow else { throw json.error(.shapeTooLarge(shape), of: name) }
      let expected = isWhole || size == 0 ? size : (size - 1) / 8 + 1
      guard end - begin == expected else {
        throw json.error(.wrongByteCount(expected: expected, found: end - begin), of: name)
      }
    }
    return SafeTensorsHeader.Entry(
      name: name, typeName: type, elementType: ElementType(safeTensorsName: type), shape: shape,
      data: begin..<end)
  }
}

extension ElementType {
  /// The names of the types that are read and written, in the order in which the reference library
  /// lays out the tensors of a file.
  private static let safeTensorsNames: [(type: ElementType, name: String)] = [
    (.uint64, "U64"), (.int64, "I64"), (.float64, "F64"), (.float32, "F32"), (.uint32, "U32"),
    (.int32, "I32"), (.bfloat16, "BF16"), (.float16, "F16"), (.uint16, "U16"), (.int16, "I16"),
    (.int8, "I8"), (.uint8, "U8"), (.bool, "BOOL"),
  ]

  /// The bits of each element of the types whose tensors are passed over.
  private static let otherBitCounts = [
    "C64": 64, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
  ]

  /// The bits of each element of the type that the format calls `name`, or nil for another.
  fileprivate static func safeTensorsBitCount(of name: String) -> Int? {
    ElementType(safeTensorsName: name).map { 8 * $0.byteCount } ?? otherBitCounts[name]
  }

  /// The types that are read and written, in the order of their tensors in a file.
  package static let safeTensorsTypes = safeTensorsNames.map(\.type)

  /// The format's name of the type, or nil if it is not read and written.
  package var safeTensorsName: String? {
    Self.safeTensorsNames.first { $0.type == self }?.name
  }

  fileprivate init?(safeTensorsName: String) {
    guard let known = Self.safeTensorsNames.first(where: { $0.name == safeTensorsName }) else {
      return nil
    }
    self = known.type
  }
}

/// Reads the parts of JSON (RFC 8259) that a header consists of, strictly.
private struct JSONCursor {
  let bytes: UnsafeRawBufferPointer
  /// The byte offset of the next read.
  var offset: Int
  let end: Int
  let file: String

  /// Reads an object; `member` is called with each key and must read the value.
  mutating func readObject(_ member: (inout JSONCursor, String) throws -> Void) throws {
    try expect("{")
    if accept("}") { return }
    repeat {
      let key = try readString()
      try expect(":")
      try member(&self, key)
    } while accept(",")
    try expect("}")
  }

  /// Reads an array of at most `maximum` integers, none negative.
  mutating func readIntegers(atMost maximum: Int) throws -> [Int] {
    var integers: [Int] = []
    try expect("[")
    if accept("]") { return [] }
    repeat {
      guard integers.count < maximum else { throw malformed("at most \(maximum) integers") }
      integers.append(try readInteger())
    } while accept(",")
    try expect("]")
    return integers
  }

  /// Reads an integer from 0 to 2⁶³ − 1, without sign, fraction or exponent.
  private mutating func readInteger() throws -> Int {
    skipSpaces()
    let digits = bytes[offset..<end].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 }
    guard digits.count == 1 || digits.first != UInt8(ascii: "0"), digits.count < 20,
      let integer = Int(String(decoding: digits, as: UTF8.self))
    else { throw malformed("an integer from 0 to \(Int.max)") }
    offset += digits.count
    return integer
  }

  /// Reads a string.
  mutating func readString() throws -> String {
    skipSpaces()
    guard offset < end, bytes[offset] == UInt8(ascii: "\"") else { throw malformed("a string") }
    offset += 1
    var content: [UInt8] = []
    while offset < end {
      let byte = bytes[offset]
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw malformed("a string of UTF-8 to end here")
        }
        offset += 1
        return text
      case UInt8(ascii: "\\"): content += try escaped()
      case ..<0x20: throw malformed("no control character in a string")
      default:
        content.append(byte)
        offset += 1
      }
    }
    throw malformed("the end of a string")
  }

  /// Reads an escape sequence, as UTF-8.
  private mutating func escaped() throws -> [UInt8] {
    if offset + 1 < end, let byte = Self.unescaped(bytes[offset + 1]) {
      offset += 2
      return [byte]
    }
    var units = [try unit()]
    if UTF16.isLeadSurrogate(units[0]) { units.append(try unit()) }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw malformed("a pair of surrogates to end here")
    }
    return Array(text.utf8)
  }

  private static func unescaped(_ letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
    case UInt8(ascii: "b"): 8
    case UInt8(ascii: "f"): 12
    case UInt8(ascii: "n"): 10
    case UInt8(ascii: "r"): 13
    case UInt8(ascii: "t"): 9
    default: nil
    }
  }

  /// Reads `\uXXXX`, as one UTF-16 code unit.
  private mutating func unit() throws -> UInt16 {
    let digits = bytes[offset..<end].dropFirst(2).prefix(4)
    guard bytes[offset..<end].starts(with: "\\u".utf8), digits.count == 4,
      digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw malformed("an escape sequence of JSON") }
    offset += 6
    return unit
  }

  /// Checks that only white space remains.
  mutating func expectEnd() throws {
    skipSpaces()
    guard offset == end else { throw malformed("the end of the header") }
  }

  mutating func expect(_ character: Unicode.Scalar) throws {
    guard accept(character) else { throw malformed("\"\(character)\"") }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard offset < end, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func skipSpaces() {
    while offset < end, " \n\t\r".utf8.contains(bytes[offset]) { offset += 1 }
  }

  func malformed(_ expected: String) -> SafeTensorsError {
    error(.malformedHeader(offset: offset, expected: expected))
  }

  func error(_ problem: SafeTensorsError.Problem, of tensor: String? = nil) -> SafeTensorsError {
    SafeTensorsError(file: file, tensor: tensor, problem: problem)
  }
}

// MARK: Errors

/// A safetensors file that cannot be read or written.
public struct SafeTensorsError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// The tensor at fault, if there is one.
  public let tensor: String?
  /// What is wrong.
  public let problem: Problem

  /// Creates an error.
  public init(file: String, tensor: String?, problem: Problem) {
    self.file = file
    self.tensor = tensor
    self.problem = problem
  }

  /// What can be wrong with a file.
  public enum Problem: Equatable, Sendable {
    /// The file ends before the end of the header; sizes in bytes.
    case truncated(expected: UInt64, found: Int)
    /// A header longer than the format allows; sizes in bytes.
    case headerTooLarge(found: UInt64, maximum: Int)
    /// The header is not the JSON of the format, at this byte offset of the file.
    case malformedHeader(offset: Int, expected: String)
    /// Two tensors or metadata strings of the same name.
    case duplicateName
    /// Elements of a type that is not written.
    case unsupportedType(String)
    /// A shape whose size in bytes exceeds `Int`.
    case shapeTooLarge([Int])
    /// A tensor that ends before it begins; byte offsets.
    case backwards(begin: Int, end: Int)
    /// A tensor of more or fewer bytes than its shape needs.
    case wrongByteCount(expected: Int, found: Int)
    /// Bytes of the data before this tensor that belong to no tensor; byte offsets.
    case gap(end: Int, next: Int)
    /// A tensor that begins before the previous one ends; byte offsets.
    case overlap(end: Int, next: Int)
    /// More or fewer bytes of data than the tensors need together.
    case wrongDataSize(expected: Int, found: Int)
    /// A name that the format reserves.
    case reservedName
  }

  public var description: String {
    "\(file): \(tensor.map { "\($0.oneLine): " } ?? "")\(problem.description)"
  }
}

extension SafeTensorsError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated(let expected, let found):
      "truncated: the header needs \(expected) bytes, found \(found)"
    case .headerTooLarge(let found, let maximum):
      "a header of \(found) bytes, expected at most \(maximum)"
    case .malformedHeader(let offset, let expected):
      "byte \(offset): expected \(expected.oneLine)"
    case .duplicateName: "duplicate name"
    case .unsupportedType(let name):
      "elements of \(name.oneLine), expected one of "
        + ElementType.safeTensorsTypes.compactMap(\.safeTensorsName).joined(separator: ", ")
    case .shapeTooLarge(let shape): "shape \(shape) is too large"
    case .backwards(let begin, let end): "ends at data byte \(end), before it begins at \(begin)"
    case .wrongByteCount(let expected, let found):
      "the shape needs \(expected) bytes, found \(found)"
    case .gap(let end, let next):
      "begins at data byte \(next), expected \(end): the bytes between belong to no tensor"
    case .overlap(let end, let next):
      "begins at data byte \(next), expected \(end): it overlaps the tensor before it"
    case .wrongDataSize(let expected, let found):
      "the tensors need \(expected) bytes of data, found \(found)"
    case .reservedName: "the format reserves this name"
    }
  }
}
