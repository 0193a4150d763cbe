import Tensors

/// The pre-activation block of ResNet-18, after He, Zhang, Ren and Sun 2016.
///
/// `a = relu(bn1(x)); y = conv2(relu(bn2(conv1(a))))`, conv1 carrying the stride, plus the
/// shortcut.
///
/// The shortcut, where it is not the identity on x, is a 1×1 convolution of a.
final class PreActivationBlock: Block {
  private let normalization1: BatchNormalization
  private let convolution1: ConvolutionLayer
  private let normalization2: BatchNormalization
  private let convolution2: ConvolutionLayer
  private let shortcut: ConvolutionLayer?

  init(
    _ name: String, side: Int, inputChannels: Int, outputChannels: Int, stride: Int, engine: Engine
  ) {
    normalization1 = BatchNormalization("\(name).bn1", channels: inputChannels, engine: engine)
    convolution1 = ConvolutionLayer(
      "\(name).conv1",
      ConvolutionShape(
        inputSide: side, inputChannels: inputChannels, outputChannels: outputChannels, kernel: 3,
        stride: stride, paddingBefore: 1, paddingAfter: 1), engine: engine)
    normalization2 = BatchNormalization("\(name).bn2", channels: outputChannels, engine: engine)
    convolution2 = ConvolutionLayer(
      "\(name).conv2",
      ConvolutionShape(
        inputSide: side / stride, inputChannels: outputChannels, outputChannels: outputChannels,
        kernel: 3, paddingBefore: 1, paddingAfter: 1), engine: engine)
    shortcut = Self.shortcut(
      name, side: side, inputChannels: inputChannels, outputChannels: outputChannels,
      stride: stride, engine: engine)
  }

  var state: [StateEntry] {
    convolution1.state + normalization1.state + convolution2.state + normalization2.state
      + (shortcut?.state ?? [])
  }

  var convolutions: [ConvolutionLayer] {
    [convolution1, convolution2] + (shortcut.map { [$0] } ?? [])
  }

  func forward(_ input: FeatureMap) -> FeatureMap {
    let active = normalization1.forward(input)
    let residual = shortcut?.forward(active, sumsChannels: false).values ?? input.values
    let features = convolution1.forward(active)
    return convolution2.forward(normalization2.forward(features), adding: residual)
  }

  func backward(_ outputGradient: Tensor) -> Tensor {
    let gated = convolution2.backward(outputGradient, through: normalization2.gate)
    let gradient = normalization2.backward(gated)
    let beside = shortcut?.backward(outputGradient).values
    return normalization1.backward(
      convolution1.backward(gradient, adding: beside, through: normalization1.gate),
      adding: beside == nil ? outputGradient : nil)
  }

  func frozen(engine: Engine) -> FrozenBlock {
    FrozenBlock(
      normalization1: normalization1, convolution1: convolution1, normalization2: normalization2,
      convolution2: convolution2, shortcut: shortcut, shortcutReadsNormalized: true,
      engine: engine)
  }
}
