/// The negative log-likelihood that is left when calibrated probabilities get the best temperature,
/// by cross-validation; the difference to that without it is the calibration loss.
///
/// Berta, Holzmüller, Jordan and Bach 2025, "Rethinking early stopping: refine, then calibrate". The
/// rows are halved as by `CleanHalves`, with seed 31. The temperature divides the logarithms of the
/// calibrated probabilities, is fitted on each half and scores the other; the loss is the mean over
/// all rows. probmetrics cuts the rows in five, by class.
enum RefinementLoss {
  /// The loss of the rows of `halves`, those of `LabeledLogits.halves()`.
  ///
  /// - Returns: The loss in nats; nil without two halves, and where in a half no class has a larger
  ///   logit than the label: its loss falls with the temperature down to any bound, which then does not
  ///   fit the other half.
  /// - Throws: `ScoringError` when there is no such predictor, or `calibration` is not for it.
  static func value(
    of predictor: Predictor, in halves: [LabeledLogits], calibration: CalibrationMap,
    blocks: RowBlocks
  ) throws -> Double? {
    guard halves.count == 2 else { return nil }
    let objectives = try halves.map {
      try TemperatureObjective(
        PredictorLogits(predictor, of: $0, calibration: calibration), scaled: .calibratedLogits,
        blocks: blocks)
    }
    let first = try TemperatureSearch(objectives[0]).minimum()
    let second = try TemperatureSearch(objectives[1]).minimum(from: first.temperature)
    var sum = 0.0
    for (objective, (own, other)) in zip(objectives, [(first, second), (second, first)]) {
      if case .lowest = other.bound, other.value.lostShare == 0 { return nil }
      let temperature = other.temperature
      let loss =
        try own.loss(at: temperature)
        ?? objective.losses(atDoublingsOf: objective.unit / temperature, count: 1)[0]
      sum += loss * Double(objective.rowCount)
    }
    return sum / Double(halves[0].rowCount + halves[1].rowCount)
  }
}

extension LabeledLogits {
  /// The halves of `CleanHalves`, their rows in the order they are stored; none of one row.
  func halves() throws(ScoringError) -> [LabeledLogits] {
    guard rowCount > 1 else { return [] }
    let rows = try CleanHalves(rowCount: rowCount).rows
    return [try selecting(rows: rows[0].sorted()), try selecting(rows: rows[1].sorted())]
  }
}
