/// Confidence becomes the accuracy of its bin of 15 (Zadrozny and Elkan 2001); for all predictors.
public struct HistogramCalibrator: Calibrator {
  public let name = "histogram"
  public let output = CalibratedOutput.confidence

  /// The calibrator.
  public init() {}

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    .confidence(HistogramBinning(ReliabilityTable(try rows.scores(of: predictor))))
  }
}

/// Confidences replaced by the accuracy of their bin.
///
/// A confidence whose bin was empty when fitting stays as it is, because nothing is known about it;
/// netcal and torch-uncertainty put the middle of the bin there.
public struct HistogramBinning: ConfidenceMap, Equatable {
  /// The rows that were fitted, in bins (lower, upper] of equal width.
  public let table: ReliabilityTable

  /// The binning by the rows of `table`.
  public init(_ table: ReliabilityTable) {
    self.table = table
  }

  /// The accuracy of the bin of `confidence`, or `confidence` where the bin is empty.
  public func value(at confidence: Double) -> Double {
    table.bins.first { confidence <= $0.upper }?.accuracy ?? confidence
  }
}
