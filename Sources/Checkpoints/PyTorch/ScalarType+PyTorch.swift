import Formats

extension ScalarType {
  /// The name of PyTorch's storage class.
  private var storageName: String {
    switch self {
    case .float32: "FloatStorage"
    case .float64: "DoubleStorage"
    case .float16: "HalfStorage"
    case .bfloat16: "BFloat16Storage"
    case .int64: "LongStorage"
    case .int32: "IntStorage"
    case .int16: "ShortStorage"
    case .int8: "CharStorage"
    case .uint8: "ByteStorage"
    case .bool: "BoolStorage"
    }
  }

  /// PyTorch's storage class.
  var storageClass: PickleGlobal { PickleGlobal("torch", storageName) }

  /// The type of a storage class.
  init(storageClass: PickleGlobal) throws(CheckpointError.Problem) {
    guard let type = ScalarType.allCases.first(where: { $0.storageClass == storageClass }) else {
      throw .unsupportedScalarType(storageClass.description)
    }
    self = type
  }
}
