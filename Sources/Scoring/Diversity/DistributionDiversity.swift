import Foundation

/// How far the probabilities of M members lie apart, of each pair and of all.
///
/// Sums of logarithms use log-probabilities, so that classes whose probability underflows to 0 keep
/// their place in a divergence.
public struct DistributionDiversity: Sendable, Equatable {
  /// The means over rows of two members' divergences.
  public struct Pair: Sendable, Equatable {
    /// The member with the lower index.
    public let first: Int
    /// The member with the higher index.
    public let second: Int
    fileprivate var divergences = RunningMean()
    fileprivate var cosines = RunningMean()
    fileprivate var jensenShannons = RunningMean()

    /// The mean of (KL(p‖q) + KL(q‖p)) / 2 in nats; nil for no rows.
    ///
    /// Half of Jeffreys' divergence. robustness_metrics takes KL(p‖q) of the lower index alone.
    public var divergence: Double? { divergences.value }

    /// The mean of p·q / √(p·p · q·q), at most 1; nil for no rows.
    public var cosine: Double? { cosines.value }

    /// The mean of (KL(p‖m) + KL(q‖m)) / 2 with m = (p + q) / 2, in 0...log 2; nil for no rows.
    ///
    /// A divergence: SciPy's `jensenshannon` is its square root. It is the mutual information of
    /// the two members as an ensemble.
    public var jensenShannon: Double? { jensenShannons.value }

    fileprivate init(_ first: Int, _ second: Int) {
      self.first = first
      self.second = second
    }
  }

  /// M, the number of members.
  public let memberCount: Int
  /// Each pair of members, in the order 0-1, 0-2, …, 1-2, ….
  public private(set) var pairs: [Pair]
  private var informations = RunningMean()  // empty for two members: it is their pair's

  /// The mean entropy of the members' mean probabilities, less the members' mean entropy, in nats.
  ///
  /// In 0...log M; nil for no rows. With calibrated members the mean is of their calibrated
  /// probabilities.
  public var mutualInformation: Double? {
    memberCount == 2 ? pairs[0].jensenShannon : informations.value
  }

  /// Nothing compared yet, of `memberCount` members.
  public init(memberCount: Int) {
    self.memberCount = memberCount
    pairs = (0..<memberCount).flatMap { first in
      (first + 1..<memberCount).map { Pair(first, $0) }
    }
  }

  /// Adds the rows that `other`, of as many members, has seen.
  public mutating func merge(_ other: DistributionDiversity) {
    precondition(other.memberCount == memberCount, "\(other.memberCount) of \(memberCount) members")
    for i in pairs.indices {
      pairs[i].divergences.merge(other.pairs[i].divergences)
      pairs[i].cosines.merge(other.pairs[i].cosines)
      pairs[i].jensenShannons.merge(other.pairs[i].jensenShannons)
    }
    informations.merge(other.informations)
  }

  /// Adds a row: each pair's distances, and the information of more than two members.
  mutating func add(_ distances: [PairDistances], information: Double) {
    for (i, pair) in distances.enumerated() {
      pairs[i].divergences.add(pair.divergence)
      pairs[i].cosines.add(pair.cosine)
      pairs[i].jensenShannons.add(pair.information)
    }
    if memberCount > 2 { informations.add(information) }
  }
}

/// How far apart two distributions are.
struct PairDistances {
  /// Half of Jeffreys' divergence.
  let divergence: Double
  let cosine: Double
  /// The Jensen–Shannon divergence.
  let information: Double
}
