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

  /// Adds one row of each member.
  mutating func add(_ members: [Distribution]) {
    for i in pairs.indices {
      let (p, q) = (members[pairs[i].first], members[pairs[i].second])
      pairs[i].divergences.add(p.divergence(from: q))
      pairs[i].cosines.add(p.cosine(to: q))
      pairs[i].jensenShannons.add(Distribution.information([p, q]))
    }
    if memberCount > 2 { informations.add(Distribution.information(members)) }
  }
}

/// One row of a member's probabilities, in memory that somebody else owns.
struct Distribution {
  let probabilities: UnsafePointer<Double>  // [K]
  let logProbabilities: UnsafePointer<Double>  // [K]
  let classCount: Int

  /// Σ (p − q)(log p − log q) / 2.
  func divergence(from other: Distribution) -> Double {
    var sum = 0.0
    for c in 0..<classCount {
      sum +=
        (probabilities[c] - other.probabilities[c])
        * (logProbabilities[c] - other.logProbabilities[c])
    }
    return sum / 2
  }

  func cosine(to other: Distribution) -> Double {
    var (squares, otherSquares, products) = (0.0, 0.0, 0.0)
    for c in 0..<classCount {
      squares += probabilities[c] * probabilities[c]
      otherSquares += other.probabilities[c] * other.probabilities[c]
      products += probabilities[c] * other.probabilities[c]
    }
    return min(1, products / (squares * otherSquares).squareRoot())
  }

  /// The mean over `members` of the divergence from their mean m, Σ p(log p − log m).
  static func information(_ members: [Distribution]) -> Double {
    var sum = 0.0
    for c in 0..<members[0].classCount {
      let first = members[0].probabilities[c]
      let mean = members.reduce(0) { $0 + $1.probabilities[c] } / Double(members.count)
      // Equal probabilities add nothing; where the mean underflows, every term does.
      guard mean > 0, members.contains(where: { $0.probabilities[c] != first }) else { continue }
      let logMean = log(mean)
      for member in members {
        sum += member.probabilities[c] * (member.logProbabilities[c] - logMean)
      }
    }
    // Rounding may take the divergence of nearly equal distributions below 0.
    return max(0, sum / Double(members.count))
  }
}
