extension ReliabilityTable {
  /// Σ over bins of count/N · |accuracy − mean confidence|; nil for no rows.
  ///
  /// Naeini, Cooper, Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian
  /// binning".
  public var expectedCalibrationError: Double? {
    guard count > 0 else { return nil }
    return bins.reduce(0) { $0 + abs($1.excessConfidence) } / Double(count)
  }

  /// Mean confidence − accuracy: positive when the predictor promises too much; nil for no rows.
  public var overconfidence: Double? {
    guard count > 0 else { return nil }
    return bins.reduce(0) { $0 + $1.excessConfidence } / Double(count)
  }
}
