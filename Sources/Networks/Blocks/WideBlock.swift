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

  init(
    _ name: String, side: Int, inputChannels: Int, outputChannels: Int, stride: Int, engine: Engine
  ) {
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

  var convolutions: [ConvolutionLayer] {
    [convolution1, convolution2] + (shortcut.map { [$0] } ?? [])
  }

  func forward(_ input: FeatureMap) -> FeatureMap {
    let raw = LayerInput(values: input.values)
    let residual = shortcut?.forward(raw, sumsChannels: false).values ?? input.values
    let features = convolution1.forward(normalization1.forward(input))
    return convolution2.forward(normalization2.forward(features), adding: residual)
  }

  func backward(_ outputGradient: Tensor) -> Tensor {
    var gated = convolution2.backward(outputGradient, through: normalization2.gate)
    let gradient = normalization2.backward(gated)
    gated = convolution1.backward(gradient, through: normalization1.gate)
    return normalization1.backward(
      gated, adding: shortcut?.backward(outputGradient).values ?? outputGradient)
  }

  func frozen(engine: Engine) -> FrozenBlock {
    FrozenBlock(
      normalization1: normalization1, convolution1: convolution1, normalization2: normalization2,
      convolution2: convolution2, shortcut: shortcut, shortcutReadsNormalized: false,
      engine: engine)
  }
}
