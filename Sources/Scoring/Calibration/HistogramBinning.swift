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
  /// The upper ends of the bins (lower, upper], rising.
  public let upperEdges: [Double]
  /// The accuracy of each bin when fitting; nil where it was empty.
  public let accuracies: [Double?]

  /// The lower ends of the bins.
  public var lowerEdges: [Double] { [0] + upperEdges.dropLast() }

  /// The binning by the rows of `table`, in bins of equal width.
  public init(_ table: ReliabilityTable) {
    self.init(upperEdges: table.bins.map(\.upper), accuracies: table.bins.map(\.accuracy))
  }

  /// The binning of these bins, as many accuracies as edges.
  public init(upperEdges: [Double], accuracies: [Double?]) {
    self.upperEdges = upperEdges
    self.accuracies = accuracies
  }

  /// The accuracy of the bin of `confidence`, or `confidence` where the bin is empty.
  public func value(at confidence: Double) -> Double {
    zip(upperEdges, accuracies).first { confidence <= $0.0 }?.1 ?? confidence
  }
}
