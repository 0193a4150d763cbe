// M members, K classes.

import Foundation
internal import Tensors

/// Distances between the probabilities of M members, of each pair and of all.
///
/// Logarithms are those of the log-softmax, so that classes whose probability underflows to 0 still
/// count in a divergence.
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

    /// The mean of (KL(p‖q) + KL(q‖p)) / 2 in nats; nil for no rows, and where it is infinite because
    /// one of the two gives 0 to a class that the other allows.
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
  private var informations = RunningMean()  // of more than two members

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

  /// Adds the rows that were added to `other`, of as many members.
  mutating func merge(_ other: DistributionDiversity) {
    precondition(other.memberCount == memberCount, "\(other.memberCount) of \(memberCount) members")
    for i in pairs.indices {
      pairs[i].divergences.merge(other.pairs[i].divergences)
      pairs[i].cosines.merge(other.pairs[i].cosines)
      pairs[i].jensenShannons.merge(other.pairs[i].jensenShannons)
    }
    informations.merge(other.informations)
  }

  /// Adds a row: each pair's distances, and the mutual information of more than two members.
  mutating func add(_ distances: [PairDistances], information: Double) {
    for (i, pair) in distances.enumerated() {
      pairs[i].divergences.add(pair.divergence)
      pairs[i].cosines.add(pair.cosine)
      pairs[i].jensenShannons.add(pair.information)
    }
    if memberCount > 2 { informations.add(information) }
  }
}

/// The distances between two distributions.
struct PairDistances {
  /// Half of Jeffreys' divergence.
  let divergence: Double
  let cosine: Double
  /// The Jensen–Shannon divergence.
  let information: Double
}

/// How far the members' probabilities of a row are apart.
struct MemberDisagreement: Sendable {
  /// Their mutual information in nats, in 0...log M.
  let information: Double
  /// The mean over classes of their variance, divided by M.
  let variance: Double
}

/// Measures distances between members' probabilities, row by row, in memory that it owns.
struct DistributionDistances: ~Copyable {
  private let members: [Distribution]  // [M]
  private let copies: UnsafeMutablePointer<Double>  // [M, K]
  private let means: UnsafeMutablePointer<Double>  // [K]
  private let logMeans: UnsafeMutablePointer<Double>  // [K]
  private(set) var diversity: DistributionDiversity

  init(_ members: [Distribution]) {
    self.members = members
    let classCount = members.first?.classCount ?? 0
    copies = .allocate(capacity: members.count * classCount)
    means = .allocate(capacity: classCount)
    logMeans = .allocate(capacity: classCount)
    diversity = DistributionDiversity(memberCount: members.count)
  }

  deinit {
    copies.deallocate()
    means.deallocate()
    logMeans.deallocate()
  }

  /// Adds the row whose probabilities the members' memory holds now.
  mutating func add() {
    let distances = diversity.pairs.map { pair in
      let (p, q) = (members[pair.first], members[pair.second])
      return p.distances(from: q, information: information([p, q]))
    }
    diversity.add(distances, information: members.count > 2 ? information(members) : 0)
  }

  /// How far all members are apart in the row whose probabilities their memory holds now.
  var disagreement: MemberDisagreement {
    let (rows, means, squares) = (copies, means, logMeans)
    let (memberCount, classCount) = (members.count, members[0].classCount)
    let information = information(members)
    // The columns of `copies` are sorted now, so that sums over members do not depend on their order.
    for c in 0..<classCount {
      squares[c] = 0
      for m in 0..<memberCount {
        let difference = rows[m * classCount + c] - means[c]
        squares[c] += difference * difference
      }
    }
    let sum = ProbabilityKernels.preferred.sum(of: squares, count: classCount)
    return MemberDisagreement(
      information: information, variance: sum / Double(memberCount * classCount))
  }

  /// The mean over `members` of the divergence from their mean m, Σ p(log p − log m).
  private func information(_ members: [Distribution]) -> Double {
    let (means, logMeans, count) = (means, logMeans, members[0].classCount)
    for (m, member) in members.enumerated() {
      (copies + m * count).update(from: member.kernels.probabilities, count: count)
    }
    let kernels = ProbabilityKernels.preferred
    kernels.meanOfColumns(copies, rowCount: members.count, count: count, into: means)
    kernels.logarithms(of: means, count: count, into: logMeans)
    let mean = ProbabilityKernels.Distribution(probabilities: means, logarithms: logMeans)
    let total = sortedSum(members.count) { m in
      // Where p equals the mean nothing is added, also where both underflow and a logarithm is −∞.
      kernels.divergence(of: members[m].kernels, from: mean, count: count)
    }
    // Rounding may take the divergence of nearly equal distributions below 0, and of opposite ones above
    // the logarithm of their number.
    return min(max(0, total / Double(members.count)), log(Double(members.count)))
  }
}

/// One row of a member's probabilities, in memory that another object owns.
struct Distribution {
  let kernels: ProbabilityKernels.Distribution
  let classCount: Int
  /// Whether probabilities of 0 may have been given; others are only too small to be shown.
  let mayHoldZeros: Bool

  /// The distances between two distributions whose mutual information is known.
  func distances(from other: Distribution, information: Double) -> PairDistances {
    let sums = ProbabilityKernels.preferred.pairProducts(
      of: kernels, and: other.kernels, count: classCount)
    let cosine = sums.product / (sums.firstSquare * sums.secondSquare).squareRoot()
    return PairDistances(
      divergence: mayHoldZeros && !hasZeros(of: other) ? .infinity : sums.divergence / 2,
      cosine: min(1, cosine), information: information)
  }

  /// Whether both give 0 to the same classes.
  private func hasZeros(of other: Distribution) -> Bool {
    (0..<classCount).allSatisfy {
      LogarithmOfZero.isMeant(by: kernels.logarithms[$0])
        == LogarithmOfZero.isMeant(by: other.kernels.logarithms[$0])
    }
  }
}

extension RowScorer {
  /// The probabilities of the row scored last, until the next is scored.
  var distribution: Distribution {
    Distribution(
      kernels: .init(probabilities: probabilities, logarithms: logProbabilities),
      classCount: classCount, mayHoldZeros: mayHoldZeros)
  }
}
