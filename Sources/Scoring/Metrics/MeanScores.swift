/// The shares of rows whose label is the first, or among the first five, by probability.
public struct Accuracy: Sendable, Equatable {
  /// How many rows were added.
  public private(set) var count = 0
  /// How many of them were predicted right.
  public private(set) var rightCount = 0
  private var topFiveShares = FixedPointSum()

  /// The accuracy on `rows`.
  public init(_ rows: [RowScore] = []) {
    add(rows)
  }

  /// The share of right rows, nil for no rows.
  public var value: Double? {
    count > 0 ? Double(rightCount) / Double(count) : nil
  }

  /// The share of rows whose label is among the five most probable classes; 1 for five or fewer.
  ///
  /// Where equal probabilities are on both sides of the fifth place, a row counts as the share of
  /// their orders in which its label is among the five: it does not depend on the order of classes.
  public var topFive: Double? {
    count > 0 ? topFiveShares.excess(over: 0) / Double(count) : nil
  }

  /// Adds a batch.
  public mutating func add(_ rows: [RowScore]) {
    count += rows.count
    for row in rows {
      rightCount += row.isRight ? 1 : 0
      topFiveShares.add(row.topFiveShare)
    }
  }
}

/// The means of the scores that depend on the whole predicted distribution.
///
/// The negative log-likelihood and the Brier score are proper: in expectation the true distribution
/// alone has the best score (Gneiting and Raftery 2007).
public struct ProbabilityScores: Sendable, Equatable {
  private let classCount: Int
  private var logLosses = RunningMean()
  private var brierScores = RunningMean()
  private var entropies = RunningMean()

  /// The scores of `rows`, predictions over `classCount` classes.
  public init(_ rows: [RowScore] = [], classCount: Int) {
    self.classCount = classCount
    add(rows)
  }

  /// The mean of −log p of the label in nats, unclamped; nil for no rows.
  public var negativeLogLikelihood: Double? { logLosses.value }

  /// The mean of Σ over classes of (p − 1[label])², in 0...2; nil for no rows.
  public var brierScore: Double? { brierScores.value }

  /// The Brier score divided by the number of classes; nil for no rows.
  public var brierScorePerClass: Double? { brierScores.value.map { $0 / Double(classCount) } }

  /// The mean entropy of the predicted distribution in nats; nil for no rows.
  public var entropy: Double? { entropies.value }

  /// Adds a batch.
  public mutating func add(_ rows: [RowScore]) {
    for row in rows {
      logLosses.add(row.negativeLogLikelihood)
      brierScores.add(row.brierScore)
      entropies.add(row.entropy)
    }
  }
}
