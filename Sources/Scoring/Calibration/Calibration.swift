/// How probabilities are calibrated before they are scored: the `calibration` column.
///
/// Every predictor is calibrated for itself. A predictor that a calibration is not made for has no
/// row under it; see `applies(to:)`.
public enum Calibration: String, CaseIterable, Sendable {
  /// As the network gave them; for all predictors.
  case none
  /// One temperature, for all predictors (Guo et al. 2017).
  ///
  /// It divides the mean logits for `ensemble`, as MixMo does, a member's logits for `member-m`, and
  /// every member's before their probabilities are averaged for `ensemble-probs`.
  case temperature
  /// Each member's own temperature, fitted on that member alone before the members are pooled; for
  /// `ensemble` and `ensemble-probs`.
  case memberTemperatures = "temperature-members"
  /// One temperature on the logarithm of the averaged probabilities; for `ensemble-probs`.
  case temperatureAfterAveraging = "temperature-after"
  /// A scale and a bias for each class on what `temperature` would divide; for all predictors.
  case vector
  /// A monotone map of the top-label confidence alone; for all predictors (Zadrozny and Elkan 2002).
  case isotonic
  /// Confidence becomes the accuracy of its bin of 15; for all predictors (Zadrozny and Elkan 2001).
  case histogram
  /// As `temperature`, fitted on the rows that are scored: a bound that no honest fit reaches.
  case oracle

  /// Whether a row of `predictor` under this calibration exists.
  ///
  /// `members-mean` has one where every member has.
  public func applies(to predictor: Predictor) -> Bool {
    switch self {
    case .none, .temperature, .vector, .isotonic, .histogram, .oracle: true
    case .memberTemperatures: predictor == .ensemble || predictor == .ensembleProbabilities
    case .temperatureAfterAveraging: predictor == .ensembleProbabilities
    }
  }

  /// Whether it is fitted on other rows than those that it scores.
  public var needsFitting: Bool { self != .none && self != .oracle }

  /// Whether `metric` has a value: calibrators of the confidence alone leave no distribution.
  public func defines(_ metric: Metric) -> Bool {
    switch self {
    case .isotonic, .histogram: !metric.needsDistribution
    default: true
    }
  }
}

extension Metric {
  /// Whether the probabilities of all classes count, and not just their order and the largest.
  var needsDistribution: Bool {
    switch self {
    case .negativeLogLikelihood, .brierScore, .brierScorePerClass, .classwiseCalibrationError,
      .thresholdedCalibrationError, .entropy, .calibrationLoss, .refinementLoss:
      true
    default: false
    }
  }
}
