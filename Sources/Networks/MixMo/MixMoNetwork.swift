// N batch, H height, W width, C channels, K classes, M subnetworks.

import Tensors

/// M subnetworks in one (Ramé, Sun, Cord 2021).
///
/// Each has its encoder and its linear head; they share one core. With M = 1 it is the plain
/// network.
package final class MixMoNetwork {
  package let configuration: NetworkConfiguration
  package let memberCount: Int
  package let classCount: Int

  package let engine: Engine
  let encoders: [ConvolutionLayer]
  let blocks: [any Block]
  let finalNormalization: BatchNormalization?
  let heads: LinearHeads
  private let mixing: FeatureMixing
  private let pool: AveragePool

  /// A network with zero weights; `initialize(seed:)` or a checkpoint fills them.
  ///
  /// With several `processes` each trains on its part of every batch: batch normalization takes its
  /// statistics over all of it, and gradients are summed. If `sumsExactly`, results are the same
  /// bits for any number of them; their parts must then start at multiples of `groupSize`.
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
    blocks = Self.blocks(configuration, engine: engine)
    let features = configuration.stages.last?.channels ?? configuration.encoderChannels
    finalNormalization =
      configuration.isWide ? BatchNormalization("bn1", channels: features, engine: engine) : nil
    pool = AveragePool(engine: engine)
    heads = LinearHeads(
      memberNames("fc", "list_fc"), features: features, classes: classCount, engine: engine)
  }

  private static func blocks(
    _ configuration: NetworkConfiguration, engine: Engine
  ) -> [any Block] {
    var blocks: [any Block] = []
    var (side, channels) = (configuration.encoderSide, configuration.encoderChannels)
    for (index, stage) in configuration.stages.enumerated() {
      for block in 0..<stage.blockCount {
        let (name, stride) = ("layer\(index + 1).\(block)", block == 0 ? stage.stride : 1)
        blocks.append(
          configuration.isWide
            ? WideBlock(
              name, side: side, inputChannels: channels, outputChannels: stage.channels,
              stride: stride, engine: engine)
            : PreActivationBlock(
              name, side: side, inputChannels: channels, outputChannels: stage.channels,
              stride: stride, engine: engine))
        (side, channels) = (side / stride, stage.channels)
      }
    }
    return blocks
  }

  /// Everything a checkpoint holds, in PyTorch's order.
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
  ///   - masks: for each member its shares, as `FeatureMixing` takes them; empty for M = 1.
  /// - Returns: one row of logits for each image and member.
  package func forward(_ images: [Tensor], masks: [Tensor]) -> Tensor {
    let encodings = zip(encoders, images).map {
      $0.forward(LayerInput(values: $1), sumsChannels: false).values
    }
    let mixed = mixing.forward(encodings, masks: masks)
    var features = engine.finish(LayerOutput(values: mixed, sumsChannels: true))
    for block in blocks { features = block.forward(features) }
    let last = finalNormalization?.forward(features) ?? LayerInput(values: features.values)
    return heads.forward(pool.forward(last), isTraining: true)
  }

  /// Sets the gradient of every parameter, from the loss's gradient `[N, M, K]`.
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
