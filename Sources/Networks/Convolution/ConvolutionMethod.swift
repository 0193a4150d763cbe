import Tensors

/// A way to compute a convolution and its two derivatives.
protocol ConvolutionMethod: Sendable {
  /// What `mixmo inspect` calls it.
  static var name: String { get }

  var shape: ConvolutionShape { get }
  var engine: Engine { get }

  init(shape: ConvolutionShape, engine: Engine)

  /// The weight `[kernel, kernel, input, output]` in the form that `forward` reads.
  func pack(_ weight: Tensor) -> Tensor

  /// `output = input ∗ weight`.
  func forward(_ input: LayerInput, packed: Tensor, output: LayerOutput) -> FeatureMap

  /// The derivative with respect to what the layer reads.
  func inputGradient(_ outputGradient: Tensor, weight: Tensor, output: LayerOutput) -> FeatureMap

  /// The derivative with respect to the weight.
  func weightGradient(_ input: LayerInput, _ outputGradient: Tensor, weightGradient: Tensor)
}

extension ConvolutionShape {
  /// The faster of the methods that serve this shape.
  var method: any ConvolutionMethod.Type {
    if isWinograd { return WinogradConvolution.self }
    return inputChannels >= 8 ? TapConvolution.self : PatchConvolution.self
  }

  /// Whether F(4×4, 3×3) tiles cover the output without a rest.
  private var isWinograd: Bool {
    kernel == 3 && stride == 1 && paddingBefore == 1 && paddingAfter == 1
      && inputSide.isMultiple(of: 4) && inputChannels >= 8
  }
}
