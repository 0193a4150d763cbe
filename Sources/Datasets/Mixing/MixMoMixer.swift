import Tensors

/// Draws the masks that mix the inputs of M members.
package struct MixMoMixer: Sendable {
  private let configuration: MixMoConfiguration
  private let method: MixingMethod
  private let memberCount: Int
  private let size: MixingMask.Size
  private let epochCount: Int
  private let seed: UInt64

  /// A mixer of `memberCount` ≥ 2 encodings of the given size.
  ///
  /// - Throws: `DatasetError` if the method is missing, mixes two inputs only, or needs larger
  ///   masks.
  package init(
    _ configuration: MixMoConfiguration, memberCount: Int, size: MixingMask.Size, epochCount: Int,
    seed: UInt64
  ) throws {
    let known = MixingMethod.methods(mixing: memberCount)
    let replacement = configuration.mixMethod.replacement
    guard let method = configuration.mixMethod.method else {
      throw DatasetError.mixingMethod(memberCount: memberCount, expected: known, found: nil)
    }
    for method in [method, replacement] {
      guard known.contains(method) else {
        throw DatasetError.mixingMethod(memberCount: memberCount, expected: known, found: method)
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

  /// What the samples of one batch share, a function of the seed, the epoch and the step alone.
  package func batch(epoch: Int, step: Int) -> Batch {
    var random = RandomStream(seed: seed, purpose: "mixing method", major: epoch, minor: step)
    let mixMethod = configuration.mixMethod
    let isChosen = random.bernoulli(mixMethod.probability(epoch: epoch, of: epochCount))
    return Batch(
      method: isChosen ? method : mixMethod.replacement, roles: random.permutation(memberCount),
      mixer: self, epoch: epoch)
  }

  /// One batch's method and distribution of roles.
  package struct Batch: Sendable {
    package let method: MixingMethod
    /// The mask that each member takes.
    package let roles: [Int]  // [M]
    /// The shape of one sample's mask.
    package var maskShape: [Int] { method.extent.shape(mixer.size) }

    fileprivate let mixer: MixMoMixer
    fileprivate let epoch: Int

    /// The members' masks in one sample; `entry` is its position in the epoch.
    package func mixing(ofEntry entry: Int) -> Mixing {
      var random = RandomStream(
        seed: mixer.seed, purpose: "mixing mask", major: epoch, minor: entry)
      let proportions = random.proportions(mixer.configuration.alpha, count: mixer.memberCount)
      let mixing = method.mix(proportions, size: mixer.size, random: &random)
      return Mixing(
        masks: roles.map { mixing.masks[$0] }, proportions: roles.map { mixing.proportions[$0] })
    }

    /// The weight of each member's loss in a sample.
    package func lossWeights(_ mixing: Mixing) -> [Double] {
      mixer.configuration.lossWeights(mixing.proportions)
    }
  }
}

extension MixingMethod {
  /// - Throws: `DatasetError.maskTooSmall` if masks of `size` are too small.
  func require(_ size: MixingMask.Size) throws {
    guard min(size.height, size.width) >= minimumSide else {
      throw DatasetError.maskTooSmall(
        self, expected: minimumSide, height: size.height, width: size.width)
    }
  }
}

extension RandomSource {
  /// Proportions from a symmetric Dirichlet distribution, equal ones if `concentration` ≤ 0.
  mutating func proportions(_ concentration: Double, count: Int) -> [Double] {
    concentration > 0
      ? dirichlet(Array(repeating: concentration, count: count))
      : Array(repeating: 1 / Double(count), count: count)
  }
}
