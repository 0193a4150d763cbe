/// The negative log-likelihood that is left when calibrated probabilities get the best temperature,
/// by cross-validation; the difference to that without it is the calibration loss.
///
/// Berta, Holzmüller, Jordan and Bach 2025, "Rethinking early stopping: refine, then calibrate". The
/// rows are halved as by `CleanHalves`, with seed 31. The temperature divides the logarithms of the
/// calibrated probabilities, is fitted on each half and scores the other; the loss is the mean over
/// all rows. probmetrics cuts the rows in five, by class.
enum RefinementLoss {
  /// The rows of a cell in two halves.
  struct Halves {
    fileprivate let rows: [[Int]]  // [2]
    fileprivate let logits: [LabeledLogits]  // [2]

    /// The halves of `CleanHalves`, their rows in the order they are stored; nil for one row.
    init?(of logits: LabeledLogits) throws(ScoringError) {
      guard logits.rowCount > 1 else { return nil }
      rows = try CleanHalves(rowCount: logits.rowCount).rows.map { $0.sorted() }
      self.logits = [
        try logits.selecting(rows: rows[0]), try logits.selecting(rows: rows[1]),
      ]
    }
  }

  /// The loss of the rows of `halves`, which `calibrations` calibrate.
  ///
  /// The first pass over the rows of each half counts their probabilities as well, where `counting` has
  /// accumulators for them.
  ///
  /// - Returns: The loss; nil where in a half no class has a larger logit than the label: its
  ///   loss falls with the temperature down to any bound, which then does not fit the other half.
  /// - Throws: `ScoringError` when there is no such predictor, or `calibrations` are not for it.
  static func fit(
    _ predictor: Predictor, in halves: Halves, calibrations: RowCalibrations, blocks: RowBlocks,
    counting: AccumulatorPool<ThresholdedCalibration>? = nil
  ) throws -> RefinedLoss? {
    let objectives = try zip(halves.logits, halves.rows).map { logits, rows in
      try TemperatureObjective(
        PredictorLogits(
          predictor, of: logits, calibrations: calibrations.selecting(rows: rows)),
        scaled: .calibratedLogits, blocks: blocks)
    }
    let first = try TemperatureSearch(objectives[0], counting: counting).minimum()
    let second = try TemperatureSearch(objectives[1], counting: counting)
      .minimum(from: first.temperature)
    var sum = 0.0
    for (objective, (own, other)) in zip(objectives, [(first, second), (second, first)]) {
      if case .lowest = other.bound, other.value.lostShare == 0 { return nil }
      let temperature = other.temperature
      let loss =
        try own.loss(at: temperature)
        ?? objective.losses(atDoublingsOf: objective.unit / temperature, count: 1)[0]
      sum += loss * Double(objective.rowCount)
    }
    let isAtBound = first.bound != nil || second.bound != nil
    return RefinedLoss(
      loss: sum / Double(halves.rows[0].count + halves.rows[1].count),
      temperature: isAtBound ? nil : (first.temperature * second.temperature).squareRoot())
  }
}
