extension Scorer {
  /// The scores of every row under a calibration that was fitted on the rows of other parts.
  ///
  /// The rows are shuffled as by `CleanHalves`, with seed 31, and cut at positions i·N/`partCount`.
  ///
  /// - Parameters:
  ///   - calibration: One that is fitted.
  ///   - predictor: One that it is made for.
  ///   - logits: The rows.
  ///   - partCount: How many parts there are, each scored by a fit on the others; as many as rows where
  ///     these are fewer.
  ///   - fitted: Told after each fit how many parts have one.
  /// - Returns: The scores; nil for one row.
  /// - Throws: `ScoringError`, where the calibration is not for the predictor too.
  public func crossFitted(
    _ calibration: Calibration, for predictor: Predictor, on logits: LabeledLogits,
    partCount: Int = 5, fitted: (_ partCount: Int) -> Void = { _ in }
  ) throws -> ScoredRows? {
    let count = min(partCount, logits.rowCount)
    guard count > 1 else { return nil }
    let order = CleanHalves.order(rowCount: logits.rowCount, seed: 31)
    let parts = (0..<count).map { i in
      order[i * order.count / count..<(i + 1) * order.count / count].sorted()
    }
    let maps = try parts.indices.map { i in
      let others = parts.indices.filter { $0 != i }.flatMap { parts[$0] }.sorted()
      defer { fitted(i + 1) }
      return try fit(calibration, for: predictor, on: logits.selecting(rows: others))
    }
    return try rows(
      of: predictor, in: logits,
      calibrations: RowCalibrations(maps, scoring: parts, rowCount: logits.rowCount))
  }

  /// What `calibration` fits for `predictor` on all rows of `logits`.
  ///
  /// - Throws: `ScoringError.calibrationOfOtherPredictor` where it is not for the predictor, or for so many
  ///   classes, or when there is no such predictor.
  public func fit(
    _ calibration: Calibration, for predictor: Predictor, on logits: LabeledLogits
  ) throws -> CalibrationMap {
    guard calibration.applies(to: predictor, of: logits) else {
      throw ScoringError.calibrationOfOtherPredictor(calibration.name, predictor: predictor.name)
    }
    return try calibration.calibrator.fit(predictor, on: FittingRows(logits, blocks: blocks))
  }

  /// The probabilities of some rows of `logits` under `calibration`, which leaves a distribution.
  ///
  /// - Returns: K probabilities for each row, one row after the other.
  /// - Throws: `ScoringError` when there is no such predictor, or `calibration` is not for it.
  public func probabilities(
    of predictor: Predictor, in logits: LabeledLogits, calibration: CalibrationMap,
    rows: Range<Int>
  ) throws -> [Double] {
    let source = try PredictorLogits(predictor, of: logits, calibration: calibration)
    return blocks.flatMap(rows.count, width: source.logits.classCount) { block in
      let scorer = RowScorer(source)
      return block.flatMap { row -> [Double] in
        scorer.loadProbabilities(of: rows.lowerBound + row)
        return Array(UnsafeBufferPointer(start: scorer.probabilities, count: scorer.classCount))
      }
    }
  }
}
