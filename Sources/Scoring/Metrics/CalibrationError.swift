extension ReliabilityTable {
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
