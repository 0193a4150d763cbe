import Tensors

/// A trainable array with its gradient.
package final class Parameter {
  /// The order of the elements in a PyTorch checkpoint, compared with the order here.
  package enum Layout: Sendable {
    /// The same.
    case plain
    /// A convolution's weight: `[kernel, kernel, input, output]` here, `[output, input, kernel,
    /// kernel]` in a checkpoint.
    case convolution
  }

  /// The name in checkpoints, such as `layer1.0.conv1.weight`.
  package let name: String
  package let layout: Layout
  package let value: Tensor
  /// The derivative of the loss, of the shape of `value`; each backward pass replaces it.
  package private(set) lazy var gradient = Tensor(value.shape)

  package init(_ name: String, _ shape: [Int], layout: Layout = .plain) {
    self.name = name
    self.layout = layout
    value = Tensor(shape)
  }

  /// The shape in a checkpoint.
  package var checkpointShape: [Int] {
    switch layout {
    case .plain: value.shape
    case .convolution: [value.shape[3], value.shape[2], value.shape[0], value.shape[1]]
    }
  }

  /// The elements of a tensor of this parameter's shape, in the order of a checkpoint.
  package func checkpointValues(of tensor: Tensor) -> [Float] {
    guard layout == .convolution else { return tensor.values }
    var values = [Float](repeating: 0, count: tensor.count)
    forEachConvolutionElement { here, there in values[there] = tensor[here] }
    return values
  }

  /// Fills a tensor of this parameter's shape from elements in the order of a checkpoint.
  package func setCheckpointValues(_ values: [Float], of tensor: Tensor) {
    guard layout == .convolution else {
      tensor.elements.update(from: values, count: tensor.count)
      return
    }
    forEachConvolutionElement { here, there in tensor[here] = values[there] }
  }

  private func forEachConvolutionElement(_ body: (_ here: Int, _ there: Int) -> Void) {
    let (taps, inputs, outputs) = (value.shape[0] * value.shape[1], value.shape[2], value.shape[3])
    for tap in 0..<taps {
      for input in 0..<inputs {
        for output in 0..<outputs {
          body((tap * inputs + input) * outputs + output, (output * inputs + input) * taps + tap)
        }
      }
    }
  }
}

/// Counts the training batches that a batch normalization has seen.
package final class BatchCounter {
  package var batchCount = 0
}

/// One entry of a network's state, under the name that PyTorch gives it.
package enum StateEntry {
  case parameter(Parameter)
  /// A running mean or variance.
  case statistic(String, Tensor)
  /// The number of batches that a normalization has seen.
  case batchCount(String, BatchCounter)

  package var name: String {
    switch self {
    case .parameter(let parameter): parameter.name
    case .statistic(let name, _), .batchCount(let name, _): name
    }
  }

  /// The shape in a checkpoint; empty for a count, which is a scalar.
  package var checkpointShape: [Int] {
    switch self {
    case .parameter(let parameter): parameter.checkpointShape
    case .statistic(_, let tensor): tensor.shape
    case .batchCount: []
    }
  }

  /// The values in the order of a checkpoint; empty for a count, which checkpoints store as an
  /// integer.
  package var checkpointValues: [Float] {
    switch self {
    case .parameter(let parameter): parameter.checkpointValues(of: parameter.value)
    case .statistic(_, let tensor): tensor.values
    case .batchCount: []
    }
  }

  /// The index of the first value that gives no numbers: NaN, infinite, or a variance below 0; nil for none.
  package func firstUnusable(in values: [Float]) -> Int? {
    let isVariance = name.hasSuffix("running_var")
    return values.firstIndex { !$0.isFinite || isVariance && $0 < 0 }
  }

  /// Sets the values from as many as `checkpointValues` has, in the order of a checkpoint.
  package func setCheckpointValues(_ values: [Float]) {
    switch self {
    case .parameter(let parameter): parameter.setCheckpointValues(values, of: parameter.value)
    case .statistic(_, let tensor): tensor.elements.update(from: values, count: tensor.count)
    case .batchCount: break
    }
  }
}
