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
    for tie in ties { bins.add(tie.confidences, rightCount: tie.rightCount) }
    var error = Binning.Error(binning.norm)
    for bin in bins.all { error.add(count: Double(bin.count), excess: bin.excess) }
    return error.value(total: Double(count))
  }
}

/// Consecutive rows in bins that are cut at given ranks.
///
/// Rows are added in groups of equal confidence, or in larger ones that no cut divides. A cut through a
/// group shares out its right rows in proportion, which is the average over all orders within the group, so
/// that the order of rows does not matter. Groups that no cut divides are summed exactly: it does not matter
/// either in how many of them rows are added.
struct EqualMassBins {
  /// The sums of a bin's rows.
  struct Bin: Sendable, Equatable {
    /// The confidences of the groups that lie in the bin as a whole.
    private var whole = FixedPointSum()
    private var wholeRightCount = 0
    /// The bin's parts of divided groups.
    private var partCount = 0
    private var partRightCount = 0.0
    private var partExcess = 0.0

    var count: Int { whole.count + partCount }
    /// How many of the rows are right; no whole number where a cut divides a group.
    var rightCount: Double { Double(wholeRightCount) + partRightCount }
    /// Σ confidence − right rows.
    var excess: Double { whole.excess(over: wholeRightCount) + partExcess }

    fileprivate mutating func add(_ confidences: FixedPointSum, rightCount: Int) {
      whole.merge(confidences)
      wholeRightCount += rightCount
    }

    fileprivate mutating func addPart(_ count: Int, rightCount: Double, excess: Double) {
      partCount += count
      partRightCount += rightCount
      partExcess += excess
    }
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

  /// Adds the next rows, of which these are the confidences and `rightCount` are right.
  mutating func add(_ confidences: FixedPointSum, rightCount: Int) {
    while let cut = cuts.first, cut <= rank { close() }
    let end = rank + confidences.count
    if let cut = cuts.first, cut < end {
      addParts(of: confidences, rightCount: rightCount)
    } else {
      open.add(confidences, rightCount: rightCount)
    }
    rank = end
  }

  /// Shares out the next rows among the bins that they lie in.
  private mutating func addParts(of confidences: FixedPointSum, rightCount: Int) {
    let (end, excess) = (rank + confidences.count, confidences.excess(over: rightCount))
    func addPart(_ count: Int) {
      let share = Double(count) / Double(confidences.count)
      open.addPart(count, rightCount: Double(rightCount) * share, excess: excess * share)
    }
    while let cut = cuts.first, cut < end {
      addPart(cut - rank)
      rank = cut
      close()
    }
    addPart(end - rank)
  }

  private mutating func close() {
    closed.append(open)
    open = Bin()
    cuts.removeFirst()
  }
}
