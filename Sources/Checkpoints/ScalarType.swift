/// The type of a checkpoint tensor's elements.
public enum ScalarType: String, Sendable, CaseIterable, CustomStringConvertible {
  /// IEEE 754 numbers of 4, 8 and 2 bytes.
  case float32, float64, float16
  /// The upper half of a `float32`.
  case bfloat16
  /// Signed integers of 8, 4, 2 and 1 bytes.
  case int64, int32, int16, int8
  /// An unsigned byte.
  case uint8
  /// True or false in one byte.
  case bool

  /// The number of bytes of one element.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// PyTorch's name of the type.
  public var description: String { rawValue }

  /// Whether the elements are whole numbers or truth values.
  public var isInteger: Bool {
    switch self {
    case .float32, .float64, .float16, .bfloat16: false
    case .int64, .int32, .int16, .int8, .uint8, .bool: true
    }
  }
}
