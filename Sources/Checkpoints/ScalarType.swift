/// The type of a checkpoint tensor's elements.
public enum ScalarType: String, Sendable, CaseIterable, CustomStringConvertible {
  case float32, float64, float16, bfloat16
  case int64, int32, int16, int8, uint8, bool

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
