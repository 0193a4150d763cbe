/// The means of the scores that look at the whole predicted distribution.
///
/// The negative log-likelihood and the Brier score are proper: they are best, in expectation, for
/// the true distribution alone (Gneiting and Raftery 2007).
public struct ProbabilityScores: Sendable, Equatable {
  private let classCount: Int
  private var losses = RunningMean()
  private var brierScores = RunningMean()
  private var entropies = RunningMean()

  /// The scores of predictions over `classCount` classes.
  public init(_ rows: [RowScore] = [], classCount: Int) {
    self.classCount = classCount
    add(rows)
  }

  /// The mean of −log p of the label in nats, unclamped; nil for no rows.
  public var negativeLogLikelihood: Double? { losses.value }

  /// The mean of Σ over classes of (p − 1[label])², in 0...2; nil for no rows.
  public var brierScore: Double? { brierScores.value }

  /// The Brier score divided by the number of classes; nil for no rows.
  public var brierScorePerClass: Double? { brierScores.value.map { $0 / Double(classCount) } }

  /// The mean entropy of the predicted distribution in nats; nil for no rows.
  public var entropy: Double? { entropies.value }

  /// Adds a batch.
  public mutating func add(_ rows: [RowScore]) {
    for row in rows {
      losses.add(row.negativeLogLikelihood)
      brierScores.add(row.brierScore)
      entropies.add(row.entropy)
    }
  }

  /// Adds the rows that `other` has seen.
  public mutating func merge(_ other: ProbabilityScores) {
    losses.merge(other.losses)
    brierScores.merge(other.brierScores)
    entropies.merge(other.entropies)
  }
}
