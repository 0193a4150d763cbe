/// A monotone map of each class's probability, one against the rest (Zadrozny and Elkan 2002); rows are
/// divided by their sum; for all predictors.
public struct ClasswiseIsotonicCalibrator: Calibrator {
  public let name = "isotonic-classwise"
  public let output = CalibratedOutput.distribution

  /// The calibrator.
  public init() {}

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    let labels = rows.logits.labels
    let curves = try rows.classProbabilities(of: predictor) { probabilities, label in
      let curve = IsotonicRegression(zip(probabilities, labels).map { ($0, $1 == label) })
      return ClassCurve(
        probabilities: curve.confidences, values: curve.accuracies, hasSteps: false)
    }
    return .distribution(ClasswiseCurves(curves))
  }
}
