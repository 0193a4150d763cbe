extension ConfidenceRanking {
  /// Σ over 15 bins of equal mass of count/N · |accuracy − mean confidence|; nil for no rows.
  ///
  /// The rows by confidence are cut before the ranks k·N/15, rounded. Ties that a cut divides share
  /// their right answers in proportion: see `EqualMassBins`.
  public var adaptiveCalibrationError: Double? {
    guard count > 0 else { return nil }
    let binCount = 15
    var bins = EqualMassBins(
      cuts: (1..<binCount).map { (2 * $0 * count + binCount) / (2 * binCount) })
    for tie in ties { bins.add(count: tie.count, excess: tie.excess) }
    return bins.error / Double(count)
  }
}

/// The calibration error of consecutive rows in bins that are cut at given ranks.
///
/// Rows are added in groups of equal confidence. A cut through a group shares out its right rows in
/// proportion, which is the average over all orders within the group, so that the order of rows
/// does not matter.
struct EqualMassBins {
  private var cuts: ArraySlice<Int>
  private var rank = 0
  private var bin = RunningMean()
  private var closedBins = RunningMean()

  /// Bins that end before the ranks `cuts`, which do not fall, and a last one.
  init(cuts: [Int]) {
    self.cuts = cuts[...]
  }

  /// Adds the next `count` rows, whose Σ confidence − right rows is `excess`.
  mutating func add(count: Int, excess: Double) {
    guard count > 0 else { return }
    var rest = count
    while let cut = cuts.first, cut < rank + rest {
      bin.add(excess * (Double(cut - rank) / Double(count)))
      closeBin()
      rest -= cut - rank
      rank = cut
      cuts.removeFirst()
    }
    bin.add(excess * (Double(rest) / Double(count)))
    rank += rest
  }

  /// Σ over bins of count · |accuracy − mean confidence|.
  var error: Double { closedBins.sum + abs(bin.sum) }

  private mutating func closeBin() {
    closedBins.add(abs(bin.sum))
    bin = RunningMean()
  }
}
