extension Scorer {
  /// The scores of `predictor` on every row, calibrated by `calibration`.
  ///
  /// The probabilities of each class are counted where `metrics` need them. Where the confidence
  /// alone is calibrated, losses and entropies stay those of the uncalibrated probabilities, and
  /// nothing is counted.
  ///
  /// - Throws: `ScoringError` when there is no such predictor, or `calibration` is not for it.
  public func rows(
    of predictor: Predictor, in logits: LabeledLogits, calibration: CalibrationMap = .identity
  ) throws -> ScoredRows {
    let source = try PredictorLogits(predictor, of: logits, calibration: calibration)
    if case .confidence = calibration {
      return ScoredRows(
        try blocks.scores(of: source), classCount: logits.classCount, isConfidenceOnly: true)
    }
    guard needsClassProbabilities else {
      return ScoredRows(try blocks.scores(of: source), classCount: logits.classCount)
    }
    let pool = AccumulatorPool { ClasswiseCalibration(classCount: logits.classCount) }
    let scores = try blocks.map(logits.rowCount) { block in
      let scorer = RowScorer(source)
      return pool.withOne { classwise in block.map { scorer.score($0, classwise: &classwise) } }
    }
    return try scored(source, Array(scores.joined()), pool.merged { $0.merge($1) })
  }

  /// The scores of `predictor` on every row, calibrated by `calibration`, with nothing counted class
  /// by class: a fraction of the work of `rows(of:in:calibration:)`.
  ///
  /// - Throws: as `rows(of:in:calibration:)`.
  public func rowScores(
    of predictor: Predictor, in logits: LabeledLogits, calibration: CalibrationMap = .identity
  ) throws -> [RowScore] {
    try blocks.scores(of: PredictorLogits(predictor, of: logits, calibration: calibration))
  }

  /// The scores of every member, and how far apart the members' probabilities are, in one pass.
  ///
  /// There is a calibration for each member, none of which is of the confidence alone.
  func memberRows(
    in logits: LabeledLogits, calibrations maps: [CalibrationMap]
  ) throws -> (rows: [ScoredRows], distances: DistributionDiversity) {
    let isCounting = needsClassProbabilities
    let sources = try maps.enumerated().map {
      try PredictorLogits(.member($0), of: logits, calibration: $1)
    }
    let empty = sources.map { _ in ClasswiseCalibration(classCount: logits.classCount) }
    let pool = AccumulatorPool { empty }
    let parts = try blocks.map(logits.rowCount) { block in
      let scorers = sources.map(RowScorer.init)
      var scores = sources.map { _ in [RowScore]() }
      var distances = DistributionDistances(scorers.map(\.distribution))
      pool.withOne { classwise in
        for row in block {
          for m in scorers.indices {
            scores[m].append(
              isCounting
                ? scorers[m].score(row, classwise: &classwise[m]) : scorers[m].score(row))
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
      try scored(sources[m], parts.flatMap { $0.0[m] }, classwise[m])
    }
    return (rows, parts.dropFirst().reduce(into: parts[0].1) { $0.merge($1.1) })
  }

  private var needsClassProbabilities: Bool { metrics.contains(where: \.needsClassProbabilities) }

  /// Rows that were scored once, with the thresholded error, which takes a second pass over them.
  private func scored(
    _ source: PredictorLogits, _ rows: [RowScore], _ classwise: ClasswiseCalibration
  ) throws -> ScoredRows {
    let classCount = source.logits.classCount
    guard classwise.count > 0 else { return ScoredRows(rows, classCount: classCount) }
    return ScoredRows(
      rows, classCount: classCount, classwise: classwise,
      thresholdedCalibrationError: try thresholdedCalibrationError(of: source, classwise))
  }

  /// The thresholded error of the rows that `classwise` has counted.
  ///
  /// Classes are evaluated in groups that keep no more than `keptProbabilityLimit` probabilities,
  /// mostly in one, with a pass over the rows for each group.
  private func thresholdedCalibrationError(
    of source: PredictorLogits, _ classwise: ClasswiseCalibration
  ) throws -> Double {
    var sum = 0.0
    for classes in ThresholdedCalibration.classGroups(of: classwise, keeping: keptProbabilityLimit)
    {
      let thresholded = try thresholded(
        ThresholdedCalibration(cutting: classwise, classes: classes), source)
      let errors = try blocks.workers.map(classes.count) {
        thresholded.error(of: classes.lowerBound + $0)
      }
      sum = errors.reduce(sum, +)
    }
    return sum / (Double(classwise.count) * Double(classwise.classCount))
  }

  /// `empty` with every row of `source` added.
  private func thresholded(
    _ empty: ThresholdedCalibration, _ source: PredictorLogits
  ) throws -> ThresholdedCalibration {
    let pool = AccumulatorPool { empty }
    _ = try blocks.map(source.logits.rowCount) { block in
      let scorer = RowScorer(source)
      pool.withOne { scorer.add(block, to: &$0) }
    }
    return pool.merged { $0.merge($1) }
  }
}

extension RowScorer {
  /// Scores a row, and counts its probabilities.
  fileprivate func score(_ row: Int, classwise: inout ClasswiseCalibration) -> RowScore {
    let score = score(row)
    classwise.add(classProbabilities, label: label(of: row))
    return score
  }

  /// Adds the probabilities of rows.
  fileprivate func add(_ rows: Range<Int>, to thresholded: inout ThresholdedCalibration) {
    for row in rows {
      loadProbabilities(of: row)
      thresholded.add(classProbabilities, label: label(of: row))
    }
  }

  private var classProbabilities: UnsafeBufferPointer<Double> {
    UnsafeBufferPointer(start: probabilities, count: classCount)
  }
}
