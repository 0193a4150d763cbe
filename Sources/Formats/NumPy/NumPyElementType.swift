/// The type of one element of a NumPy array, by NumPy's kind and size.
public enum NumPyElementType: String, Sendable, CaseIterable {
  /// True or false in one byte.
  case bool = "b1"
  /// Signed integers of 1, 2, 4 and 8 bytes.
  case int8 = "i1"
  case int16 = "i2"
  case int32 = "i4"
  case int64 = "i8"
  /// Unsigned integers of 1, 2, 4 and 8 bytes.
  case uint8 = "u1"
  case uint16 = "u2"
  case uint32 = "u4"
  case uint64 = "u8"
  /// IEEE 754 numbers of 2, 4 and 8 bytes.
  case float16 = "f2"
  case float32 = "f4"
  case float64 = "f8"

  /// The number of bytes of one element.
  public var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// What NumPy writes as `descr`: byte order, kind and size.
  package var description: String {
    (byteCount == 1 ? "|" : isHostBigEndian ? ">" : "<") + rawValue
  }

  var isFloatingPoint: Bool { rawValue.hasPrefix("f") }
  var isSigned: Bool { rawValue.hasPrefix("i") }
  /// The number of bits of the magnitude of an integer or truth value.
  var magnitudeBits: Int {
    self == .bool ? 1 : isSigned ? byteCount * 8 - 1 : byteCount * 8
  }
}

/// Whether this machine stores the most significant byte first.
package let isHostBigEndian = 1.bigEndian == 1
