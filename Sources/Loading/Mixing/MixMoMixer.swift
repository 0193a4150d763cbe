import Formats
import Foundation
import Tensors

/// Draws the masks that mix the inputs of M subnetworks in features.
///
/// Ramé, Sun, Cord 2021, "MixMo: mixing multiple inputs for multiple outputs via deep subnetworks".
package struct MixMoMixer: Sendable {
  private let configuration: MixMoConfiguration
  private let method: MixingMethod
  private let memberCount: Int
  private let size: MixingMask.Size
  private let epochCount: Int
  private let seed: UInt64

  /// A mixer for `memberCount` ≥ 2 encoder outputs of the given size.
  ///
  /// - Throws: `LoadingError` if the method is missing, mixes two inputs only, or needs larger
  ///   masks.
  package init(
    _ configuration: MixMoConfiguration, memberCount: Int, size: MixingMask.Size, epochCount: Int,
    seed: UInt64
  ) throws {
    let known = MixingMethod.methods(mixing: memberCount)
    let replacement = configuration.mixMethod.replacement
    guard let method = configuration.mixMethod.method else {
      throw LoadingError.mixingMethod(memberCount: memberCount, expected: known, found: nil)
    }
    for method in [method, replacement] {
      guard known.contains(method) else {
        throw LoadingError.mixingMethod(memberCount: memberCount, expected: known, found: method)
      }
      try method.require(size)
    }
    self.configuration = configuration
    self.method = method
    self.memberCount = memberCount
    self.size = size
    self.epochCount = epochCount
    self.seed = seed
  }

  /// The mixer of one batch, a function of the seed, the epoch and the step alone.
  package func batchMixer(epoch: Int, step: Int) -> BatchMixer {
    var random = RandomStream(seed: seed, purpose: "mixing method", major: epoch, minor: step)
    let mixMethod = configuration.mixMethod
    let isChosen = random.bernoulli(mixMethod.probability(epoch: epoch, of: epochCount))
    return BatchMixer(
      method: isChosen ? method : mixMethod.replacement, roles: random.permutation(memberCount),
      mixer: self, epoch: epoch)
  }

  /// Mixes the samples of one batch, which share the method and the roles of the members.
  package struct BatchMixer: Sendable {
    package let method: MixingMethod
    /// The index of the mask that each member gets.
    package let roles: [Int]  // [M]
    /// The shape of one sample's mask.
    package var maskShape: [Int] { method.extent.shape(mixer.size) }

    fileprivate let mixer: MixMoMixer
    fileprivate let epoch: Int

    /// Each member's mask for the sample at `index` in the epoch.
    package func mixing(ofSample index: Int) -> Mixing {
      var random = RandomStream(
        seed: mixer.seed, purpose: "mixing mask", major: epoch, minor: index)
      let ratios = random.mixingRatios(mixer.configuration.alpha, count: mixer.memberCount)
      let mixing = method.mix(ratios, size: mixer.size, random: &random)
      return Mixing(masks: roles.map { mixing.masks[$0] }, ratios: roles.map { mixing.ratios[$0] })
    }

    /// The weight of each member's loss for a sample.
    package func lossWeights(_ mixing: Mixing) -> [Double] {  // [M]
      mixer.configuration.lossWeights(mixing.ratios)
    }
  }
}

/// The settings `training.dataset_wrapper.mixmo`: how the members' inputs are mixed in features.
package struct MixMoConfiguration: Codable, Sendable, Equatable {
  /// The settings `mix_method`: which of two methods mixes a batch.
  package struct MixMethod: Codable, Sendable, Equatable {
    /// The method of a batch with probability `probability`; nil where there is only one member.
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

    /// The probability of `method` in `epoch`, counted from 1.
    ///
    /// It falls linearly to 0 over the last twelfth of the epochs.
    package func probability(epoch: Int, of epochCount: Int) -> Double {
      let ratio = Double(epoch) / Double(epochCount)
      let start = 11 / 12.0
      return ratio < start ? probability : probability * max(0, (1 - ratio) / (1 - start))
    }
  }

  package var mixMethod: MixMethod
  /// The concentration of the ratios' Dirichlet distribution; 0 or less makes the ratios equal.
  package var alpha: Double
  /// The root r of the loss weights λ^(1/r), above 0.
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

  /// The weight of each member's loss, M·λ^(1/r) / Σ λ^(1/r).
  package func lossWeights(_ ratios: [Double]) -> [Double] {  // [M]
    // Relative to the largest, so that a tiny root cannot make all of them 0.
    let largest = ratios.max() ?? 1
    let roots = ratios.map { pow($0 / largest, 1 / weightRoot) }
    let sum = roots.reduce(0, +)
    return roots.map { Double(ratios.count) * $0 / sum }
  }
}
