import Foundation

/// A logistic curve of the logit of the top-label confidence (Platt 1999); for all predictors.
///
/// Its two parameters are the most likely ones; where those are infinite, because a curve separates right
/// from wrong rows, see `LogisticRegression`. Platt smooths the rows by one of each kind, which is not
/// done here.
public struct PlattCalibrator: Calibrator {
  public let name = "platt"
  public let output = CalibratedOutput.confidence

  /// The calibrator.
  public init() {}

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    let scores = try rows.scores(of: predictor)
    let logits = scores.map { score in
      let confidence = clippedConfidence(score.confidence)
      return log(confidence) - log1p(-confidence)
    }
    let curve = try LogisticRegression(
      [logits], isRight: scores.map(\.isRight), blocks: rows.blocks)
    return .confidence(PlattScaling(slope: curve.weights[0], intercept: curve.intercept))
  }
}

/// logistic(slope · log(c / (1 − c)) + intercept), with c in 1e-12...(1 − 1e-12).
public struct PlattScaling: ConfidenceMap, Equatable {
  /// a, what the logit is multiplied by.
  public let slope: Double
  /// d, what is added to it then.
  public let intercept: Double

  /// The curve of these parameters.
  public init(slope: Double, intercept: Double) {
    self.slope = slope
    self.intercept = intercept
  }

  public func value(at confidence: Double) -> Double {
    let confidence = clippedConfidence(confidence)
    return logistic(slope * (log(confidence) - log1p(-confidence)) + intercept)
  }
}
