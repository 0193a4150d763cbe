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

/// Selective prediction: only the most confident rows are answered, ties together. Their share of
/// all rows is the coverage, and the share of wrong ones among them the risk.
extension ConfidenceRanking {
  /// The area under the risk–coverage curve; nil for no rows.
  ///
  /// Risk is joined by straight lines between the distinct confidences and keeps its first value
  /// down to coverage 0, as in fd-shifts. Geifman, Uziel and El-Yaniv 2019, "Bias-reduced
  /// uncertainty estimation for deep neural classifiers", sum rectangles instead: without ties that
  /// differs by (first − last risk) / 2N.
  public var riskCoverageArea: Double? {
    guard count > 0 else { return nil }
    return riskCoverageArea(of: ties.lazy.reversed().map { ($0.wrongCount, $0.count) })
  }

  /// The area less that of the best order, all right rows before all wrong ones and none tied; nil
  /// for no rows.
  ///
  /// Exact for N rows; fd-shifts takes the limit for many rows, e + (1 − e)·ln(1 − e) at error rate
  /// e. Straight lines through ties can pass below the best order; the excess is then negative.
  public var excessRiskCoverageArea: Double? {
    riskCoverageArea.map { area in
      let right = (wrongCount: 0, count: rightCount)
      let best = repeatElement((wrongCount: 1, count: 1), count: wrongCount)
      return area - riskCoverageArea(of: [[right], Array(best)].lazy.joined())
    }
  }

  /// The area under the generalized risk–coverage curve, whose risk is the share of rows that are
  /// both accepted and wrong; nil for no rows.
  ///
  /// Counted in whole numbers: (1 − AUROC)·a·(1 − a) + (1 − a)²/2 at accuracy a, ties by straight
  /// lines. Traub et al. 2024, "Overcoming common flaws in the evaluation of selective
  /// classification systems".
  public var generalizedRiskCoverageArea: Double? {
    guard count > 0 else { return nil }
    var (wrong, twiceArea) = (0, 0)
    for tie in ties.reversed() {
      twiceArea += tie.count * (2 * wrong + tie.wrongCount)
      wrong += tie.wrongCount
    }
    return Double(twiceArea) / (2 * Double(count) * Double(count))
  }

  /// The risk–coverage curve, whose area is `riskCoverageArea`; nil for no rows.
  ///
  /// - Parameter coverages: Shares of all rows, in 0...1 and rising.
  /// - Returns: The risk at each.
  public func risks(at coverages: [Double]) -> [Double]? {
    guard count > 0 else { return nil }
    var points: [(accepted: Double, risk: Double)] = []
    var (wrong, accepted) = (0, 0)
    for tie in ties.reversed() {
      wrong += tie.wrongCount
      accepted += tie.count
      points.append((Double(accepted), Double(wrong) / Double(accepted)))
    }
    var index = 0
    return coverages.map { coverage in
      let wanted = coverage * Double(count)
      while index < points.count - 1, points[index].accepted < wanted { index += 1 }
      let (end, start) = (points[index], points[max(index - 1, 0)])
      guard end.accepted > start.accepted, wanted < end.accepted else { return end.risk }
      let share = (wanted - start.accepted) / (end.accepted - start.accepted)
      return start.risk + (end.risk - start.risk) * share
    }
  }

  private func riskCoverageArea(of steps: some Sequence<(wrongCount: Int, count: Int)>) -> Double {
    var twiceArea = RunningMean()
    var (wrong, accepted) = (0, 0)
    var risk: Double?
    for step in steps where step.count > 0 {
      wrong += step.wrongCount
      accepted += step.count
      let newRisk = Double(wrong) / Double(accepted)
      twiceArea.add(Double(step.count) * ((risk ?? newRisk) + newRisk))
      risk = newRisk
    }
    return twiceArea.sum / (2 * Double(count))
  }
}
