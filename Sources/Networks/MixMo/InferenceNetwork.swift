// N batch, H height, W width, K classes, M subnetworks.

import Tensors

/// A copy of a network for inference: weights are packed once, and batch normalization uses the
/// running statistics.
package final class InferenceNetwork {
  package let memberCount: Int
  package let classCount: Int

  private let encoder: FrozenConvolution
  private let blocks: [FrozenBlock]
  private let finalNormalization: Tensor?  // [2, C]: scale, shift
  private let pool: AveragePool
  private let heads: LinearHeads

  /// A copy with the network's present weights, on the same threads, with memory of its own.
  package init(_ network: MixMoNetwork) {
    memberCount = network.memberCount
    classCount = network.classCount
    let engine = Engine(workers: network.engine.workers, kernels: network.engine.kernels)
    encoder = Self.sum(network.encoders, engine: engine)
    blocks = network.blocks.map { $0.frozen(engine: engine) }
    finalNormalization = network.finalNormalization?.inferenceCoefficients()
    pool = AveragePool(engine: engine)
    heads = network.heads.copy(engine: engine)
  }

  /// Logits `[N, M, K]` of normalized images `[N, H, W, 3]`.
  package func logits(_ images: Tensor) -> Tensor {
    var features = encoder(LayerInput(values: images))  // [N, h, w, C]
    for block in blocks { features = block(features) }
    let last = LayerInput(values: features, normalization: finalNormalization)
    return heads.forward(pool.forward(last), isTraining: false)
  }

  /// In inference all encoders read the same image and their outputs are added, which is one
  /// convolution with the sum of their weights.
  private static func sum(_ encoders: [ConvolutionLayer], engine: Engine) -> FrozenConvolution {
    let weight = Tensor(encoders[0].shape.weightShape)
    for encoder in encoders {
      for i in 0..<weight.count { weight[i] += encoder.weight.value[i] }
    }
    return FrozenConvolution(encoders[0].shape, weight: weight, engine: engine)
  }
}
