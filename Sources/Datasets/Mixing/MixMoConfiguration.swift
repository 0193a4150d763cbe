import Formats
import Foundation

/// The settings `training.dataset_wrapper.mixmo`: how the members' inputs are mixed in features.
package struct MixMoConfiguration: Codable, Sendable, Equatable {
  /// The settings `mix_method`: which of two methods mixes a batch.
  package struct MixMethod: Codable, Sendable, Equatable {
    /// The method of a batch with probability `probability`; nil where there is one member only.
    package var method: MixingMethod?
    /// In [0, 1].
    package var probability: Double
    /// The method of the other batches.
    package var replacement: MixingMethod

    enum CodingKeys: String, CodingKey, CaseIterable {
      case method = "method_name"
      case probability = "prob"
      case replacement = "replacement_method_name"
    }

    package init(
      method: MixingMethod?, probability: Double = 1, replacement: MixingMethod = .mixup
    ) {
      self.method = method
      self.probability = probability
      self.replacement = replacement
    }

    package init(from decoder: any Decoder) throws {
      let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
      method = try keys.decodeCaseUnlessNone(MixingMethod.self, .method)
      probability = try keys.decode(.probability, in: 0...1, absent: 1)
      replacement = try keys.decodeCaseUnlessNone(MixingMethod.self, .replacement) ?? .mixup
    }

    /// The probability of `method` in `epoch`, counted from 1: it falls to 0 in the last twelfth.
    package func probability(epoch: Int, of epochCount: Int) -> Double {
      let ratio = Double(epoch) / Double(epochCount)
      let start = 11 / 12.0
      return ratio < start ? probability : probability * max(0, (1 - ratio) / (1 - start))
    }
  }

  package var mixMethod: MixMethod
  /// The concentration of the proportions' Dirichlet distribution; 0 or less makes them equal.
  package var alpha: Double
  /// The root of λ that weighs the losses, above 0.
  package var weightRoot: Double

  enum CodingKeys: String, CodingKey, CaseIterable {
    case mixMethod = "mix_method"
    case alpha
    case weightRoot = "weight_root"
  }

  package init(mixMethod: MixMethod, alpha: Double = 2, weightRoot: Double = 3) {
    self.mixMethod = mixMethod
    self.alpha = alpha
    self.weightRoot = weightRoot
  }

  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    mixMethod =
      try keys.decodeUnlessNone(MixMethod.self, .mixMethod) ?? MixMethod(method: nil)
    alpha = try keys.decodeFinite(.alpha, absent: 2)
    weightRoot = try keys.decodeFinite(.weightRoot, absent: 3)
    guard weightRoot > 0 else {
      throw keys.corrupted(.weightRoot, "expected a number above 0, found \(weightRoot)")
    }
  }

  /// The weight of each member's loss, M·λ^(1/root) / Σ λ^(1/root).
  package func lossWeights(_ proportions: [Double]) -> [Double] {
    // Relative to the largest, so that a tiny root cannot make all of them 0.
    let largest = proportions.max() ?? 1
    let roots = proportions.map { pow($0 / largest, 1 / weightRoot) }
    let sum = roots.reduce(0, +)
    return roots.map { Double(proportions.count) * $0 / sum }
  }
}
