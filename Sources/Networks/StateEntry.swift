import Tensors

/// One entry of a network's state, under the name that PyTorch gives it.
package enum StateEntry {
  case parameter(Parameter)
  /// A running mean or variance.
  case statistic(String, Tensor)
  /// The number of batches a normalization has seen.
  case batchCount(String, BatchNormalization)

  package var name: String {
    switch self {
    case .parameter(let parameter): parameter.name
    case .statistic(let name, _), .batchCount(let name, _): name
    }
  }

  /// The shape in a checkpoint; a count has none.
  package var checkpointShape: [Int] {
    switch self {
    case .parameter(let parameter): parameter.checkpointShape
    case .statistic(_, let tensor): tensor.shape
    case .batchCount: []
    }
  }
}

extension StateEntry {
  /// The values in the order of a checkpoint; none for a count, which is whole and read as such.
  package var checkpointValues: [Float] {
    switch self {
    case .parameter(let parameter): parameter.checkpointValues(of: parameter.value)
    case .statistic(_, let tensor): tensor.values
    case .batchCount: []
    }
  }

  /// Takes over values in the order of a checkpoint, as many as `checkpointValues` has.
  package func setCheckpointValues(_ values: [Float]) {
    switch self {
    case .parameter(let parameter): parameter.setCheckpointValues(values, of: parameter.value)
    case .statistic(_, let tensor): tensor.elements.update(from: values, count: tensor.count)
    case .batchCount: break
    }
  }
}
