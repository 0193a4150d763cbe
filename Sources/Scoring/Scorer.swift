import Foundation

/// Fits calibrations and scores predictions, on a number of threads.
///
/// Its calibrations and its metrics are lists, to which a caller can add. Results are the same bits
/// on any number of threads.
public struct Scorer: Sendable {
  /// The calibrations that can be asked for, in the order of results.
  public let calibrations: [Calibration]
  /// The metrics that are computed.
  public let metrics: [Metric]
  /// The bins of calibration errors.
  public let binning: Binning
  /// What people say of the images of every cell; nil where metrics that need it are undefined.
  public var softLabels: SoftLabels?
  /// Whether each class is scored as well; see `PredictorScores.classes`.
  public var scoresClasses = false
  let blocks: RowBlocks
  /// How many probabilities `rows(of:in:calibration:)` keeps at a time, 8 bytes each, unless a single
  /// class has more.
  package var keptProbabilityLimit = 1 << 24
  /// How many bytes the counts of all classes take at a time, unless the predictions take more; with
  /// more classes their probabilities are computed again for each part of them.
  package var classCountMemoryLimit = 1 << 26

  /// A scorer on `threadCount` threads, by default all cores.
  public init(
    threadCount: Int = ProcessInfo.processInfo.activeProcessorCount,
    calibrations: [Calibration] = Calibration.all, metrics: [Metric] = Metric.all,
    binning: Binning = Binning()
  ) {
    self.binning = binning
    blocks = RowBlocks(threadCount: threadCount)
    self.calibrations = calibrations
    self.metrics = metrics
  }
}

extension Scorer {
  /// The numbers of a cell without calibration.
  public func score(_ cell: LabeledLogits) throws -> CellScores {
    try scores(of: cell, under: .none, fits: [], UncalibratedScores(cell, blocks: blocks))
  }

  /// The numbers of a cell under every calibration that was asked for when fitting.
  ///
  /// - Parameters:
  ///   - cell: Logits of the images that were fitted, in their order, clean or corrupted; of any
  ///     images when a validation set was fitted.
  ///   - fitted: What was fitted.
  /// - Returns: Under each calibration the numbers of every predictor and pair, the folds combined as
  ///   was said when fitting.
  /// - Throws: `ScoringError` when the shape or a label differs from the logits that were fitted.
  public func score(
    _ cell: LabeledLogits, with fitted: FittedCalibrations
  ) throws -> [CellScores] {
    try scores(of: cell, under: fitted.calibrations, fits: [fitted])
  }

  /// The seeds that cross-validation halves the rows with; the first is MixMo's.
  private static let seeds: ClosedRange<UInt32> = 31...35

  /// The numbers of a cell under calibrations that are cross-validated on the cell itself.
  ///
  /// Five times the rows are halved, and each half is scored by what was fitted on the other: the
  /// numbers, those without calibration too, are means over ten halves. Of `temperature-after` the negated `nll` is the calibrated
  /// log-likelihood of Ashukha, Lyzhov, Molchanov and Vetrov 2020, "Pitfalls of in-domain
  /// uncertainty estimation and ensembling in deep learning". The first halves are MixMo's.
  ///
  /// - Throws: `ScoringError.tooFewRowsToHalve` below 2 rows.
  public func crossValidate(
    _ cell: LabeledLogits, under calibrations: [Calibration]
  ) throws -> [CellScores] {
    let calibrations = try ordered(calibrations)
    let fits = try Self.seeds.map { seed in
      try fit(
        calibrations, on: cell, halves: CleanHalves(rowCount: cell.rowCount, seed: seed),
        combination: .averaged)
    }
    return try scores(of: cell, under: calibrations, fits: fits)
  }

  private func scores(
    of cell: LabeledLogits, under calibrations: [Calibration], fits: [FittedCalibrations]
  ) throws -> [CellScores] {
    let uncalibrated = UncalibratedScores(
      cell, blocks: blocks,
      isReusing: calibrations.contains { $0.calibrator.output == .confidence })
    return try calibrations.map { try scores(of: cell, under: $0, fits: fits, uncalibrated) }
  }

  private func scores(
    of cell: LabeledLogits, under calibration: Calibration, fits: [FittedCalibrations],
    _ uncalibrated: UncalibratedScores
  ) throws -> CellScores {
    let folds = try folds(of: calibration, on: cell, fits)
    let parts = try folds.map { fold in
      switch calibration.calibrator.output {
      case .distribution: try scores(of: cell, under: calibration, fold, uncalibrated)
      case .confidence: try scores(of: cell, confidencesBy: fold, uncalibrated)
      }
    }
    return CellScores(
      calibration, parts, folds: folds, foldsPerPass: folds.count / max(fits.count, 1))
  }

  /// The rows that are scored together under `calibration`, with what calibrates them.
  private func folds(
    of calibration: Calibration, on cell: LabeledLogits, _ fits: [FittedCalibrations]
  ) throws -> [CellFold] {
    for fitted in fits { try fitted.check(cell) }
    if case .otherRows = calibration.calibrator.fitting {
      return fits.flatMap { $0.cellFolds(of: calibration, rowCount: cell.rowCount) }
    }
    let maps = try maps(of: calibration, on: FittingRows(cell, blocks: blocks))
      .mapValues { RowCalibrations($0) }
    let averaged = fits.filter { $0.combination == .averaged }.flatMap(\.folds)
    return averaged.isEmpty
      ? [CellFold(rows: nil, maps: maps)]
      : averaged.map { CellFold(rows: $0.rows, maps: maps) }
  }

  /// The numbers of a fold whose whole distributions are calibrated.
  private func scores(
    of cell: LabeledLogits, under calibration: Calibration, _ fold: CellFold,
    _ uncalibrated: UncalibratedScores
  ) throws -> FoldScores {
    let logits = try fold.rows.map(cell.selecting(rows:)) ?? cell
    let halves =
      metrics.contains(where: \.needsRefinementLoss) ? try RefinementLoss.Halves(of: logits) : nil
    let memberCalibrations = (0..<logits.memberCount).map { fold.calibrations(of: .member($0)) }
    let members =
      logits.memberCount > 1 && calibration.applies(to: .member(0), of: logits)
      ? try memberRows(in: logits, calibrations: memberCalibrations, halves) : nil
    var predictors: [(Predictor, ScoredRows)] = []
    var ensemble: [RowScore] = []
    for predictor in Predictor.predicting(memberCount: logits.memberCount)
    where calibration.applies(to: predictor, of: logits) {
      let calibrations = fold.calibrations(of: predictor)
      var scored =
        try members?.rows(of: predictor)
        ?? rows(of: predictor, in: logits, calibrations: calibrations, halves)
      if predictor == .ensemble { ensemble = scored.rows }
      if calibrations.isIdentity, fold.rows == nil {
        uncalibrated.offer(scored.rows, of: predictor)
      }
      scored.softScores = try softScores(
        of: predictor, in: logits, fold, images: softImages(of: fold))
      predictors.append((predictor, scored))
    }
    var diversity = DiversityAccumulator(
      memberCount: members == nil ? 0 : logits.memberCount, classCount: logits.classCount)
    if let members {
      diversity.add(
        members.rows.map(\.rows), ensemble: ensemble, distributions: members.distances)
    }
    return FoldScores(
      predictors: try numbers(of: predictors, in: fold, of: cell), diversity: diversity.scores)
  }

  /// What the scored rows of predictors come to.
  private func numbers(
    of predictors: [(predictor: Predictor, rows: ScoredRows)], in fold: CellFold,
    of cell: LabeledLogits
  ) throws -> [FoldScores.OfPredictor] {
    let labels =
      scoresClasses ? fold.rows.map { rows in rows.map { cell.labels[$0] } } ?? cell.labels : nil
    return try blocks.workers.map(predictors.count) { index in
      let (predictor, rows) = predictors[index]
      return FoldScores.OfPredictor(
        rows, of: predictor, calibratedBy: fold.calibrations(of: predictor), metrics: metrics,
        labels: labels)
    }
  }

  /// The image of each row of a fold, for soft labels; nil where all rows are scored.
  private func softImages(of fold: CellFold) -> [Int]? {
    guard let softLabels else { return nil }
    return fold.rows.map { rows in rows.map { $0 % softLabels.imageCount } }
  }

  /// The scores of a fold's rows against soft labels; nil where none are there, or needed.
  func softScores(
    of predictor: Predictor, in logits: LabeledLogits, _ fold: CellFold, images: [Int]?
  ) throws -> [SoftScore]? {
    guard let softLabels, metrics.contains(where: \.needsSoftLabels) else { return nil }
    return try softScores(
      of: predictor, in: logits, calibrations: fold.calibrations(of: predictor),
      against: softLabels, images: images)
  }

  /// The numbers of a fold whose confidences alone are calibrated.
  private func scores(
    of cell: LabeledLogits, confidencesBy fold: CellFold, _ uncalibrated: UncalibratedScores
  ) throws -> FoldScores {
    var predictors: [(Predictor, ScoredRows)] = []
    var scores: [Predictor: [RowScore]] = [:]
    for predictor in Predictor.predicting(memberCount: cell.memberCount) {
      guard let calibrations = fold.maps[predictor] else { continue }
      let all = try uncalibrated.scores(of: predictor)
      let rows = calibrations.calibratingConfidences(
        of: fold.rows.map { rows in rows.map { all[$0] } } ?? all)
      scores[predictor] = rows
      let scored = ScoredRows(
        rows, classCount: cell.classCount, isConfidenceOnly: true, binning: binning)
      predictors.append((predictor, scored))
    }
    let members = (0..<cell.memberCount).compactMap { scores[.member($0)] }
    var diversity = DiversityAccumulator(memberCount: members.count, classCount: cell.classCount)
    if let ensemble = scores[.ensemble], !members.isEmpty {
      diversity.add(
        members, ensemble: ensemble,
        distributions: DistributionDiversity(memberCount: members.count))
    }
    return FoldScores(
      predictors: try numbers(of: predictors, in: fold, of: cell), diversity: diversity.scores)
  }
}
