/// Rows in bins of equal width by confidence: how sure a predictor is against how often right.
///
/// Bin b of B holds confidences in (b/B, (b+1)/B], edges rounded to the nearest Double; a
/// confidence of 0 joins the first bin. Others differ: torchmetrics gives a confidence of exactly 1
/// a bin of its own, robustness_metrics closes bins at the lower edge.
public struct ReliabilityTable: Sendable, Equatable {
  /// One bin of the table.
  public struct Bin: Sendable, Equatable {
    /// The lower edge, excluded except for 0.
    public let lower: Double
    /// The upper edge, included.
    public let upper: Double
    /// How many rows of the bin were predicted right.
    public fileprivate(set) var rightCount = 0
    fileprivate var confidences = RunningMean()

    /// How many rows fell in the bin.
    public var count: Int { confidences.count }
    /// The rows' mean confidence, nil for an empty bin.
    public var meanConfidence: Double? { confidences.value }
    /// The share of right rows, nil for an empty bin.
    public var accuracy: Double? { count > 0 ? Double(rightCount) / Double(count) : nil }

    /// count · (mean confidence − accuracy).
    var excessConfidence: Double { confidences.sum - Double(rightCount) }

    fileprivate init(lower: Double, upper: Double) {
      self.lower = lower
      self.upper = upper
    }
  }

  /// The bins, by rising confidence.
  public private(set) var bins: [Bin]

  /// How many rows were added.
  public var count: Int { bins.reduce(0) { $0 + $1.count } }

  /// The table of `rows` in `binCount` bins; fewer than one bin is taken as one.
  public init(_ rows: [RowScore] = [], binCount: Int = 15) {
    let binCount = max(binCount, 1)
    bins = (0..<binCount).map {
      Bin(lower: Double($0) / Double(binCount), upper: Double($0 + 1) / Double(binCount))
    }
    add(rows)
  }

  /// Adds a batch.
  public mutating func add(_ rows: [RowScore]) {
    for row in rows { add(confidence: row.confidence, isRight: row.isRight) }
  }

  /// Adds one row; a confidence outside 0...1 joins the nearest bin.
  public mutating func add(confidence: Double, isRight: Bool) {
    let bin = index(of: confidence)
    bins[bin].confidences.add(confidence)
    bins[bin].rightCount += isRight ? 1 : 0
  }

  /// Adds the rows that `other`, which must have as many bins, has seen.
  public mutating func merge(_ other: ReliabilityTable) {
    precondition(other.bins.count == bins.count, "\(other.bins.count) bins into \(bins.count)")
    for bin in bins.indices {
      bins[bin].confidences.merge(other.bins[bin].confidences)
      bins[bin].rightCount += other.bins[bin].rightCount
    }
  }

  /// The bin that a confidence falls in; outside 0...1 the nearest.
  func index(of confidence: Double) -> Int {
    let guess = (confidence * Double(bins.count)).rounded(.up) - 1
    var index = Int(max(0, min(guess, Double(bins.count - 1))))
    // The product may round across an edge.
    if index > 0, confidence <= bins[index].lower { index -= 1 }
    if index < bins.count - 1, confidence > bins[index].upper { index += 1 }
    return index
  }
}
