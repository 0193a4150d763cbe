/// How well confidence tells right rows from wrong ones.
///
/// Its figures depend on the order of all confidences, so it keeps them all.
public struct FailureDetection: Sendable, Equatable {
  private var right: [Double] = []
  private var wrong: [Double] = []

  /// The detection of failures among `rows`.
  public init(_ rows: [RowScore] = []) {
    add(rows)
  }

  /// Adds a batch.
  public mutating func add(_ rows: [RowScore]) {
    for row in rows { add(confidence: row.confidence, isRight: row.isRight) }
  }

  /// Adds one row.
  ///
  /// - Precondition: `confidence` is not NaN; calibration errors of the ranking need it in 0...1.
  public mutating func add(confidence: Double, isRight: Bool) {
    precondition(!confidence.isNaN, "a confidence is NaN")
    if isRight { right.append(confidence) } else { wrong.append(confidence) }
  }

  /// Adds the rows that `other` has seen.
  public mutating func merge(_ other: FailureDetection) {
    right.append(contentsOf: other.right)
    wrong.append(contentsOf: other.wrong)
  }

  /// The rows by rising confidence.
  public var ranking: ConfidenceRanking { ConfidenceRanking(right: right, wrong: wrong) }

  /// `ConfidenceRanking.areaUnderROC`.
  public var areaUnderROC: Double? { ranking.areaUnderROC }
}

extension ConfidenceRanking {
  /// P(confidence of a right row > confidence of a wrong one) + ½ P(equal), over all pairs.
  ///
  /// The area under the ROC curve as Mann and Whitney's U, counted in whole numbers, exact with
  /// ties. Nil when all rows are right or all are wrong.
  public var areaUnderROC: Double? {
    guard rightCount > 0, wrongCount > 0 else { return nil }
    var (wrongBelow, twiceWins) = (0, 0)
    for tie in ties {
      twiceWins += tie.rightCount * (2 * wrongBelow + tie.wrongCount)
      wrongBelow += tie.wrongCount
    }
    return Double(twiceWins) / (2 * Double(rightCount) * Double(wrongCount))
  }

  /// Average precision of "wrong" by falling −confidence; nil when no row is wrong.
  ///
  /// Σ over distinct confidences of the precision of the rows up to it · the share of the wrong rows
  /// that have it, as in scikit-learn: no interpolation, ties enter together.
  public var errorAveragePrecision: Double? {
    averagePrecision(ties.lazy.map { ($0.wrongCount, $0.count) })
  }

  /// Average precision of "right" by confidence; nil when no row is right.
  public var successAveragePrecision: Double? {
    averagePrecision(ties.lazy.reversed().map { ($0.rightCount, $0.count) })
  }

  /// The share of wrong rows among those at least as confident as 95 % of the right ones.
  ///
  /// The threshold is the highest confidence at or above which at least 95 % of the right rows lie;
  /// ties enter together, nothing is interpolated. Nil when all rows are right or all are wrong.
  public var falsePositiveRateAt95: Double? {
    guard rightCount > 0, wrongCount > 0 else { return nil }
    var (right, wrong) = (0, 0)
    for tie in ties.reversed() where 100 * right < 95 * rightCount {
      right += tie.rightCount
      wrong += tie.wrongCount
    }
    return Double(wrong) / Double(wrongCount)
  }

  private func averagePrecision(_ steps: some Sequence<(found: Int, count: Int)>) -> Double? {
    var sum = RunningMean()
    var (found, count) = (0, 0)
    for step in steps {
      found += step.found
      count += step.count
      sum.add(Double(step.found) * (Double(found) / Double(count)))
    }
    return found > 0 ? sum.sum / Double(found) : nil
  }
}
