import Tensors

/// WideResNet's block with MixMo's placement of the stride:
/// `bn1 → relu → conv1 (stride 1) → bn2 → relu → conv2 (stride s)`, plus the shortcut.
///
/// With s = 2, conv2 pads one zero to the right and below only. The shortcut, where it is not the
/// identity, is a 1×1 convolution of the raw input.
final class WideBlock: Block {
  private let normalization1: BatchNormalization
  private let convolution1: ConvolutionLayer
  private let normalization2: BatchNormalization
  private let convolution2: ConvolutionLayer
  private let shortcut: ConvolutionLayer?
  private let engine: Engine

  init(
    _ name: String, side: Int, inputChannels: Int, outputChannels: Int, stride: Int, engine: Engine
  ) {
    self.engine = engine
    normalization1 = BatchNormalization("\(name).bn1", channels: inputChannels, engine: engine)
    convolution1 = ConvolutionLayer(
      "\(name).conv1",
      ConvolutionShape(
        inputSide: side, inputChannels: inputChannels, outputChannels: outputChannels, kernel: 3,
        paddingBefore: 1, paddingAfter: 1), engine: engine)
    normalization2 = BatchNormalization("\(name).bn2", channels: outputChannels, engine: engine)
    convolution2 = ConvolutionLayer(
      "\(name).conv2",
      ConvolutionShape(
        inputSide: side, inputChannels: outputChannels, outputChannels: outputChannels, kernel: 3,
        stride: stride, paddingBefore: stride == 1 ? 1 : 0, paddingAfter: 1), engine: engine)
    shortcut = Self.shortcut(
      name, side: side, inputChannels: inputChannels, outputChannels: outputChannels,
      stride: stride, engine: engine)
  }

  var state: [StateEntry] {
    normalization1.state + convolution1.state + normalization2.state + convolution2.state
      + (shortcut?.state ?? [])
  }

  func forward(_ input: Tensor, isTraining: Bool) -> Tensor {
    var features = normalization1.forward(input, isTraining: isTraining)
    features = convolution1.forward(features, isTraining: isTraining)
    features = normalization2.forward(features, isTraining: isTraining)
    features = convolution2.forward(features, isTraining: isTraining)
    return engine.add(features, shortcut?.forward(input, isTraining: isTraining) ?? input)
  }

  func backward(_ outputGradient: Tensor) -> Tensor {
    var gradient = convolution2.backward(outputGradient)
    gradient = normalization2.backward(gradient)
    gradient = convolution1.backward(gradient)
    gradient = normalization1.backward(gradient)
    return engine.add(gradient, shortcut?.backward(outputGradient) ?? outputGradient)
  }
}
