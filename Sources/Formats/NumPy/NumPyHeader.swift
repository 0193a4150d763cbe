/// What stands before the data of an `.npy` file (NumPy Enhancement Proposal 1).
struct NumPyHeader {
  var elementType: NumPyElementType
  var isBigEndian: Bool
  var shape: [Int]
  /// Whether the first index varies fastest.
  var isFortranOrder: Bool
  /// The number of bytes of the header, where the data begins.
  var byteCount: Int

  private static let magic = Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) })
  /// NumPy's own headers of numeric arrays stay below 200 bytes.
  private static let maximumByteCount = 1 << 16
  /// NumPy's own limit.
  static let maximumRank = 64

  /// Reads the header at the beginning of `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws {
    func fail(_ problem: NumPyError.Problem) -> NumPyError {
      NumPyError(file: file, problem: problem)
    }
    guard bytes.starts(with: Self.magic) else { throw fail(.notAnArray) }
    guard bytes.count >= 12 else { throw fail(.truncatedHeader(expected: 12, found: bytes.count)) }
    let start: Int
    let length: Int
    switch (bytes[6], bytes[7]) {
    case (1, 0):
      start = 10
      length = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
    case (2, 0), (3, 0):
      start = 12
      length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    case (let major, let minor): throw fail(.unsupportedVersion(major: major, minor: minor))
    }
    byteCount = start + length
    guard byteCount <= bytes.count else {
      throw fail(.truncatedHeader(expected: byteCount, found: bytes.count))
    }
    guard length <= Self.maximumByteCount else {
      throw fail(
        .malformedHeader(offset: 8, expected: "a header of at most \(Self.maximumByteCount) bytes"))
    }
    var parser = NumPyHeaderParser(bytes: bytes, position: start, end: byteCount, file: file)
    let dictionary = try parser.dictionary()
    (isBigEndian, elementType) = try Self.elementType(of: dictionary.descr, file: file)
    shape = dictionary.shape
    isFortranOrder = dictionary.isFortranOrder
  }

  /// Splits a `descr` such as `<f4` into byte order and type.
  static func elementType(
    of descr: String, file: String
  ) throws -> (isBigEndian: Bool, type: NumPyElementType) {
    let orders: [Character: Bool] = [
      "<": false, ">": true, "=": isHostBigEndian, "|": isHostBigEndian,
    ]
    guard let first = descr.first, let isBigEndian = orders[first],
      let type = NumPyElementType(rawValue: String(descr.dropFirst())),
      first != "|" || type.byteCount == 1
    else { throw NumPyError(file: file, problem: .unsupportedType(descr)) }
    return (isBigEndian, type)
  }

  /// The number of bytes of an array, or nil if that overflows or has more dimensions than NumPy's.
  static func byteCount(of shape: [Int], _ type: NumPyElementType) -> Int? {
    guard shape.count <= maximumRank else { return nil }
    var product = type.byteCount
    for extent in shape where extent != 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow || extent < 0 { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product
  }

  /// The header that `numpy.save` writes for a C-ordered array: version 1, a multiple of 64 bytes.
  static func bytes(_ type: NumPyElementType, shape: [Int], file: String) throws -> [UInt8] {
    guard byteCount(of: shape, type) != nil else {
      throw NumPyError(file: file, problem: .shapeTooLarge(shape))
    }
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let dictionary =
      "{'descr': '\(type.description)', 'fortran_order': False, 'shape': (\(extents)), }"
    // NumPy leaves room for the first extent to grow in place to any 64-bit number.
    let room = shape.first.map { max(21 - String($0).count, 0) } ?? 0
    let used = magic.count + 4 + dictionary.utf8.count + room + 1
    let spaces = room + (64 - used % 64) % 64
    let length = UInt16(dictionary.utf8.count + spaces + 1)
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(dictionary.utf8)
      + Array(repeating: UInt8(ascii: " "), count: spaces) + [UInt8(ascii: "\n")]
  }
}
