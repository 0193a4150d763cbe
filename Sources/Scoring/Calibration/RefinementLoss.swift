extension Scorer {
  /// The negative log-likelihood that is left when calibrated probabilities get the best
  /// temperature, by cross-validation; what that takes off is the calibration loss.
  ///
  /// Berta, Holzmüller, Jordan and Bach 2025, "Rethinking early stopping: refine, then calibrate".
  /// The rows are halved as by `CleanHalves`, with seed 31. The temperature divides the logarithms
  /// of the calibrated probabilities, is fitted on each half and scores the other; the loss is the
  /// mean over all rows. probmetrics cuts the rows in five, by class.
  ///
  /// - Returns: The loss in nats; nil for one row, and where a half is all right, whose loss falls
  ///   with the temperature without end.
  /// - Throws: as `rows(of:in:calibration:)`.
  public func refinementLoss(
    of predictor: Predictor, in logits: LabeledLogits, calibration: CalibrationMap = .identity
  ) throws -> Double? {
    try refinementLoss(of: predictor, in: logits.halves(), calibration: calibration)
  }

  /// As above, of rows that are halved already; nil where there are not two.
  func refinementLoss(
    of predictor: Predictor, in halves: [LabeledLogits], calibration: CalibrationMap
  ) throws -> Double? {
    guard halves.count == 2 else { return nil }
    let objectives = try halves.map {
      try TemperatureObjective(
        PredictorLogits(predictor, of: $0, calibration: calibration), scaled: .calibratedLogits,
        scorer: self)
    }
    let first = try TemperatureSearch(objectives[0]).minimum()
    let second = try TemperatureSearch(objectives[1]).minimum(from: first.temperature)
    var sum = 0.0
    for (objective, (own, other)) in zip(objectives, [(first, second), (second, first)]) {
      let temperature = other.temperature
      guard temperature > FittedTemperature.bounds.lowerBound else { return nil }
      let loss =
        try own.loss(at: temperature)
        ?? objective.losses(atDoublingsOf: 1 / temperature, count: 1)[0]
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
