/// Selective prediction: rows enter by falling confidence, ties together, and the share of wrong ones
/// is the risk at the share of all rows, the coverage.
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

  /// The area beyond that of the same rows with all right ones before all wrong ones, none tied; nil
  /// for no rows.
  ///
  /// Exact for N rows, where fd-shifts takes the limit e + (1 − e)·ln(1 − e) at error rate e. Straight
  /// lines through ties can run below the best order, and the excess is then negative.
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

  /// The risks at shares of all rows, which rise; nil for no rows.
  ///
  /// They are those of the curve that `riskCoverageArea` is the area of.
  public func risks(at coverages: [Double]) -> [Double]? {
    guard count > 0 else { return nil }
    var points: [(accepted: Double, risk: Double)] = []
    var (wrong, accepted) = (0, 0)
    for tie in ties.reversed() {
      wrong += tie.wrongCount
      accepted += tie.count
      points.append((Double(accepted), Double(wrong) / Double(accepted)))
    }
    var place = 0
    return coverages.map { coverage in
      let wanted = coverage * Double(count)
      while place < points.count - 1, points[place].accepted < wanted { place += 1 }
      let (end, start) = (points[place], points[max(place - 1, 0)])
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
