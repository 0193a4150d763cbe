// N batch, H height, W width, C channels, K classes, M subnetworks.

import Tensors

/// M subnetworks in one network (Ramé, Sun and Cord 2021).
///
/// Each has its own encoder and linear head; they share one core. With M = 1 it is the plain
/// network.
package final class MixMoNetwork {
  package let configuration: NetworkConfiguration
  package let memberCount: Int
  package let classCount: Int

  package let engine: Engine
  let encoders: [ConvolutionLayer]
  let blocks: [ResidualBlock]
  let finalNormalization: BatchNormalization?
  let heads: LinearHeads
  private let mixing: FeatureMixing
  private let pool: AveragePool

  /// A network with zero weights; `initialize(seed:)` or a checkpoint sets them.
  ///
  /// With several `processes` each trains on its part of every batch: the statistics of batch
  /// normalization are those of the whole batch, and gradients are summed. If `sumsExactly`, results
  /// are the same bits for any number of processes; their parts must then start at multiples of
  /// `groupSize`.
  package init(
    _ configuration: NetworkConfiguration, memberCount: Int, classCount: Int, workers: Workers,
    processes: any ProcessGroup = SoleProcess(), sumsExactly: Bool = false,
    kernels: Kernels = .preferred
  ) {
    self.configuration = configuration
    self.memberCount = memberCount
    self.classCount = classCount
    let engine = Engine(
      workers: workers, kernels: kernels, processes: processes, sumsExactly: sumsExactly)
    self.engine = engine
    func memberNames(_ one: String, _ many: String) -> [String] {
      memberCount == 1 ? [one] : (0..<memberCount).map { "\(many).\($0)" }
    }
    let encoderShape = ConvolutionShape(
      inputSide: configuration.imageSide, inputChannels: 3,
      outputChannels: configuration.encoderChannels, kernel: 3,
      stride: configuration.imageSide / configuration.encoderSide, paddingBefore: 1,
      paddingAfter: 1)
    encoders = memberNames("conv1", "list_conv1").map {
      ConvolutionLayer($0, encoderShape, engine: engine)
    }
    mixing = FeatureMixing(engine: engine)
    blocks = Self.residualBlocks(configuration, engine: engine)
    let features = configuration.stages.last?.channels ?? configuration.encoderChannels
    finalNormalization =
      configuration.isWide ? BatchNormalization("bn1", channels: features, engine: engine) : nil
    pool = AveragePool(engine: engine)
    heads = LinearHeads(
      memberNames("fc", "list_fc"), features: features, classes: classCount, engine: engine)
  }

  private static func residualBlocks(
    _ configuration: NetworkConfiguration, engine: Engine
  ) -> [ResidualBlock] {
    var blocks: [ResidualBlock] = []
    var (side, channels) = (configuration.encoderSide, configuration.encoderChannels)
    for (index, stage) in configuration.stages.enumerated() {
      for block in 0..<stage.blockCount {
        let stride = block == 0 ? stage.stride : 1
        blocks.append(
          ResidualBlock(
            configuration.isWide ? .wide : .preActivation, "layer\(index + 1).\(block)", side: side,
            inputChannels: channels, outputChannels: stage.channels, stride: stride,
            engine: engine))
        (side, channels) = (side / stride, stage.channels)
      }
    }
    return blocks
  }

  /// The contents of a checkpoint, in PyTorch's order.
  package var state: [StateEntry] {
    encoders.flatMap(\.state) + blocks.flatMap(\.state) + (finalNormalization?.state ?? [])
      + heads.state
  }

  /// The convolutions, in PyTorch's order.
  package var convolutions: [ConvolutionLayer] { encoders + blocks.flatMap(\.convolutions) }

  /// The trainable arrays, in PyTorch's order.
  package var parameters: [Parameter] {
    state.compactMap { if case .parameter(let parameter) = $0 { parameter } else { nil } }
  }

  /// Logits `[N, M, K]` in training.
  ///
  /// - Parameters:
  ///   - images: for each member, normalized images `[N, H, W, 3]`.
  ///   - masks: for each member its mask, as `FeatureMixing` reads it; empty for M = 1.
  /// - Returns: one row of logits for each image and member.
  package func forward(_ images: [Tensor], masks: [Tensor]) -> Tensor {
    let encodings = zip(encoders, images).map {
      $0.forward(LayerInput(values: $1), sumsChannels: false).values
    }
    let mixed = mixing.forward(encodings, masks: masks)
    var features = engine.applyEpilogue(of: LayerOutput(values: mixed, sumsChannels: true))
    for block in blocks { features = block.forward(features) }
    let last = finalNormalization?.forward(features) ?? LayerInput(values: features.values)
    return heads.forward(pool.forward(last), isTraining: true)
  }

  /// Sets the gradient of every parameter from the gradient of the loss, `[N, M, K]`.
  package func backward(_ logitsGradient: Tensor) {
    let gated = pool.backward(
      heads.backward(logitsGradient), through: finalNormalization?.gate)
    var gradient = finalNormalization?.backward(gated) ?? gated.values
    for block in blocks.reversed() { gradient = block.backward(gradient) }
    for (encoder, gradient) in zip(encoders, mixing.backward(gradient)) {
      encoder.backwardToWeight(gradient)
    }
    engine.gradientSums.finish()
  }
}

/// Data-parallel training.
extension MixMoNetwork {
  /// Images of a batch that must be in one process if sums are exact.
  package static let groupSize = GradientSums.groupSize

  /// The sums over processes that a training step waits for one by one, if they are not exact.
  package var sumCount: Int {
    2 * state.count { if case .batchCount = $0 { true } else { false } } + 4
  }

  /// The bytes of gradients that processes sum: all but those of batch normalization, which follow
  /// from the sums of its backward pass.
  package var summedByteCount: Int {
    let summed = convolutions.map(\.weight) + heads.weights + heads.biases
    return summed.reduce(0) { $0 + 4 * $1.value.count }
  }
}

extension MixMoNetwork {
  /// Draws initial weights.
  ///
  /// Convolutions and the heads of WideResNet are normal, truncated at two standard deviations and
  /// scaled to the standard deviation √(2 / fan-in) (He et al. 2015). The heads of PreActResNet are
  /// normal with standard deviation 0.01. Biases are 0; normalizations start as the identity.
  package func initialize(seed: UInt64) {
    // Each task draws a parameter of its own.
    nonisolated(unsafe) let state = state
    let isWide = configuration.isWide
    engine.workers.forEach(state.count) { index, _ in
      guard case .parameter(let parameter) = state[index] else { return }
      var stream = RandomStream(seed: seed, purpose: "initialization", minor: index)
      switch (parameter.layout, parameter.value.shape.count) {
      case (.convolution, _):
        parameter.fillTruncated(fanIn: parameter.value.shape[..<3].reduce(1, *), &stream)
      case (.plain, 2) where isWide:
        parameter.fillTruncated(fanIn: parameter.value.shape[1], &stream)
      case (.plain, 2):
        for i in 0..<parameter.value.count {
          parameter.value[i] = Float(0.01 * stream.nextNormal())
        }
      default: break
      }
    }
  }
}

extension Parameter {
  /// The standard deviation of the standard normal distribution truncated to (−2, 2).
  private static let truncatedDeviation = 0.87962566103423978

  fileprivate func fillTruncated(fanIn: Int, _ stream: inout RandomStream) {
    let deviation = (2 / Double(fanIn)).squareRoot() / Self.truncatedDeviation
    for i in 0..<value.count {
      var normal = stream.nextNormal()
      while abs(normal) >= 2 { normal = stream.nextNormal() }
      value[i] = Float(deviation * normal)
    }
  }
}
