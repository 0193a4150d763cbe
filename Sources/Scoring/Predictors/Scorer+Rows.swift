extension Scorer {
  /// The scores of `predictor` on every row, calibrated by `calibration`.
  ///
  /// Where that replaces the confidence alone, losses and entropies stay those of the probabilities
  /// as they were, and nothing is counted class by class.
  ///
  /// - Throws: `ScoringError` when there is no such predictor, or `calibration` is not for it.
  public func rows(
    of predictor: Predictor, in logits: LabeledLogits, calibration: CalibrationMap = .identity
  ) throws -> ScoredRows {
    let source = try PredictorLogits(predictor, of: logits, calibration: calibration)
    if case .confidence = calibration {
      return ScoredRows(
        classCount: logits.classCount, rows: try scores(of: source), isConfidenceOnly: true)
    }
    let pool = AccumulatorPool { ClasswiseCalibration(classCount: logits.classCount) }
    let blocks = try mapBlocks(logits.rowCount) { block in
      let scorer = RowScorer(source)
      return pool.withOne { classwise in block.map { scorer.score($0, classwise: &classwise) } }
    }
    return try scored(source, Array(blocks.joined()), pool.merged { $0.merge($1) })
  }

  /// The scores of `predictor` on every row, calibrated by `calibration`, with nothing counted class
  /// by class: a fraction of the work of `rows(of:in:calibration:)`.
  ///
  /// - Throws: as `rows(of:in:calibration:)`.
  public func rowScores(
    of predictor: Predictor, in logits: LabeledLogits, calibration: CalibrationMap = .identity
  ) throws -> [RowScore] {
    try scores(of: PredictorLogits(predictor, of: logits, calibration: calibration))
  }

  /// The scores of every member, and how far apart the members' probabilities are, in one pass.
  ///
  /// There is a calibration for each member, none of which is of the confidence alone.
  func memberRows(
    in logits: LabeledLogits, calibrations maps: [CalibrationMap]
  ) throws -> (rows: [ScoredRows], distances: DistributionDiversity) {
    let sources = try maps.enumerated().map {
      try PredictorLogits(.member($0), of: logits, calibration: $1)
    }
    let empty = sources.map { _ in ClasswiseCalibration(classCount: logits.classCount) }
    let pool = AccumulatorPool { empty }
    let blocks = try mapBlocks(logits.rowCount) { block in
      let scorers = sources.map(RowScorer.init)
      var scores = sources.map { _ in [RowScore]() }
      var distances = DistributionDistances(scorers.map(\.distribution))
      pool.withOne { classwise in
        for row in block {
          for m in scorers.indices {
            scores[m].append(scorers[m].score(row, classwise: &classwise[m]))
          }
          distances.add()
        }
      }
      return (scores, distances.diversity)
    }
    let classwise = pool.merged { sums, more in
      for m in sums.indices { sums[m].merge(more[m]) }
    }
    let rows = try sources.indices.map { m in
      try scored(sources[m], blocks.flatMap { $0.0[m] }, classwise[m])
    }
    return (rows, blocks.dropFirst().reduce(into: blocks[0].1) { $0.merge($1.1) })
  }

  /// Rows that were scored once, with what a second pass over them takes.
  private func scored(
    _ source: PredictorLogits, _ rows: [RowScore], _ classwise: ClasswiseCalibration
  ) throws -> ScoredRows {
    let error = try thresholdedCalibrationError(classwise) { try add(source, to: &$0) }
    return ScoredRows(
      classCount: source.logits.classCount, rows: rows, classwise: classwise,
      thresholdedCalibrationError: error)
  }

  /// The scores on every row, with nothing counted class by class.
  func scores(of source: PredictorLogits) throws -> [RowScore] {
    let blocks = try mapBlocks(source.logits.rowCount) { block in
      let scorer = RowScorer(source)
      return block.map(scorer.score)
    }
    let rows = Array(blocks.joined())
    guard case .confidence(let map) = source.calibration else { return rows }
    return rows.map { $0.calibrated(by: map) }
  }

  /// Adds the probabilities of `predictor` on every row, as `rows(of:in:calibration:)` has them.
  ///
  /// - Throws: `ScoringError` when there is no such predictor, or `calibration` is not for it.
  public func add(
    probabilitiesOf predictor: Predictor, in logits: LabeledLogits,
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
  /// Scores a row, and counts its probabilities.
  func score(_ row: Int, classwise: inout ClasswiseCalibration) -> RowScore {
    let score = score(row)
    classwise.add(classProbabilities, label: label(of: row))
    return score
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
