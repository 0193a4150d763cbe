import Tensors

/// A residual block: `shortcut + conv2(relu(bn2(conv1(relu(bn1(x))))))`.
///
/// The shortcut is x or, if the block changes the extents or the channels, a strided 1×1 convolution.
final class ResidualBlock {
  /// Which convolution carries the stride, and what the shortcut reads.
  enum Variant {
    /// WideResNet's block as MixMo's reference code has it: conv2 carries the stride, and with
    /// stride 2 pads one zero to the right and below only. The shortcut reads x.
    case wide
    /// The pre-activation block of He, Zhang, Ren and Sun 2016: conv1 carries the stride. The
    /// shortcut reads relu(bn1(x)).
    case preActivation
  }

  private let variant: Variant
  private let normalization1: BatchNormalization
  private let convolution1: ConvolutionLayer
  private let normalization2: BatchNormalization
  private let convolution2: ConvolutionLayer
  private let shortcut: ConvolutionLayer?

  /// A block of images of `side` × `side` pixels; `name` begins the names in checkpoints.
  init(
    _ variant: Variant, _ name: String, side: Int, inputChannels: Int, outputChannels: Int,
    stride: Int, engine: Engine
  ) {
    func layer(_ part: String, _ shape: ConvolutionShape) -> ConvolutionLayer {
      ConvolutionLayer("\(name).\(part)", shape, engine: engine)
    }
    self.variant = variant
    let (isWide, middleSide) = (variant == .wide, variant == .wide ? side : side / stride)
    normalization1 = BatchNormalization("\(name).bn1", channels: inputChannels, engine: engine)
    convolution1 = layer(
      "conv1",
      ConvolutionShape(
        inputSide: side, inputChannels: inputChannels, outputChannels: outputChannels, kernel: 3,
        stride: isWide ? 1 : stride, paddingBefore: 1, paddingAfter: 1))
    normalization2 = BatchNormalization("\(name).bn2", channels: outputChannels, engine: engine)
    convolution2 = layer(
      "conv2",
      ConvolutionShape(
        inputSide: middleSide, inputChannels: outputChannels, outputChannels: outputChannels,
        kernel: 3, stride: isWide ? stride : 1, paddingBefore: isWide && stride > 1 ? 0 : 1,
        paddingAfter: 1))
    let needsShortcut = stride != 1 || inputChannels != outputChannels
    shortcut =
      needsShortcut
      ? layer(
        "shortcut.0",
        ConvolutionShape(
          inputSide: side, inputChannels: inputChannels, outputChannels: outputChannels, kernel: 1,
          stride: stride)) : nil
  }

  /// Parameters and statistics, in PyTorch's order.
  var state: [StateEntry] {
    let first =
      variant == .wide
      ? normalization1.state + convolution1.state : convolution1.state + normalization1.state
    let second =
      variant == .wide
      ? normalization2.state + convolution2.state : convolution2.state + normalization2.state
    return first + second + (shortcut?.state ?? [])
  }

  /// The convolutions, in PyTorch's order.
  var convolutions: [ConvolutionLayer] {
    [convolution1, convolution2] + (shortcut.map { [$0] } ?? [])
  }

  /// The block's output, with the sums that the next batch normalization needs.
  func forward(_ input: FeatureMap) -> FeatureMap {
    let active = normalization1.forward(input)
    let source = variant == .wide ? LayerInput(values: input.values) : active
    let residual = shortcut?.forward(source, sumsChannels: false).values ?? input.values
    let features = convolution1.forward(active)
    return convolution2.forward(normalization2.forward(features), adding: residual)
  }

  /// Sets the gradients of the block's parameters and returns the input's.
  func backward(_ outputGradient: Tensor) -> Tensor {
    let gradient = normalization2.backward(
      convolution2.backward(outputGradient, through: normalization2.gate))
    guard let shortcut else {
      return normalization1.backward(
        convolution1.backward(gradient, through: normalization1.gate), adding: outputGradient)
    }
    switch variant {
    case .wide:
      let gated = convolution1.backward(gradient, through: normalization1.gate)
      return normalization1.backward(gated, adding: shortcut.backward(outputGradient).values)
    case .preActivation:
      let beside = shortcut.backward(outputGradient).values
      return normalization1.backward(
        convolution1.backward(gradient, adding: beside, through: normalization1.gate))
    }
  }

  /// The block with its present weights and statistics, for inference on `engine`.
  func frozen(engine: Engine) -> FrozenBlock {
    FrozenBlock(
      variant: variant, normalization: normalization1.inferenceCoefficients(),
      convolution1: FrozenConvolution(convolution1, followedBy: normalization2, engine: engine),
      convolution2: FrozenConvolution(convolution2, engine: engine),
      shortcut: shortcut.map { FrozenConvolution($0, engine: engine) })
  }
}

/// A residual block in inference.
struct FrozenBlock {
  fileprivate let variant: ResidualBlock.Variant
  fileprivate let normalization: Tensor  // [2, C]: scale, shift
  fileprivate let convolution1: FrozenConvolution
  fileprivate let convolution2: FrozenConvolution
  fileprivate let shortcut: FrozenConvolution?

  func callAsFunction(_ input: Tensor) -> Tensor {
    let active = LayerInput(values: input, normalization: normalization)
    let source = variant == .wide ? LayerInput(values: input) : active
    let residual = shortcut.map { $0(source) } ?? input
    let features = convolution1(active)
    return convolution2(LayerInput(values: features), adding: residual)
  }
}
