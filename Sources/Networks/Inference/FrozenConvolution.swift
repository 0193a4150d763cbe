import Tensors

/// A convolution whose weights are packed once, with what follows it folded in.
package struct FrozenConvolution {
  private let method: any ConvolutionMethod
  private let engine: Engine
  private let packed: Tensor
  private let bias: Tensor?  // [output]
  private let rectifies: Bool

  /// `weight` is `[kernel, kernel, input, output]`; `rectifies` lets negative outputs become 0.
  init(
    _ shape: ConvolutionShape, weight: Tensor, bias: Tensor? = nil, rectifies: Bool = false,
    engine: Engine
  ) {
    self.engine = engine
    self.bias = bias
    self.rectifies = rectifies
    method = shape.method.init(shape: shape, engine: engine)
    packed = method.pack(weight)
  }

  package init(_ layer: ConvolutionLayer, engine: Engine) {
    self.init(layer.shape, weight: layer.weight.value, engine: engine)
  }

  /// A convolution with the batch normalization and ReLU that follow it.
  init(
    _ layer: ConvolutionLayer, followedBy normalization: BatchNormalization, engine: Engine
  ) {
    let coefficients = normalization.inferenceCoefficients()
    let channels = layer.shape.outputChannels
    let weight = Tensor(layer.shape.weightShape)
    for row in 0..<weight.count / channels {
      for c in 0..<channels {
        weight[row * channels + c] = layer.weight.value[row * channels + c] * coefficients[c]
      }
    }
    let bias = Tensor([channels], Array(coefficients.values[channels...]))
    self.init(layer.shape, weight: weight, bias: bias, rectifies: true, engine: engine)
  }

  /// The layer's output, plus `addend`.
  package func callAsFunction(_ input: LayerInput, adding addend: Tensor? = nil) -> Tensor {
    let output = engine.pool.tensor(method.shape.outputShape(batch: input.values.shape[0]))
    return method.forward(
      input, packed: packed,
      output: LayerOutput(values: output, addend: addend, bias: bias, rectifies: rectifies)
    ).values
  }
}
