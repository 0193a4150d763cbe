/// How well confidence separates right rows from wrong ones.
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
