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
      cuts: (1..<binCount).map { (2 * $0 * count + binCount) / (2 * binCount) },
      norm: binning.norm)
    for tie in ties { bins.add(count: tie.count, excess: tie.excess) }
    return bins.error(total: Double(count))
  }
}

/// The calibration error of consecutive rows in bins that are cut at given ranks.
///
/// Rows are added in groups of equal confidence. A cut through a group shares out its right rows in
/// proportion, which is the average over all orders within the group, so that the order of rows
/// does not matter.
struct EqualMassBins {
  private var cuts: ArraySlice<Int>
  private let norm: Binning.Norm
  private var rank = 0
  /// The rank at which the open bin began.
  private var start = 0
  private var bin = RunningMean()
  /// Of closed bins the sum that `norm` asks for.
  private var closedBins = RunningMean()
  private var largest = 0.0

  /// Bins that end before the ranks `cuts`, which do not fall, and a last one.
  init(cuts: [Int], norm: Binning.Norm = .l1) {
    self.cuts = cuts[...]
    self.norm = norm
  }

  /// Adds the next `count` rows, whose Σ confidence − right rows is `excess`.
  mutating func add(count: Int, excess: Double) {
    guard count > 0 else { return }
    var rest = count
    while let cut = cuts.first, cut < rank + rest {
      bin.add(excess * (Double(cut - rank) / Double(count)))
      rest -= cut - rank
      rank = cut
      closeBin()
      cuts.removeFirst()
    }
    bin.add(excess * (Double(rest) / Double(count)))
    rank += rest
  }

  /// Σ over bins of count · |accuracy − mean confidence|.
  var error: Double { closedBins.sum + abs(bin.sum) }

  /// The errors of all bins, which hold `total` rows, put together by the norm.
  func error(total: Double) -> Double {
    var all = self
    all.closeBin()
    return switch norm {
    case .l1: error / total
    case .l2: (all.closedBins.sum / total).squareRoot()
    case .max: all.largest
    }
  }

  private mutating func closeBin() {
    let (size, count) = (abs(bin.sum), Double(rank - start))
    switch norm {
    case .l1: closedBins.add(size)
    case .l2: if count > 0 { closedBins.add(size * size / count) }
    case .max: if count > 0 { largest = max(largest, size / count) }
    }
    bin = RunningMean()
    start = rank
  }
}
