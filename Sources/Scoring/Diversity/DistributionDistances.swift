// M members, K classes.

internal import Tensors

/// Measures how far apart members' probabilities are, row by row; owns the memory that takes.
struct DistributionDistances: ~Copyable {
  private let members: [Distribution]  // [M]
  private let means: UnsafeMutablePointer<Double>  // [K]
  private let logMeans: UnsafeMutablePointer<Double>  // [K]
  private(set) var diversity: DistributionDiversity

  init(_ members: [Distribution]) {
    self.members = members
    let classCount = members.first?.classCount ?? 0
    means = .allocate(capacity: classCount)
    logMeans = .allocate(capacity: classCount)
    diversity = DistributionDiversity(memberCount: members.count)
  }

  deinit {
    means.deallocate()
    logMeans.deallocate()
  }

  /// Adds the row that the members' memory holds now.
  mutating func add() {
    let distances = diversity.pairs.map { pair in
      let (p, q) = (members[pair.first], members[pair.second])
      return p.distances(from: q, information: information([p, q]))
    }
    diversity.add(distances, information: members.count > 2 ? information(members) : 0)
  }

  /// The mean over `members` of the divergence from their mean m, Σ p(log p − log m).
  private func information(_ members: [Distribution]) -> Double {
    let (means, logMeans, count) = (means, logMeans, members[0].classCount)
    for c in 0..<count { means[c] = members[0].probabilities[c] }
    for member in members.dropFirst() {
      for c in 0..<count { means[c] += member.probabilities[c] }
    }
    for c in 0..<count { means[c] /= Double(members.count) }
    Kernels.preferred.logarithms(of: means, count: count, into: logMeans)
    var total = 0.0
    for member in members {
      let (p, logP) = (member.probabilities, member.logProbabilities)
      // Equal probabilities add nothing; where the mean underflows, every term does.
      total += sum(count) { c in
        let terms = p.lanes(at: c) * (logP.lanes(at: c) - logMeans.lanes(at: c))
        return terms.replacing(with: 0, where: p.lanes(at: c) .== means.lanes(at: c))
      } term: { c in
        p[c] == means[c] ? 0 : p[c] * (logP[c] - logMeans[c])
      }
    }
    // Rounding may take the divergence of nearly equal distributions below 0.
    return max(0, total / Double(members.count))
  }
}

/// One row of a member's probabilities, in memory that somebody else owns.
struct Distribution {
  let probabilities: UnsafePointer<Double>  // [K]
  let logProbabilities: UnsafePointer<Double>  // [K]
  let classCount: Int

  /// The distances between two distributions whose information is known.
  func distances(from other: Distribution, information: Double) -> PairDistances {
    let (p, q) = (probabilities, other.probabilities)
    let (logP, logQ) = (logProbabilities, other.logProbabilities)
    let divergence = sum(classCount) { c in
      (p.lanes(at: c) - q.lanes(at: c)) * (logP.lanes(at: c) - logQ.lanes(at: c))
    } term: { c in
      (p[c] - q[c]) * (logP[c] - logQ[c])
    }
    let squares = product(p, p, count: classCount) * product(q, q, count: classCount)
    let cosine = product(p, q, count: classCount) / squares.squareRoot()
    return PairDistances(
      divergence: divergence / 2, cosine: min(1, cosine),
      information: information)
  }
}

extension RowScorer {
  /// The probabilities of the row scored last, until the next is scored.
  var distribution: Distribution {
    Distribution(
      probabilities: probabilities, logProbabilities: logProbabilities, classCount: classCount)
  }
}
