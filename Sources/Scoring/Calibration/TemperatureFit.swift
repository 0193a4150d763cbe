/// A temperature that minimizes the negative log-likelihood of some rows.
///
/// Guo, Pleiss, Sun, Weinberger 2017, "On calibration of modern neural networks".
public struct FittedTemperature: Sendable, Equatable {
  /// The range that temperatures are fitted in.
  public static let bounds = 1e-3...1e3

  /// T, by which logits are divided, within `bounds`.
  public let value: Double
  /// The negative log-likelihood at T = 1 on the rows that were fitted.
  public let lossBefore: Double
  /// The negative log-likelihood at `value` on the rows that were fitted, at most `lossBefore`.
  public let lossAfter: Double

  /// Whether the likelihood still rises at a bound: all rows were right, or confidence misleads.
  public var isAtBound: Bool {
    value <= Self.bounds.lowerBound || value >= Self.bounds.upperBound
  }
}

extension Scorer {
  /// The temperature of `predictor` that minimizes its negative log-likelihood on `logits`.
  ///
  /// The loss is convex in 1/T, and the sign of its derivative is followed by Householder's method
  /// within a bracket, in log T, to a relative 1e-12 or so, of more than 4096 rows 1e-8. Averaged
  /// probabilities (`ensemble-probs`) need not be convex: the bracket is then set around the best
  /// of 21 temperatures. Of more than 4096 rows every sixteenth tells where to start. Where no
  /// temperature changes the loss, the result is 1.
  ///
  /// - Throws: `ScoringError` when there is no such predictor.
  public func fitTemperature(
    of predictor: Predictor, on logits: LabeledLogits
  ) throws -> FittedTemperature {
    try fitTemperature(PredictorLogits(predictor, of: logits), scaled: .logits)
  }

  /// The temperature of the averaged probabilities of all members, on their logarithms.
  ///
  /// It is found as that of one member.
  ///
  /// - Throws: what reading the rows throws.
  public func fitTemperatureAfterAveraging(
    on logits: LabeledLogits
  ) throws -> FittedTemperature {
    try fitTemperature(
      PredictorLogits(.ensembleProbabilities, of: logits), scaled: .calibratedLogits)
  }

  private func fitTemperature(
    _ source: PredictorLogits, scaled: TemperatureObjective.Scaled
  ) throws -> FittedTemperature {
    try TemperatureSearch(TemperatureObjective(source, scaled: scaled, scorer: self)).fit()
  }
}
