/// The type of the elements of an array or tensor in a file.
///
/// Each format has its own names for these types, and lacks some of them.
public enum ElementType: String, Sendable, CaseIterable, CustomStringConvertible {
  /// A truth value in one byte.
  case bool
  /// Signed integers of 1, 2, 4 and 8 bytes.
  case int8, int16, int32, int64
  /// Unsigned integers of 1, 2, 4 and 8 bytes.
  case uint8, uint16, uint32, uint64
  /// IEEE 754 floating-point numbers of 2, 4 and 8 bytes.
  case float16, float32, float64
  /// The upper 2 bytes of a `float32`.
  case bfloat16

  /// The name of the type, as NumPy and PyTorch spell it.
  public var description: String { rawValue }

  /// The size of one element in bytes.
  public var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// Whether the elements are floating-point numbers rather than integers or truth values.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .float32, .float64, .bfloat16: true
    default: false
    }
  }

  /// Whether the elements are signed integers.
  var isSignedInteger: Bool {
    switch self {
    case .int8, .int16, .int32, .int64: true
    default: false
    }
  }

  /// The number of bits of the magnitude of an integer or truth value.
  var magnitudeBits: Int {
    self == .bool ? 1 : isSignedInteger ? byteCount * 8 - 1 : byteCount * 8
  }
}

// MARK: Sizes of arrays

extension ElementType {
  /// The size in bytes of an array of this shape.
  ///
  /// - Returns: Nil as `elementCount(of:)`, for the size in bytes.
  package func byteCount(of shape: [Int]) -> Int? {
    Self.product(of: shape, times: byteCount)
  }

  /// The number of elements of an array of this shape.
  ///
  /// - Returns: Nil if an extent is negative, or if the product of the extents other than 0 exceeds
  ///   `Int`: the strides of an empty array are such products.
  package static func elementCount(of shape: [Int]) -> Int? {
    product(of: shape, times: 1)
  }

  private static func product(of shape: [Int], times factor: Int) -> Int? {
    var product = factor
    for extent in shape where extent != 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow || extent < 0 { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product
  }
}

// MARK: Byte order

/// Whether this machine stores the most significant byte first.
package let isHostBigEndian = 1.bigEndian == 1

extension UnsafeMutableRawBufferPointer {
  /// Reverses the bytes of each element of `size` bytes: 1, 2, 4 or 8.
  package func reverseBytes(ofEach size: Int) {
    switch size {
    case 2: reverse(UInt16.self)
    case 4: reverse(UInt32.self)
    case 8: reverse(UInt64.self)
    default: break
    }
  }

  private func reverse<Word: FixedWidthInteger & BitwiseCopyable>(_: Word.Type) {
    let size = MemoryLayout<Word>.size
    for offset in stride(from: 0, to: count - count % size, by: size) {
      let word = loadUnaligned(fromByteOffset: offset, as: Word.self)
      storeBytes(of: word.byteSwapped, toByteOffset: offset, as: Word.self)
    }
  }
}
