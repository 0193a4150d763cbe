// N batch, H height, W width.

import Tensors

/// A convolution without bias.
package final class ConvolutionLayer {
  /// The name in checkpoints, such as `layer1.0.conv1`.
  package let name: String
  package let shape: ConvolutionShape
  package let weight: Parameter  // [kernel, kernel, input, output]
  private let method: any ConvolutionMethod
  private let engine: Engine
  /// The input of the last forward pass, for the backward pass.
  private var input: LayerInput?

  package init(_ name: String, _ shape: ConvolutionShape, engine: Engine) {
    self.name = name
    self.shape = shape
    self.engine = engine
    weight = Parameter("\(name).weight", shape.weightShape, layout: .convolution)
    method = shape.method(on: engine)
  }

  /// How the convolution is computed: `winograd`, `taps` or `patches`.
  package var methodName: String { type(of: method).name }

  package var state: [StateEntry] { [.parameter(weight)] }

  /// `[N, H, W, input]` to `[N, H', W', output]`, plus `addend`; with the sums that batch
  /// normalization needs if `sumsChannels`.
  package func forward(
    _ input: LayerInput, adding addend: Tensor? = nil, sumsChannels: Bool = true
  ) -> FeatureMap {
    self.input = input
    let output = engine.pool.tensor(shape.outputShape(batch: input.values.shape[0]))
    return method.forward(
      input, packed: method.pack(weight.value),
      output: LayerOutput(values: output, addend: addend, sumsChannels: sumsChannels))
  }

  /// Sets the weight's gradient and returns the input's, plus `addend`, where `gate` lets it pass.
  package func backward(
    _ outputGradient: Tensor, adding addend: Tensor? = nil, through gate: Gate? = nil
  ) -> FeatureMap {
    backwardToWeight(outputGradient)
    return inputGradient(outputGradient, adding: addend, through: gate)
  }

  /// Sets the weight's gradient only: images need none.
  package func backwardToWeight(_ outputGradient: Tensor) {
    guard let input else { preconditionFailure("backward without a forward pass in training") }
    engine.gradientSums.set(
      weight, imageCount: outputGradient.shape[0], terms: shape.outputSide * shape.outputSide,
      factors: [engine.largestMagnitude(of: input), outputGradient.largestMagnitude]
    ) { images, gradient in
      method.weightGradient(
        input.images(images), outputGradient.rows(images), weightGradient: gradient)
    }
    self.input = nil
  }

  /// The input's gradient, plus `addend`, where `gate` lets it pass.
  package func inputGradient(
    _ outputGradient: Tensor, adding addend: Tensor? = nil, through gate: Gate? = nil
  ) -> FeatureMap {
    let gradient = engine.pool.tensor(shape.inputShape(batch: outputGradient.shape[0]))
    return method.inputGradient(
      outputGradient, weight: weight.value,
      output: LayerOutput(
        values: gradient, addend: addend, gate: gate, sumsChannels: gate != nil))
  }

  /// Sets the weight's gradient from the input and the output's gradient.
  package func setWeightGradient(_ input: LayerInput, _ outputGradient: Tensor) {
    method.weightGradient(input, outputGradient, weightGradient: weight.gradient)
  }
}

/// A convolution in inference: its weights are packed once, and the normalization that follows it is
/// folded into them.
package struct FrozenConvolution {
  private let method: any ConvolutionMethod
  private let engine: Engine
  private let packed: Tensor
  private let bias: Tensor?  // [output]
  private let rectifies: Bool

  /// `weight` is `[kernel, kernel, input, output]`; if `rectifies`, negative outputs become 0.
  init(
    _ shape: ConvolutionShape, weight: Tensor, bias: Tensor? = nil, rectifies: Bool = false,
    engine: Engine
  ) {
    self.engine = engine
    self.bias = bias
    self.rectifies = rectifies
    method = shape.method(on: engine)
    packed = method.pack(weight)
  }

  /// The layer's convolution with its present weights.
  package init(_ layer: ConvolutionLayer, engine: Engine) {
    self.init(layer.shape, weight: layer.weight.value, engine: engine)
  }

  /// The layer's convolution, followed by batch normalization and ReLU.
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

  /// `[N, H, W, input]` to `[N, H', W', output]`, plus `addend`.
  package func callAsFunction(_ input: LayerInput, adding addend: Tensor? = nil) -> Tensor {
    let output = engine.pool.tensor(method.shape.outputShape(batch: input.values.shape[0]))
    return method.forward(
      input, packed: packed,
      output: LayerOutput(values: output, addend: addend, bias: bias, rectifies: rectifies)
    ).values
  }
}

extension ConvolutionShape {
  /// The fastest method that serves this shape at the engine's precision.
  fileprivate func method(on engine: Engine) -> any ConvolutionMethod {
    let method: any ConvolutionMethod.Type =
      WinogradConvolution.serves(self, engine.kernels)
      ? WinogradConvolution.self
      : inputChannels >= 8 ? TapConvolution.self : Im2colConvolution.self
    return method.init(shape: self, engine: engine)
  }
}
