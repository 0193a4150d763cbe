/// The calibration error of consecutive rows in bins that are cut at given ranks.
///
/// Rows come in pieces: those tied in confidence, which share their right answers evenly, so that a
/// cut through them leaves each side its part in proportion. That is what any order among them gives
/// on average, and the same for every order of the rows.
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
