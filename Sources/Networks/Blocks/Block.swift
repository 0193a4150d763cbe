import Tensors

/// A residual block: channels-last features in, channels-last features out.
protocol Block: AnyObject {
  var state: [StateEntry] { get }

  func forward(_ input: Tensor, isTraining: Bool) -> Tensor
  /// Sets the gradients of the block's parameters and returns the input's.
  func backward(_ outputGradient: Tensor) -> Tensor
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
