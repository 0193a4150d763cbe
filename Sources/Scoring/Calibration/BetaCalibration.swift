import Foundation

/// A rising curve of the top-label confidence, of which logistic and inverse ones are cases (Kull, Silva
/// Filho and Flach 2017, "Beta calibration"); for all predictors.
///
/// The most likely parameters a ≥ 0, b ≥ 0 and d: of the likeliest curves with none, one or both of a and
/// b fixed at 0, the best that is allowed. See `LogisticRegression` for rows that a curve separates.
public struct BetaCalibrator: Calibrator {
  public let name = "beta"
  public let output = CalibratedOutput.confidence

  /// The calibrator.
  public init() {}

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    let scores = try rows.scores(of: predictor)
    let confidences = scores.map { clippedConfidence($0.confidence) }
    let features = [confidences.map { log($0) }, confidences.map { -log1p(-$0) }]
    let isRight = scores.map(\.isRight)
    var best: (curve: BetaCalibration, loss: Double)?
    // Where all parameters are allowed nothing else can be better.
    for free in [[0, 1], [0], [1], []] {
      let curve = try LogisticRegression(
        free.map { features[$0] }, isRight: isRight, blocks: rows.blocks)
      guard curve.weights.allSatisfy({ $0 >= 0 }), curve.loss < best?.loss ?? .infinity else {
        continue
      }
      var weights = [0.0, 0]
      for (i, feature) in free.enumerated() { weights[feature] = curve.weights[i] }
      best = (BetaCalibration(a: weights[0], b: weights[1], d: curve.intercept), curve.loss)
      if free.count == 2 { break }
    }
    return .confidence(best?.curve ?? BetaCalibration(a: 1, b: 1, d: 0))
  }
}

/// logistic(a · log c − b · log(1 − c) + d), with c in 1e-12...(1 − 1e-12).
public struct BetaCalibration: ConfidenceMap, Equatable {
  /// What log c is multiplied by, at least 0.
  public let a: Double
  /// What −log(1 − c) is multiplied by, at least 0.
  public let b: Double
  /// What is added.
  public let d: Double

  /// The curve of these parameters.
  public init(a: Double, b: Double, d: Double) {
    self.a = a
    self.b = b
    self.d = d
  }

  public func value(at confidence: Double) -> Double {
    let confidence = clippedConfidence(confidence)
    return logistic(a * log(confidence) - b * log1p(-confidence) + d)
  }
}
