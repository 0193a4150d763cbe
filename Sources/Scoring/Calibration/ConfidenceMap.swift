/// A map of top-label confidences, fitted on how often rows of a confidence are right.
public enum ConfidenceMap: Sendable, Equatable {
  /// A rising, piecewise linear curve.
  case isotonic(IsotonicRegression)
  /// The accuracy of each bin.
  case histogram(HistogramBinning)

  /// The calibrated confidence.
  public func callAsFunction(_ confidence: Double) -> Double {
    switch self {
    case .isotonic(let regression): regression.value(at: confidence)
    case .histogram(let binning): binning.value(at: confidence)
    }
  }
}
