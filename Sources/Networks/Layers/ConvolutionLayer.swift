import Tensors

/// A convolution without bias.
package final class ConvolutionLayer {
  package let shape: ConvolutionShape
  package let weight: Parameter  // [kernel, kernel, input, output]
  let method: any ConvolutionMethod
  private let engine: Engine
  private var input: LayerInput?  // kept for the backward pass

  package init(_ name: String, _ shape: ConvolutionShape, engine: Engine) {
    self.name = name
    self.shape = shape
    self.engine = engine
    weight = Parameter("\(name).weight", shape.weightShape, layout: .convolution)
    method = shape.method.init(shape: shape, engine: engine)
  }

  package let name: String
  /// How the convolution is computed: `winograd`, `taps` or `patches`.
  package var methodName: String { type(of: method).name }

  package var state: [StateEntry] { [.parameter(weight)] }

  /// `[N, H, W, input]` to `[N, H', W', output]`, plus `addend`; with the sums that batch
  /// normalization asks for, if `sumsChannels`.
  package func forward(
    _ input: LayerInput, adding addend: Tensor? = nil, sumsChannels: Bool = true
  ) -> FeatureMap {
    self.input = input
    let output = engine.pool.tensor(shape.outputShape(batch: input.values.shape[0]))
    return method.forward(
      input, packed: method.pack(weight.value),
      output: LayerOutput(values: output, addend: addend, sumsChannels: sumsChannels))
  }

  /// Sets the weight's gradient and returns that of what the layer read, plus `addend`, where
  /// `gate` lets it pass.
  package func backward(
    _ outputGradient: Tensor, adding addend: Tensor? = nil, through gate: Gate? = nil
  ) -> FeatureMap {
    backwardToWeight(outputGradient)
    return inputGradient(outputGradient, adding: addend, through: gate)
  }

  /// Sets the weight's gradient, for a layer that reads the images themselves.
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

  /// The gradient of what the layer read, plus `addend`, where `gate` lets it pass.
  package func inputGradient(
    _ outputGradient: Tensor, adding addend: Tensor? = nil, through gate: Gate? = nil
  ) -> FeatureMap {
    let gradient = engine.pool.tensor(shape.inputShape(batch: outputGradient.shape[0]))
    return method.inputGradient(
      outputGradient, weight: weight.value,
      output: LayerOutput(
        values: gradient, addend: addend, gate: gate, sumsChannels: gate != nil))
  }

  /// Sets the weight's gradient from what the layer read and the gradient of what it wrote.
  package func setWeightGradient(_ input: LayerInput, _ outputGradient: Tensor) {
    method.weightGradient(input, outputGradient, weightGradient: weight.gradient)
  }
}
