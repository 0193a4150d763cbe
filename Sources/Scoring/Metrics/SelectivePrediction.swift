/// Selective prediction at chosen points: the most confident rows are answered one after the other, tied
/// rows in any order, of which the mean is taken.
extension ConfidenceRanking {
  /// The expected share of wrong rows among the most confident ones.
  ///
  /// - Parameter percent: How many rows are answered, in % of all and rounded up, in 1...100.
  /// - Returns: The risk, in 0...1; nil for no rows.
  public func risk(atCoveragePercent percent: Int) -> Double? {
    guard count > 0 else { return nil }
    let wanted = (percent * count + 99) / 100
    var (accepted, wrong) = (0, 0.0)
    for tie in ties.reversed() where accepted < wanted {
      let taken = min(tie.count, wanted - accepted)
      wrong +=
        taken == tie.count
        ? Double(tie.wrongCount)
        : Double(tie.wrongCount) * Double(taken) / Double(tie.count)
      accepted += taken
    }
    return wrong / Double(wanted)
  }

  /// The largest share of rows that can be answered with an expected share of wrong ones of at most
  /// `percent` %; 0 where that is none, nil for no rows.
  ///
  /// Counted in whole numbers.
  public func coverage(atRiskPercent percent: Int) -> Double? {
    guard count > 0 else { return nil }
    var (accepted, wrong, best) = (0, 0, 0)
    for tie in ties.reversed() {
      // 100 (wrong + w·j/c) ≤ percent (accepted + j), of j of the tie's c rows, w of them wrong.
      let room = tie.count * (percent * accepted - 100 * wrong)
      let slope = 100 * tie.wrongCount - percent * tie.count
      if room >= tie.count * slope {
        best = accepted + tie.count
      } else if room >= 0, slope > 0 {
        best = max(best, accepted + room / slope)
      }
      accepted += tie.count
      wrong += tie.wrongCount
    }
    return Double(best) / Double(count)
  }
}
