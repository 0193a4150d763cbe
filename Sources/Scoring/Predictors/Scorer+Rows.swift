extension Scorer {
  /// The scores of `predictor` on every row, calibrated by `calibration`.
  ///
  /// Where that replaces the confidence alone, losses and entropies stay those of the probabilities
  /// as they were, and nothing is counted class by class.
  ///
  /// - Throws: `ScoringError` when there is no such predictor, or `calibration` is not for it.
  public func rows(
    of predictor: Predictor, in logits: LabelledLogits, calibration: CalibrationMap = .identity
  ) throws -> ScoredRows {
    let source = try PredictorLogits(predictor, of: logits, calibration: calibration)
    guard !calibration.isOfConfidence else {
      return ScoredRows(
        classCount: logits.classCount, rows: try scores(of: source), isConfidenceOnly: true)
    }
    let pool = AccumulatorPool { ClasswiseCalibration(classCount: logits.classCount) }
    let blocks = try mapBlocks(logits.rowCount) { block in
      let scorer = RowScorer(source)
      return pool.withOne { scorer.score(block, classwise: &$0) }
    }
    let classwise = pool.merged { $0.merge($1) }
    let error = try thresholdedCalibrationError(classwise) { try add(source, to: &$0) }
    return ScoredRows(
      classCount: logits.classCount, rows: Array(blocks.joined()), classwise: classwise,
      thresholdedCalibrationError: error)
  }

  /// The scores on every row, with nothing counted class by class.
  func scores(of source: PredictorLogits) throws -> [RowScore] {
    let blocks = try mapBlocks(source.logits.rowCount) { block in
      let scorer = RowScorer(source)
      return block.map(scorer.score)
    }
    return Array(blocks.joined())
  }

  /// Adds the probabilities of `predictor` on every row, as `rows(of:in:calibration:)` has them.
  ///
  /// - Throws: `ScoringError` when there is no such predictor, or `calibration` is not for it.
  public func add(
    probabilitiesOf predictor: Predictor, in logits: LabelledLogits,
    calibration: CalibrationMap = .identity, to thresholded: inout ThresholdedCalibration
  ) throws {
    try add(
      PredictorLogits(predictor, of: logits, calibration: calibration), to: &thresholded)
  }

  private func add(
    _ source: PredictorLogits, to thresholded: inout ThresholdedCalibration
  ) throws {
    let empty = thresholded.emptied
    let pool = AccumulatorPool { empty }
    _ = try mapBlocks(source.logits.rowCount) { block in
      let scorer = RowScorer(source)
      pool.withOne { scorer.add(block, to: &$0) }
    }
    thresholded.merge(pool.merged { $0.merge($1) })
  }

  /// The thresholded error of the rows of `classwise`, which `addRows` adds once more.
  ///
  /// The rows are added as often as it takes to keep no more than `keptProbabilityLimit`: mostly once.
  func thresholdedCalibrationError(
    _ classwise: ClasswiseCalibration,
    addRows: (inout ThresholdedCalibration) throws -> Void
  ) throws -> Double? {
    guard classwise.count > 0 else { return nil }
    var sum = 0.0
    for classes in ThresholdedCalibration.classGroups(of: classwise, keeping: keptProbabilityLimit)
    {
      var thresholded = ThresholdedCalibration(cutting: classwise, classes: classes)
      try addRows(&thresholded)
      let complete = thresholded
      let errors = try workers.map(classes.count) {
        complete.error(of: classes.lowerBound + $0)
      }
      sum = errors.reduce(sum, +)
    }
    return sum / (Double(classwise.count) * Double(classwise.classCount))
  }
}

extension RowScorer {
  /// Scores rows, and counts their probabilities.
  func score(_ rows: Range<Int>, classwise: inout ClasswiseCalibration) -> [RowScore] {
    rows.map { row in
      let score = score(row)
      classwise.add(classProbabilities, label: label(of: row))
      return score
    }
  }

  /// Adds the probabilities of rows.
  func add(_ rows: Range<Int>, to thresholded: inout ThresholdedCalibration) {
    for row in rows {
      loadProbabilities(of: row)
      thresholded.add(classProbabilities, label: label(of: row))
    }
  }

  private var classProbabilities: UnsafeBufferPointer<Double> {
    UnsafeBufferPointer(start: probabilities, count: classCount)
  }
}

extension CalibrationMap {
  fileprivate var isOfConfidence: Bool {
    if case .confidence = self { true } else { false }
  }
}
