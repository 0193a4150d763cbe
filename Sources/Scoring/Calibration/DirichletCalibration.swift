/// As `MatrixCalibrator`, with the logarithms of the predictor's probabilities in place of logits
/// (Kull, Perello-Nieto, Kängsepp, Silva Filho, Song and Flach 2019, "Beyond temperature scaling"); for all
/// predictors.
///
/// The probabilities are those after members are pooled, so that the loss is convex for every predictor.
/// The search starts at the fitted temperature, for `ensemble-probs` that of `temperature-after`.
public struct DirichletCalibrator: Calibrator {
  public let name = "dirichlet"
  public let output = CalibratedOutput.distribution
  public let largestClassCount = 1000

  /// The calibrator.
  public init() {}

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    .logarithms(try scaling(of: predictor, on: rows))
  }

  /// The matrix and biases of `predictor` that minimize its penalized loss on `rows`.
  ///
  /// - Throws: `ScoringError` when there is no such predictor.
  public func scaling(of predictor: Predictor, on rows: FittingRows) throws -> MatrixScaling {
    guard let logits = try rows.possible(for: predictor), logits.classCount > 1 else {
      return .identity(classCount: rows.logits.classCount)
    }
    let temperature =
      predictor == .ensembleProbabilities
      ? try rows.map(by: TemperatureAfterAveragingCalibrator(), for: predictor).temperature
      : try rows.map(by: TemperatureCalibrator(), for: predictor).temperature
    let source = try PredictorLogits(predictor, of: logits)
    return try MatrixFit(source, of: .logarithms, blocks: rows.blocks).minimum(
      fromTemperature: temperature ?? 1)
  }
}
