/// One temperature (Guo, Pleiss, Sun and Weinberger 2017, "On calibration of modern neural
/// networks").
///
/// It divides the mean logits for `ensemble`, as in MixMo, a member's logits for `member-m`, and
/// every member's logits before their probabilities are averaged for `ensemble-probs`.
///
/// The loss is convex in 1/T, and its minimum is found to a relative 1e-12 or so, with more than
/// 4096 rows to 1e-8. Averaged probabilities need not be convex: the best of 21 temperatures is the
/// start there. T is in `TemperatureRange`, which follows the logits' scale: c times the logits have c
/// times the temperature. Where no temperature changes the loss, the result is 1.
public struct TemperatureCalibrator: Calibrator {
  public let name = "temperature"
  public let output = CalibratedOutput.distribution

  /// The calibrator.
  public init() {}

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    let fitted = try fittedTemperature(of: predictor, on: rows)
    return .temperature(fitted.value, bound: fitted.bound)
  }

  /// The temperature of `predictor` that minimizes its negative log-likelihood on `rows`.
  ///
  /// - Throws: `ScoringError` when there is no such predictor.
  public func fittedTemperature(
    of predictor: Predictor, on rows: FittingRows
  ) throws -> FittedTemperature {
    try rows.fittedTemperature(of: predictor, scaled: .logits)
  }
}

/// Each member's own temperature, fitted on that member alone before the members are pooled.
public struct MemberTemperatureCalibrator: Calibrator {
  public let name = "temperature-members"
  public let output = CalibratedOutput.distribution

  /// The calibrator.
  public init() {}

  public func applies(to predictor: Predictor, memberCount: Int) -> Bool {
    predictor.poolsMembers && memberCount > 1
  }

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    let maps = try (0..<rows.logits.memberCount).map { member in
      try rows.map(by: TemperatureCalibrator(), for: .member(member))
    }
    return .memberTemperatures(
      maps.flatMap(\.temperatures), bounds: maps.flatMap(\.temperatureBounds))
  }
}

/// One temperature on the logarithm of the averaged probabilities.
public struct TemperatureAfterAveragingCalibrator: Calibrator {
  public let name = "temperature-after"
  public let output = CalibratedOutput.distribution

  /// The calibrator.
  public init() {}

  public func applies(to predictor: Predictor, memberCount: Int) -> Bool {
    predictor == .ensembleProbabilities
  }

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    let fitted = try fittedTemperature(on: rows)
    return .temperatureAfterAveraging(fitted.value, bound: fitted.bound)
  }

  /// The temperature of the averaged probabilities of all members, found like that of one member.
  ///
  /// - Throws: what reading the rows throws.
  public func fittedTemperature(on rows: FittingRows) throws -> FittedTemperature {
    try rows.fittedTemperature(of: .ensembleProbabilities, scaled: .calibratedLogits)
  }
}

/// As `TemperatureCalibrator`, fitted on the rows that are scored: a bound that no honest fit reaches.
public struct OracleCalibrator: Calibrator {
  public let name = "oracle"
  public let output = CalibratedOutput.distribution
  public let fitting = CalibrationFitting.scoredRows

  /// The calibrator.
  public init() {}

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    try rows.map(by: TemperatureCalibrator(), for: predictor)
  }
}

extension FittingRows {
  fileprivate func fittedTemperature(
    of predictor: Predictor, scaled: TemperatureObjective.Scaled
  ) throws -> FittedTemperature {
    guard let logits = try possible(for: predictor) else {
      return FittedTemperature(value: 1, lossBefore: .infinity, lossAfter: .infinity)
    }
    let source = try PredictorLogits(predictor, of: logits)
    return try TemperatureSearch(TemperatureObjective(source, scaled: scaled, blocks: blocks)).fit()
  }
}
