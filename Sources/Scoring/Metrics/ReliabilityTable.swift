/// Rows in bins of equal width by confidence: mean confidence against accuracy.
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
  /// How many bins there are, and how `calibrationError` puts their errors together.
  public let binning: Binning

  /// How many rows were added.
  public var count: Int { bins.reduce(0) { $0 + $1.count } }

  /// The table of `rows` in `binCount` bins; fewer than one bin is taken as one.
  public init(_ rows: [RowScore] = [], binCount: Int = 15) {
    self.init(rows, binning: Binning(count: binCount))
  }

  /// The table of `rows` in the bins of `binning`.
  public init(_ rows: [RowScore] = [], binning: Binning) {
    self.binning = binning
    let binCount = binning.count
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

  /// Adds the rows that were added to `other`, which must have as many bins.
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

extension ReliabilityTable {
  /// The errors of the bins, put together as `binning` says; nil for no rows.
  public var calibrationError: Double? {
    guard count > 0 else { return nil }
    var error = Binning.Error(binning.norm)
    for bin in bins { error.add(count: Double(bin.count), excess: bin.excessConfidence) }
    return error.value(total: Double(count))
  }

  /// Σ over bins of count/N · |accuracy − mean confidence|; nil for no rows.
  ///
  /// Naeini, Cooper, Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian
  /// binning".
  public var expectedCalibrationError: Double? {
    guard count > 0 else { return nil }
    return bins.reduce(0) { $0 + abs($1.excessConfidence) } / Double(count)
  }

  /// The largest |accuracy − mean confidence| of a bin that holds rows; nil for no rows.
  public var maximumCalibrationError: Double? {
    bins.lazy.filter { $0.count > 0 }.map { abs($0.excessConfidence) / Double($0.count) }.max()
  }

  /// The root of Σ over bins of count/N · ((accuracy − mean confidence)² − its bias), or 0 where that
  /// is negative.
  ///
  /// The bias is accuracy · (1 − accuracy) / (count − 1). A bin of one row says nothing of it and
  /// adds 0; nil when no bin holds two. Kumar, Liang, Ma 2019, "Verified uncertainty calibration",
  /// whose software takes bins of equal mass unless it is given others.
  public var debiasedCalibrationError: Double? {
    let bins = bins.filter { $0.count > 1 }
    guard !bins.isEmpty else { return nil }
    let squares = bins.reduce(0) { $0 + Double($1.count) * $1.debiasedSquare }
    return (max(0, squares) / Double(count)).squareRoot()
  }

  /// Mean confidence − accuracy: positive when the predictor promises too much; nil for no rows.
  public var overconfidence: Double? {
    guard count > 0 else { return nil }
    return bins.reduce(0) { $0 + $1.excessConfidence } / Double(count)
  }
}

extension ReliabilityTable.Bin {
  /// (accuracy − mean confidence)² less what the accuracy's variance adds to it, of at least 2 rows.
  fileprivate var debiasedSquare: Double {
    let (gap, accuracy) = (excessConfidence / Double(count), Double(rightCount) / Double(count))
    return gap * gap - accuracy * (1 - accuracy) / Double(count - 1)
  }
}
