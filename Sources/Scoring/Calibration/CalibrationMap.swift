/// What a calibration does to one predictor, with the numbers that were fitted.
///
/// M members, K classes.
public enum CalibrationMap: Sendable, Equatable {
  /// Nothing.
  case identity
  /// Logits are divided by T, those of every member where probabilities are averaged.
  case temperature(Double)
  /// Each member's logits are divided by its own T before the members are pooled.
  case memberTemperatures([Double])  // [M]
  /// The logarithms of averaged probabilities are divided by T, and normalized again.
  case temperatureAfterAveraging(Double)
  /// Logits are scaled and shifted class by class.
  case vector(VectorScaling)
  /// The top-label confidence is replaced; predicted classes and their order stay.
  case confidence(ConfidenceMap)

  /// T, of several members the mean; nil where there is none.
  public var temperature: Double? {
    temperatures.isEmpty ? nil : temperatures.reduce(0, +) / Double(temperatures.count)
  }

  /// Whether a temperature was cut off at a bound of what is fitted, which deserves a warning.
  public var isTemperatureAtBound: Bool {
    let bounds = FittedTemperature.bounds
    return temperatures.contains { $0 <= bounds.lowerBound || $0 >= bounds.upperBound }
  }

  private var temperatures: [Double] {
    switch self {
    case .temperature(let value), .temperatureAfterAveraging(let value): [value]
    case .memberTemperatures(let values): values
    case .identity, .vector, .confidence: []
    }
  }

  /// Makes sure that the map is for `predictor` and for logits of this shape.
  func check(for predictor: Predictor, of logits: LabeledLogits) throws(ScoringError) {
    if let value = temperatures.first(where: { !($0 > 0 && $0.isFinite) }) {
      throw .unusableTemperature(value)
    }
    switch self {
    case .memberTemperatures(let values):
      try check(.memberTemperatures, for: predictor)
      guard values.count == logits.memberCount else {
        throw .wrongParameterCount(
          .memberTemperatures, expected: logits.memberCount, found: values.count)
      }
    case .temperatureAfterAveraging: try check(.temperatureAfterAveraging, for: predictor)
    case .vector(let scaling):
      guard scaling.scales.count == logits.classCount else {
        throw .wrongParameterCount(
          .vector, expected: logits.classCount, found: scaling.scales.count)
      }
    case .identity, .temperature, .confidence: break
    }
  }

  private func check(
    _ calibration: Calibration, for predictor: Predictor
  ) throws(ScoringError) {
    guard calibration.applies(to: predictor) else {
      throw .calibrationOfOtherPredictor(calibration, predictor: predictor.name)
    }
  }
}
