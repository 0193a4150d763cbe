/// The header of an `.npy` file (NumPy Enhancement Proposal 1).
struct NumPyHeader {
  var elementType: ElementType
  var isBigEndian: Bool
  var shape: [Int]
  /// Whether the first index varies fastest.
  var isFortranOrder: Bool
  /// The size of the header in bytes, which is the byte offset of the data.
  var byteCount: Int

  private static let magic = Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) })
  /// The headers that NumPy writes for numeric arrays are below 200 bytes.
  private static let maximumByteCount = 1 << 16
  /// NumPy's own limit.
  static let maximumRank = 64

  /// Reads the header at the beginning of `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws {
    func fail(_ problem: NumPyError.Problem) -> NumPyError {
      NumPyError(file: file, problem: problem)
    }
    let (start, length) = try Self.extent(bytes, file: file)
    byteCount = start + length
    guard byteCount <= bytes.count else {
      throw fail(.truncatedHeader(expected: byteCount, found: bytes.count))
    }
    guard length <= Self.maximumByteCount else { throw fail(Self.tooLong) }
    var parser = NumPyHeaderParser(bytes: bytes, offset: start, end: byteCount, file: file)
    let fields = try parser.dictionary()
    (isBigEndian, elementType) = try Self.byteOrderAndType(of: fields.descr, file: file)
    shape = fields.shape
    isFortranOrder = fields.isFortranOrder
  }

  private static let tooLong = NumPyError.Problem.malformedHeader(
    offset: 8, expected: "a header of at most \(maximumByteCount) bytes")

  /// Where the dictionary begins, and how long it is.
  private static func extent(
    _ bytes: UnsafeRawBufferPointer, file: String
  ) throws -> (start: Int, length: Int) {
    func fail(_ problem: NumPyError.Problem) -> NumPyError {
      NumPyError(file: file, problem: problem)
    }
    guard bytes.starts(with: magic) else { throw fail(.notAnArray) }
    guard bytes.count >= prefixCount else {
      throw fail(.truncatedHeader(expected: prefixCount, found: bytes.count))
    }
    switch (bytes[6], bytes[7]) {
    case (1, 0):
      let length = bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
      return (10, Int(UInt16(littleEndian: length)))
    case (2, 0), (3, 0):
      let length = bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
      return (12, Int(UInt32(littleEndian: length)))
    case (let major, let minor): throw fail(.unsupportedVersion(major: major, minor: minor))
    }
  }

  /// The bytes that tell how long a header is.
  static let prefixCount = 12

  /// The size in bytes of the header whose first `prefixCount` bytes these are.
  static func byteCount(fromPrefix prefix: [UInt8], file: String) throws -> Int {
    let (start, length) = try prefix.withUnsafeBytes { try extent($0, file: file) }
    guard length <= maximumByteCount else { throw NumPyError(file: file, problem: tooLong) }
    return start + length
  }

  /// Whether a header may begin with these bytes.
  static func canBegin(with bytes: [UInt8]) -> Bool {
    zip(bytes, magic).allSatisfy { $0 == $1 }
  }

  /// Splits a `descr` such as `<f4` into byte order and type.
  static func byteOrderAndType(
    of descr: String, file: String
  ) throws -> (isBigEndian: Bool, type: ElementType) {
    let orders: [Character: Bool] = [
      "<": false, ">": true, "=": isHostBigEndian, "|": isHostBigEndian,
    ]
    guard let first = descr.first, let isBigEndian = orders[first],
      let type = ElementType(numPyName: String(descr.dropFirst())),
      first != "|" || type.byteCount == 1
    else { throw NumPyError(file: file, problem: .unsupportedType(descr)) }
    return (isBigEndian, type)
  }

  /// The size in bytes of the data of an array, or nil if it exceeds `Int` or the array has more
  /// dimensions than NumPy allows.
  static func byteCount(of shape: [Int], _ type: ElementType) -> Int? {
    shape.count <= maximumRank ? type.byteCount(of: shape) : nil
  }

  /// The header that `numpy.save` writes for an array in C order: version 1.0, a multiple of 64
  /// bytes.
  static func bytes(_ type: ElementType, shape: [Int], file: String) throws -> [UInt8] {
    guard byteCount(of: shape, type) != nil else {
      throw NumPyError(file: file, problem: .shapeTooLarge(shape))
    }
    guard let name = type.numPyName else {
      throw NumPyError(file: file, problem: .unsupportedType(type.description))
    }
    let order = type.byteCount == 1 ? "|" : isHostBigEndian ? ">" : "<"
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let dictionary =
      "{'descr': '\(order)\(name)', 'fortran_order': False, 'shape': (\(extents)), }"
    // NumPy leaves enough spaces for the first extent to become any 64-bit number.
    let room = shape.first.map { max(21 - String($0).count, 0) } ?? 0
    let used = magic.count + 4 + dictionary.utf8.count + room + 1
    let spaces = room + (64 - used % 64) % 64
    let length = UInt16(dictionary.utf8.count + spaces + 1)
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(dictionary.utf8)
      + Array(repeating: UInt8(ascii: " "), count: spaces) + [UInt8(ascii: "\n")]
  }
}

extension ElementType {
  /// NumPy's name of the type, its kind and size in bytes, such as `f4`; nil for `bfloat16`, which
  /// NumPy does not have.
  package var numPyName: String? {
    switch self {
    case .bool: "b1"
    case .int8, .int16, .int32, .int64: "i\(byteCount)"
    case .uint8, .uint16, .uint32, .uint64: "u\(byteCount)"
    case .float16, .float32, .float64: "f\(byteCount)"
    case .bfloat16: nil
    }
  }

  fileprivate init?(numPyName: String) {
    guard let type = Self.allCases.first(where: { $0.numPyName == numPyName }) else { return nil }
    self = type
  }
}

/// Parses the dictionary of an `.npy` header, a Python literal with exactly the keys `descr`,
/// `fortran_order` and `shape`.
private struct NumPyHeaderParser {
  let bytes: UnsafeRawBufferPointer
  /// The next byte to read.
  var offset: Int
  let end: Int
  let file: String

  /// The values of the three keys.
  struct Fields {
    var descr: String
    var isFortranOrder: Bool
    var shape: [Int]
  }

  mutating func dictionary() throws -> Fields {
    var descr: String?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !accept("}") {
      let key = try text()
      try expect(":")
      switch key {
      case "descr" where descr == nil: descr = try typeName()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try truthValue()
      case "shape" where shape == nil: shape = try extents()
      default: throw malformed("each of 'descr', 'fortran_order' and 'shape' once")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipSpaces()
    guard offset == end else { throw malformed("the end of the header") }
    guard let descr, let isFortranOrder, let shape else {
      throw malformed("'descr', 'fortran_order' and 'shape'")
    }
    return Fields(descr: descr, isFortranOrder: isFortranOrder, shape: shape)
  }

  private mutating func typeName() throws -> String {
    guard !accept("[") else {
      throw NumPyError(file: file, problem: .unsupportedType("structure"))
    }
    return try text()
  }

  private mutating func truthValue() throws -> Bool {
    for (word, value) in [("True", true), ("False", false)]
    where bytes[offset..<end].starts(with: word.utf8) {
      offset += word.utf8.count
      return value
    }
    throw malformed("True or False")
  }

  private mutating func extents() throws -> [Int] {
    var extents: [Int] = []
    try expect("(")
    while !accept(")") {
      extents.append(try extent())
      if !accept(",") {
        try expect(")")
        break
      }
    }
    return extents
  }

  private mutating func extent() throws -> Int {
    let digits = bytes[offset..<end].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 }
    guard let extent = Int(String(decoding: digits, as: UTF8.self)) else {
      throw malformed("the extent of a dimension")
    }
    offset += digits.count
    // Python 2 wrote long integers with this suffix.
    _ = accept("L")
    return extent
  }

  private mutating func text() throws -> String {
    skipSpaces()
    guard offset < end, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(bytes[offset]) else {
      throw malformed("a quoted string")
    }
    let quote = bytes[offset]
    let content = bytes[(offset + 1)..<end].prefix { $0 != quote && $0 != UInt8(ascii: "\\") }
    guard content.endIndex < end, bytes[content.endIndex] == quote else {
      throw malformed("the end of a string")
    }
    offset = content.endIndex + 1
    skipSpaces()
    return String(decoding: content, as: UTF8.self)
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard accept(character) else { throw malformed("\"\(character)\"") }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard offset < end, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    skipSpaces()
    return true
  }

  private mutating func skipSpaces() {
    while offset < end, " \n\t\r".utf8.contains(bytes[offset]) { offset += 1 }
  }

  private func malformed(_ expected: String) -> NumPyError {
    NumPyError(file: file, problem: .malformedHeader(offset: offset, expected: expected))
  }
}

// MARK: Errors

/// A NumPy array that cannot be read as requested, or cannot be written.
public struct NumPyError: Error, Equatable, CustomStringConvertible {
  /// The file, and the member in it if it is an archive.
  public let file: String
  /// What is wrong.
  public let problem: Problem

  /// Creates an error.
  public init(file: String, problem: Problem) {
    self.file = file
    self.problem = problem
  }

  /// What can be wrong with an array.
  public enum Problem: Equatable, Sendable {
    /// The data does not begin with `\x93NUMPY`.
    case notAnArray
    /// A format version other than 1.0, 2.0 and 3.0.
    case unsupportedVersion(major: UInt8, minor: UInt8)
    /// The header extends beyond the end of the data; sizes in bytes.
    case truncatedHeader(expected: Int, found: Int)
    /// The header's dictionary is not what NumPy writes, at this byte offset of the file.
    case malformedHeader(offset: Int, expected: String)
    /// Elements of this `descr`, such as objects, structures, strings, times or complex numbers.
    case unsupportedType(String)
    /// A shape whose size in bytes exceeds `Int`, or of more than 64 dimensions.
    case shapeTooLarge([Int])
    /// The data has more or fewer bytes than the shape needs.
    case wrongByteCount(expected: Int, found: Int)
    /// An array in Fortran order that exceeds half of this machine's memory.
    case tooLargeToReorder(byteCount: Int)
    /// Elements that the requested Swift type does not represent exactly.
    case wrongElementType(requested: String, found: ElementType)
    /// Rows outside the array.
    case rowsOutOfRange(requested: Range<Int>, count: Int)
    /// More or fewer values to write than the shape has.
    case wrongValueCount(expected: Int, found: Int)
    /// A pickled object that is not a NumPy array or scalar.
    case notAPickledArray
  }

  public var description: String { "\(file): \(problem.description)" }
}

extension NumPyError.Problem {
  /// How to save elements of another type so that they are read.
  private static func remedy(for descr: String) -> String? {
    switch descr.drop(while: { "<>=|".contains($0) }) {
    case "f16", "f12": "save extended precision as array.astype(numpy.float64)"
    case "c8", "c16", "c32": "save the real part, array.real"
    case "V2": "save bfloat16 as array.astype(numpy.float32)"
    case "O": "save objects as numbers, such as numpy.array(list, dtype=float)"
    case "structure":
      "save the fields as columns, as numpy.lib.recfunctions.structured_to_unstructured does"
    case let type where type.hasPrefix("U") || type.hasPrefix("S"):
      "save texts as numbers, such as array.astype(float)"
    default: nil
    }
  }
}

extension NumPyError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notAnArray: "not a NumPy array: does not begin with \\x93NUMPY"
    case .unsupportedVersion(let major, let minor):
      "NumPy format \(major).\(minor), expected 1.0, 2.0 or 3.0"
    case .truncatedHeader(let expected, let found):
      "truncated: the header needs \(expected) bytes, found \(found)"
    case .malformedHeader(let offset, let expected): "byte \(offset): expected \(expected)"
    case .unsupportedType(let descr):
      "elements of type \(descr.oneLine), expected integers, floating-point numbers or booleans"
        + (Self.remedy(for: descr).map { "; \($0)" } ?? "")
    case .shapeTooLarge(let shape):
      shape.count > NumPyHeader.maximumRank
        ? "\(shape.count) dimensions, at most \(NumPyHeader.maximumRank) are read"
        : "shape \(shape) is too large"
    case .wrongByteCount(let expected, let found):
      "the shape needs \(expected) bytes of data, found \(found)"
    case .tooLargeToReorder(let byteCount):
      "\(byteCount) bytes in Fortran order cannot be reordered in memory; save the array in C order"
    case .wrongElementType(let requested, let found):
      "elements of type \(found) cannot be read as \(requested) exactly"
    case .rowsOutOfRange(let requested, let count):
      "rows \(requested.lowerBound)..<\(requested.upperBound) requested, found \(count) rows"
    case .wrongValueCount(let expected, let found):
      "the shape needs \(expected) values, found \(found)"
    case .notAPickledArray: "not a pickled NumPy array"
    }
  }
}
