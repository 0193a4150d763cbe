import Images
import Tensors

/// A random blend of an image with three chains of operations on it.
///
/// Hendrycks, Mu, Cubuk, Zoph, Gilmer, Lakshminarayanan 2020, "AugMix: a simple data processing
/// method to improve robustness and uncertainty", with width 3, depth 1 to 3 and severity 3.
package struct AugMix: Sendable {
  /// One chain's operations in order; true mirrors an operation's direction.
  package typealias Chain = [(operation: AugMixOperation, isNegative: Bool)]

  /// The share of each chain in the blend, from Dirichlet(1, 1, 1).
  package var weights: [Double]
  /// The share of the blend beside the image, from Beta(1, 1).
  package var blendShare: Double
  package var chains: [Chain]

  static let width = 3
  static let maximumDepth = 3

  package init(weights: [Double], blendShare: Double, chains: [Chain]) {
    self.weights = weights
    self.blendShare = blendShare
    self.chains = chains
  }

  /// Draws the chains and shares.
  package static func draw(from random: inout some RandomSource) -> AugMix {
    let weights = random.dirichlet(Array(repeating: 1, count: width))
    let blendShare = random.nextUniform()
    let chains = (0..<width).map { _ in
      (0..<random.integer(in: 1..<maximumDepth + 1)).map { _ in
        let operation = random.integer(in: 0..<AugMixOperation.allCases.count)
        return (AugMixOperation.allCases[operation], random.bernoulli(0.5))
      }
    }
    return AugMix(weights: weights, blendShare: blendShare, chains: chains)
  }

  /// The normalized blend, `[H, W, 3]`.
  package func pixels(of image: Image, _ normalization: Normalization) -> [Float] {
    var blend = normalization.pixels(of: image)
    for index in blend.indices { blend[index] *= Float(1 - blendShare) }
    for (chain, weight) in zip(chains, weights) {
      let result = chain.reduce(image) { $1.operation.apply(to: $0, isNegative: $1.isNegative) }
      let share = Float(blendShare * weight)
      let pixels = normalization.pixels(of: result)
      for index in blend.indices { blend[index] += share * pixels[index] }
    }
    return blend
  }
}
