import Tensors

/// A convolution without bias.
package final class ConvolutionLayer {
  package let shape: ConvolutionShape
  package let weight: Parameter  // [kernel, kernel, input, output]
  private let method: PatchConvolution
  private let engine: Engine
  private var input: Tensor?  // [N, H, W, input], kept for the backward pass

  package init(_ name: String, _ shape: ConvolutionShape, engine: Engine) {
    self.shape = shape
    self.engine = engine
    weight = Parameter("\(name).weight", shape.weightShape, layout: .convolution)
    method = PatchConvolution(shape: shape, engine: engine)
  }

  package var state: [StateEntry] { [.parameter(weight)] }

  /// `[N, H, W, input]` to `[N, H', W', output]`.
  package func forward(_ input: Tensor, isTraining: Bool) -> Tensor {
    let output = engine.pool.tensor(shape.outputShape(batch: input.shape[0]))
    method.forward(input, weight: weight.value, output: output)
    self.input = isTraining ? input : nil
    return output
  }

  /// Sets the weight's gradient and returns the input's.
  package func backward(_ outputGradient: Tensor) -> Tensor {
    backwardToWeight(outputGradient)
    let gradient = engine.pool.tensor(shape.inputShape(batch: outputGradient.shape[0]))
    method.inputGradient(outputGradient, weight: weight.value, inputGradient: gradient)
    return gradient
  }

  /// Sets the weight's gradient, for a layer that reads the images themselves.
  package func backwardToWeight(_ outputGradient: Tensor) {
    guard let input else { preconditionFailure("backward without a forward pass in training") }
    method.weightGradient(input, outputGradient, weightGradient: weight.gradient)
    self.input = nil
  }
}
