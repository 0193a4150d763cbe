import Formats
import Foundation

extension SafeTensorsFile {
  /// The dictionary of the file's tensors.
  var checkpointRoot: CheckpointValue {
    .orderedDictionary(
      tensors.map { tensor in
        CheckpointItem(
          .string(tensor.name),
          .tensor(
            CheckpointTensor(
              ScalarType(tensor.elementType), shape: tensor.shape, storage: tensor.storage)))
      })
  }

  /// Replaces `url` with the tensors that `root` is a dictionary of.
  static func write(
    _ root: CheckpointValue, metadata: [String: String], to url: URL
  ) throws {
    guard let items = root.items else {
      throw CheckpointError(file: url.path, place: nil, problem: .notATensor)
    }
    let tensors = try items.map { item in
      guard case .string(let name) = item.key, case .tensor(let tensor) = item.value else {
        throw CheckpointError(file: url.path, path: [item.key.description], problem: .notATensor)
      }
      return SafeTensor(
        name, tensor.scalarType.safeTensorType, shape: tensor.shape,
        storage: tensor.rowMajorBytes())
    }
    try write(tensors, metadata: metadata, to: url)
  }
}

extension ScalarType {
  fileprivate init(_ type: SafeTensorElementType) {
    switch type {
    case .float64: self = .float64
    case .float32: self = .float32
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    case .int64: self = .int64
    case .int32: self = .int32
    case .int16: self = .int16
    case .int8: self = .int8
    case .uint8: self = .uint8
    case .bool: self = .bool
    }
  }

  fileprivate var safeTensorType: SafeTensorElementType {
    switch self {
    case .float64: .float64
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .int64: .int64
    case .int32: .int32
    case .int16: .int16
    case .int8: .int8
    case .uint8: .uint8
    case .bool: .bool
    }
  }
}
