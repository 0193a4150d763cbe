/// A temperature that minimises the negative log-likelihood of some rows.
///
/// Guo, Pleiss, Sun, Weinberger 2017, "On calibration of modern neural networks".
public struct FittedTemperature: Sendable, Equatable {
  /// The range that temperatures are fitted in.
  public static let bounds = 1e-3...1e3

  /// T, by which logits are divided, within `bounds`.
  public let value: Double
  /// Whether the likelihood still rises at a bound: all rows were right, or confidence misleads.
  public let isAtBound: Bool
  /// The negative log-likelihood at T = 1 on the rows that were fitted.
  public let lossBefore: Double
  /// The negative log-likelihood at `value` on the rows that were fitted, at most `lossBefore`.
  public let lossAfter: Double
}

extension Scorer {
  /// The temperature of `predictor` that minimises its negative log-likelihood on `logits`.
  ///
  /// The loss is convex in 1/T, and the sign of its derivative is followed by Newton's method
  /// within a bracket, in log T, to a relative 1e-7. Averaged probabilities (`ensemble-probs`) need
  /// not be convex: the bracket is then set beside the best of 21 temperatures. Where no temperature
  /// changes the loss, the result is 1.
  ///
  /// - Throws: `ScoringError` when there is no such predictor.
  public func fitTemperature(
    of predictor: Predictor, on logits: LabelledLogits
  ) throws -> FittedTemperature {
    let source = try PredictorLogits(predictor, of: logits)
    return try TemperatureSearch(TemperatureObjective(source: source, scorer: self)).fit()
  }
}
