/// Each class's probability becomes how often the class was the label in the probability's bin of 15
/// (Zadrozny and Elkan 2001), one against the rest; rows are divided by their sum; for all predictors.
///
/// As for `HistogramCalibrator`, a probability whose bin was empty when fitting stays as it is.
public struct ClasswiseHistogramCalibrator: Calibrator {
  public let name = "histogram-classwise"
  public let output = CalibratedOutput.distribution

  /// The calibrator.
  public init() {}

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    let labels = rows.logits.labels
    let curves = try rows.classProbabilities(of: predictor) { probabilities, label in
      var table = ReliabilityTable()
      for (probability, ofRow) in zip(probabilities, labels) {
        table.add(confidence: probability, isRight: ofRow == label)
      }
      return ClassCurve(
        probabilities: table.bins.map(\.upper), values: table.bins.map(\.accuracy), hasSteps: true)
    }
    return .distribution(ClasswiseCurves(curves))
  }
}
