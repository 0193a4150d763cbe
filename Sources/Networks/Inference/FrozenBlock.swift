import Tensors

/// A residual block in inference.
struct FrozenBlock {
  private let normalization: Tensor  // [2, C]: scale, shift
  private let convolution1: FrozenConvolution
  private let convolution2: FrozenConvolution
  private let shortcut: FrozenConvolution?
  /// Whether the shortcut's convolution reads the normalized features instead of the raw ones.
  private let shortcutReadsNormalized: Bool

  init(
    normalization1: BatchNormalization, convolution1: ConvolutionLayer,
    normalization2: BatchNormalization, convolution2: ConvolutionLayer,
    shortcut: ConvolutionLayer?, shortcutReadsNormalized: Bool, engine: Engine
  ) {
    normalization = normalization1.inferenceCoefficients()
    self.convolution1 = FrozenConvolution(
      convolution1, followedBy: normalization2, engine: engine)
    self.convolution2 = FrozenConvolution(convolution2, engine: engine)
    self.shortcut = shortcut.map { FrozenConvolution($0, engine: engine) }
    self.shortcutReadsNormalized = shortcutReadsNormalized
  }

  func callAsFunction(_ input: Tensor) -> Tensor {
    let active = LayerInput(values: input, normalization: normalization)
    let raw = LayerInput(values: input)
    let residual = shortcut.map { $0(shortcutReadsNormalized ? active : raw) } ?? input
    let features = convolution1(active)
    return convolution2(LayerInput(values: features), adding: residual)
  }
}
