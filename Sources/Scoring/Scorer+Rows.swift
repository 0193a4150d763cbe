/// The scores of every member of a network, from one pass over the logits.
struct MemberRows {
  /// For each member, in order.
  let rows: [ScoredRows]
  /// How far apart the members' probabilities are.
  let distances: DistributionDiversity

  /// The scores of `predictor`, if it is one of the members.
  func rows(of predictor: Predictor) -> ScoredRows? {
    guard case .member(let member) = predictor else { return nil }
    return rows[member]
  }
}

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
    try rows(of: predictor, in: logits, calibrations: RowCalibrations(calibration))
  }

  /// The same with the calibration of each row, and what the best temperature of each of `halves` leaves of
  /// the loss.
  func rows(
    of predictor: Predictor, in logits: LabeledLogits, calibrations: RowCalibrations,
    _ halves: RefinementLoss.Halves? = nil
  ) throws -> ScoredRows {
    let source = try PredictorLogits(predictor, of: logits, calibrations: calibrations)
    let refining = halves.map { Refining(predictor, in: $0, calibrations: calibrations) }
    if calibrations.maps.contains(where: \.isOfConfidence) {
      return ScoredRows(
        blocks.scores(of: source), classCount: logits.classCount, isConfidenceOnly: true,
        binning: binning)
    }
    guard needsClassProbabilities else {
      return try scored(source, blocks.scores(of: source), nil, refining)
    }
    guard countsAllClasses(of: logits, predictorCount: 1) else {
      return try scoredByGroups(source, blocks.scores(of: source), refining)
    }
    let (classCount, binning) = (logits.classCount, binning)
    let pool = AccumulatorPool { ClasswiseCalibration(classCount: classCount, binning: binning) }
    let scores = blocks.flatMap(logits.rowCount) { block in
      let scorer = RowScorer(source)
      return pool.withOne { classwise in block.map { scorer.score($0, classwise: &classwise) } }
    }
    return try scored(source, scores, pool.merged { $0.merge($1) }, refining)
  }

  /// The scores of `predictor` on every row, calibrated by `calibration`, with nothing counted class
  /// by class: a fraction of the work of `rows(of:in:calibration:)`.
  ///
  /// - Throws: as `rows(of:in:calibration:)`.
  public func rowScores(
    of predictor: Predictor, in logits: LabeledLogits, calibration: CalibrationMap = .identity
  ) throws -> [RowScore] {
    try rowScores(of: predictor, in: logits, calibrations: RowCalibrations(calibration))
  }

  /// The same with the calibration of each row.
  public func rowScores(
    of predictor: Predictor, in logits: LabeledLogits, calibrations: RowCalibrations
  ) throws -> [RowScore] {
    blocks.scores(of: try PredictorLogits(predictor, of: logits, calibrations: calibrations))
  }

  /// The scores of every member, in one pass.
  ///
  /// There is a calibration for each member, none of which is of the confidence alone.
  func memberRows(
    in logits: LabeledLogits, calibrations maps: [RowCalibrations],
    _ halves: RefinementLoss.Halves? = nil
  ) throws -> MemberRows {
    let isCounting =
      needsClassProbabilities && countsAllClasses(of: logits, predictorCount: maps.count)
    let sources = try maps.enumerated().map {
      try PredictorLogits(.member($0), of: logits, calibrations: $1)
    }
    let empty = ClasswiseCalibration(
      classCount: logits.classCount, classes: 0..<(isCounting ? logits.classCount : 0),
      binning: binning)
    let (all, classwise, distances) = try scored(
      sources, counting: isCounting, in: sources.map { _ in empty })
    let rows = try sources.indices.map { m in
      let refining = halves.map { Refining(.member(m), in: $0, calibrations: maps[m]) }
      return needsClassProbabilities && !isCounting
        ? try scoredByGroups(sources[m], all[m], refining)
        : try scored(sources[m], all[m], classwise[m], refining)
    }
    return MemberRows(rows: rows, distances: distances)
  }

  /// The scores of every row of members, the probabilities that were counted, and how far apart they are.
  private func scored(
    _ sources: [PredictorLogits], counting isCounting: Bool, in empty: [ClasswiseCalibration]
  ) throws -> ([[RowScore]], [ClasswiseCalibration], DistributionDiversity) {
    let pool = AccumulatorPool { empty }
    let parts = try blocks.map(sources[0].logits.rowCount) { block in
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
    return (
      sources.indices.map { m in RowBlocks.joined(parts.map { $0.0[m] }) },
      pool.merged { for m in $0.indices { $0[m].merge($1[m]) } },
      parts.dropFirst().reduce(into: parts[0].1) { $0.merge($1.1) }
    )
  }

  private var needsClassProbabilities: Bool {
    scoresClasses || metrics.contains(where: \.needsClassProbabilities)
  }

  /// Whether the counts of all classes, for so many predictors at a time, take no more memory than
  /// the predictions, or than `classCountMemoryLimit`.
  private func countsAllClasses(of logits: LabeledLogits, predictorCount: Int) -> Bool {
    let perClass = ClasswiseCalibration.bytesPerClass(binning) * predictorCount
    return logits.classCount <= memoryForClasses(of: logits) / perClass
  }

  private func memoryForClasses(of logits: LabeledLogits) -> Int {
    let size = logits.shape.reduce(MemoryLayout<Float>.size) { size, count in
      let (product, isLarge) = size.multipliedReportingOverflow(by: count)
      return isLarge ? .max : product
    }
    return max(classCountMemoryLimit, size)
  }

  /// A refinement loss to be computed.
  private struct Refining {
    let predictor: Predictor
    let halves: RefinementLoss.Halves
    let calibrations: RowCalibrations

    init(
      _ predictor: Predictor, in halves: RefinementLoss.Halves, calibrations: RowCalibrations
    ) {
      (self.predictor, self.halves, self.calibrations) = (predictor, halves, calibrations)
    }

    func loss(
      blocks: RowBlocks, counting: AccumulatorPool<ThresholdedCalibration>? = nil
    ) throws -> RefinedLoss? {
      try RefinementLoss.fit(
        predictor, in: halves, calibrations: calibrations, blocks: blocks, counting: counting)
    }
  }

  /// A computation that passes over all rows anyway, and counts their probabilities.
  private typealias SharedPass = (AccumulatorPool<ThresholdedCalibration>) throws -> Void

  /// Rows that were scored once, with the thresholded error and the refinement loss, which take a second
  /// pass over them together.
  private func scored(
    _ source: PredictorLogits, _ rows: [RowScore], _ classwise: ClasswiseCalibration?,
    _ refining: Refining?
  ) throws -> ScoredRows {
    guard let classwise, classwise.count > 0 else {
      return try scored(source, rows, classwise: nil, refining) { _ in nil }
    }
    return try scored(source, rows, classwise: classwise, refining) { sharedPass in
      try thresholdedErrors(after: ClassErrors(), of: source, classwise, sharedPass)
    }
  }

  /// Rows that were scored once, with errors of so many classes that they are counted in groups, with
  /// two passes over the rows for each group.
  private func scoredByGroups(
    _ source: PredictorLogits, _ rows: [RowScore], _ refining: Refining?
  ) throws -> ScoredRows {
    let (classCount, binning) = (source.logits.classCount, binning)
    let size = max(
      1, memoryForClasses(of: source.logits) / ClasswiseCalibration.bytesPerClass(binning))
    var all = ClasswiseCalibration(classCount: classCount, classes: 0..<0, binning: binning)
    var errors = ClassErrors()
    for first in stride(from: 0, to: classCount, by: size) {
      let classes = first..<min(first + size, classCount)
      let pool = AccumulatorPool {
        ClasswiseCalibration(classCount: classCount, classes: classes, binning: binning)
      }
      _ = try blocks.map(source.logits.rowCount) { block in
        let scorer = RowScorer(source)
        pool.withOne { scorer.add(block, to: &$0) }
      }
      let classwise = pool.merged { $0.merge($1) }
      errors = try thresholdedErrors(after: errors, of: source, classwise, nil)
      all.append(closing: classwise)
    }
    return try scored(source, rows, classwise: all, refining) { _ in all.count > 0 ? errors : nil }
  }

  /// Scored rows with the refinement loss, whose pass over the rows `thresholdedErrors` may share.
  private func scored(
    _ source: PredictorLogits, _ rows: [RowScore], classwise: ClasswiseCalibration?,
    _ refining: Refining?, thresholdedErrors: (SharedPass?) throws -> ClassErrors?
  ) throws -> ScoredRows {
    // An infinite loss stays infinite at any temperature.
    let isFinite = !rows.contains { $0.negativeLogLikelihood == .infinity }
    var (refinement, isRefined) = (RefinedLoss?.none, !isFinite || refining == nil)
    let errors = try thresholdedErrors(
      isRefined
        ? nil
        : { pool in
          refinement = try refining?.loss(blocks: blocks, counting: pool)
          isRefined = true
        })
    if !isRefined { refinement = try refining?.loss(blocks: blocks) }
    var scored = ScoredRows(
      rows, classCount: source.logits.classCount, binning: binning, classwise: classwise,
      thresholdedErrors: errors)
    scored.refinement = refinement
    return scored
  }

  /// `errors` and the thresholded ones of the classes that `classwise` has counted.
  ///
  /// Classes are evaluated in groups that keep no more than `keptProbabilityLimit` probabilities,
  /// mostly in one, with a pass over the rows for each group. Where one group would keep more, parts of
  /// slices are counted first, if memory allows. The first pass may be `sharedPass`.
  private func thresholdedErrors(
    after errors: ClassErrors, of source: PredictorLogits, _ classwise: ClasswiseCalibration,
    _ sharedPass: SharedPass?
  ) throws -> ClassErrors {
    var (errors, sharedPass) = (errors, sharedPass)
    func added(to empty: ThresholdedCalibration) throws -> ThresholdedCalibration {
      let pool = AccumulatorPool { empty }
      if let pass = sharedPass {
        try pass(pool)
        sharedPass = nil
      } else {
        try count(source, in: pool)
      }
      return pool.merged { $0.merge($1) }
    }
    var plans = SlicePlans(of: classwise)
    if plans.keptCount > keptProbabilityLimit,
      plans.bytesOfParts <= memoryForClasses(of: source.logits)
    {
      let counted = try added(to: ThresholdedCalibration(countingPartsOf: plans))
      plans = plans.divided(by: counted, of: classwise)
    }
    for classes in plans.groups(keeping: keptProbabilityLimit) {
      let thresholded = try added(to: ThresholdedCalibration(plans, classes: classes))
      let ofClasses = try blocks.workers.map(classes.count) {
        thresholded.errors(of: classes.lowerBound + $0)
      }
      for ofClass in ofClasses { errors.merge(ofClass) }
    }
    return errors
  }

  /// Counts the probabilities of every row of `source`.
  private func count(
    _ source: PredictorLogits, in pool: AccumulatorPool<ThresholdedCalibration>
  ) throws {
    _ = try blocks.map(source.logits.rowCount) { block in
      let scorer = RowScorer(source)
      pool.withOne { scorer.add(block, to: &$0) }
    }
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

  /// Counts the probabilities of rows.
  fileprivate func add(_ rows: Range<Int>, to classwise: inout ClasswiseCalibration) {
    for row in rows {
      loadProbabilities(of: row)
      classwise.add(classProbabilities, label: label(of: row))
    }
  }
}
