import Tensors

/// A residual block in training: channels-last features in, channels-last features out.
protocol Block: AnyObject {
  var state: [StateEntry] { get }

  /// The block's convolutions, in PyTorch's order.
  var convolutions: [ConvolutionLayer] { get }

  func forward(_ input: FeatureMap) -> FeatureMap

  /// Sets the gradients of the block's parameters and returns the input's.
  func backward(_ outputGradient: Tensor) -> Tensor

  /// The block as it is now, for inference on `engine`.
  func frozen(engine: Engine) -> FrozenBlock
}

extension Block {
  /// The 1×1 convolution beside the block's layers, or nil where the identity serves.
  static func shortcut(
    _ name: String, side: Int, inputChannels: Int, outputChannels: Int, stride: Int,
    engine: Engine
  ) -> ConvolutionLayer? {
    guard stride != 1 || inputChannels != outputChannels else { return nil }
    return ConvolutionLayer(
      "\(name).shortcut.0",
      ConvolutionShape(
        inputSide: side, inputChannels: inputChannels, outputChannels: outputChannels, kernel: 1,
        stride: stride), engine: engine)
  }
}
