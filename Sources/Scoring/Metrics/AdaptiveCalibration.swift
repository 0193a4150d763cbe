extension ConfidenceRanking {
  /// Σ over 15 bins of equal mass of count/N · |accuracy − mean confidence|; nil for no rows.
  ///
  /// See `adaptiveCalibrationError(in:)`.
  public var adaptiveCalibrationError: Double? { adaptiveCalibrationError(in: Binning()) }

  /// The calibration error of B bins of equal mass, put together by the norm; nil for no rows.
  ///
  /// The rows by confidence are cut before the ranks k·N/B, rounded. Ties that a cut divides share
  /// their right answers in proportion: see `EqualMassBins`.
  public func adaptiveCalibrationError(in binning: Binning) -> Double? {
    guard count > 0 else { return nil }
    let binCount = binning.count
    var bins = EqualMassBins(
      cuts: (1..<binCount).map { (2 * $0 * count + binCount) / (2 * binCount) })
    for tie in ties { bins.add(count: tie.count, rightCount: tie.rightCount, excess: tie.excess) }
    var error = Binning.Error(binning.norm)
    for bin in bins.all { error.add(count: Double(bin.count), excess: bin.excess) }
    return error.value(total: Double(count))
  }
}

/// Consecutive rows in bins that are cut at given ranks.
///
/// Rows are added in groups of equal confidence. A cut through a group shares out its right rows in
/// proportion, which is the average over all orders within the group, so that the order of rows
/// does not matter.
struct EqualMassBins {
  /// The sums of a bin's rows.
  struct Bin: Sendable, Equatable {
    fileprivate(set) var count = 0
    /// How many of them are right; no whole number where a cut divides a group.
    fileprivate(set) var rightCount = 0.0
    fileprivate var excesses = RunningMean()

    /// Σ confidence − right rows.
    var excess: Double { excesses.sum }
  }

  private var cuts: ArraySlice<Int>
  private var rank = 0
  private var closed: [Bin] = []
  private var open = Bin()

  /// Bins that end before the ranks `cuts`, which do not fall, and a last one.
  init(cuts: [Int]) {
    self.cuts = cuts[...]
  }

  /// The bins that hold rows, in their order.
  var all: [Bin] { (closed + [open]).filter { $0.count > 0 } }

  /// Adds the next `count` rows, of which `rightCount` are right and whose Σ confidence − right rows is
  /// `excess`.
  mutating func add(count: Int, rightCount: Int, excess: Double) {
    guard count > 0 else { return }
    func share(_ part: Int) -> (right: Double, excess: Double) {
      let share = Double(part) / Double(count)
      return (Double(rightCount) * share, excess * share)
    }
    var rest = count
    while let cut = cuts.first, cut < rank + rest {
      open.add(cut - rank, share(cut - rank))
      rest -= cut - rank
      rank = cut
      closed.append(open)
      open = Bin()
      cuts.removeFirst()
    }
    open.add(rest, share(rest))
    rank += rest
  }
}

extension EqualMassBins.Bin {
  fileprivate mutating func add(_ count: Int, _ share: (right: Double, excess: Double)) {
    self.count += count
    rightCount += share.right
    excesses.add(share.excess)
  }
}
