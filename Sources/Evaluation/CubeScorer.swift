import Runs
import Scoring

/// Scores the predictions of cells.
package struct CubeScorer: Sendable {
  package let settings: ScoringSettings
  private let scorer: Scorer
  private let threadCount: Int

  package init(_ settings: ScoringSettings, threadCount: Int) {
    self.settings = settings
    self.threadCount = threadCount
    var scorer = Scorer(
      threadCount: threadCount, metrics: Metric.all + settings.additions.addedMetrics,
      binning: settings.binning)
    scorer.softLabels = settings.softLabels
    scorer.scoresClasses = settings.additions.classes == true
    self.scorer = scorer
  }

  /// The numbers of `cells`, of which the first is clean, and their aggregates.
  ///
  /// - Parameters:
  ///   - cells: The clean cell, then corrupted ones of the same images in the same order.
  ///   - runName: The name of the run, which a baseline must not share.
  ///   - mainPredictor: The predictor of the first row; nil for that of subnetworks.
  ///   - unchanged: The names of corrupted cells whose images are the clean ones.
  ///   - outOfDistribution: Images of no class that each cell is told from.
  ///   - logits: Opens the predictions of a cell; mapped ones take no memory.
  ///   - report: Called with the number of cells done, after each cell and before each pooled set, and
  ///     while intervals are computed, which may take long: before each calibration.
  /// - Returns: The numbers, in the order of `cells`.
  /// - Throws: `ScoringError`, `EvaluationError.nothingToCalibrate`, or what `logits` or `report` throws.
  package func score(
    _ cells: [Cell], ofRun runName: String = "", startingWith mainPredictor: Predictor? = nil,
    unchanged: Set<String> = [], outOfDistribution: [OutOfDistributionSet] = [],
    logits: (Cell) throws -> LabeledLogits, report: (Int) throws -> Void
  ) throws -> ScoreCube {
    let clean = try logits(.clean)
    let idle = try idleCalibrations(on: clean)
    try checkAdditions(clean)
    let fitted = try fit(clean)
    let main = mainPredictor ?? Predictor.predicting(memberCount: clean.memberCount)[0]
    let bootstrap = try self.bootstrap(imageCount: clean.rowCount)
    var aggregation = CubeAggregation(
      cells, settings, runName: runName, classCount: clean.classCount, idle: idle)
    var signs = CubeSigns()
    var additions = try CellAdditions(
      settings, scorer, clean: clean, outOfDistribution, bootstrap, threadCount: threadCount)
    for (index, cell) in cells.enumerated() {
      let predictions = try logits(cell)
      signs.add(cell, predictions)
      let scores = try self.scores(of: predictions, fitted).map { $0.starting(with: main) }
      aggregation.append(
        CellResult(cell: cell, scores: scores),
        try resample(scores, of: predictions, images: nil, by: bootstrap) { try report(index) })
      let figures = try additions.add(cell, scores, of: predictions) { try report(index) }
      for (key, figure) in figures { aggregation.added.add(figure, key, of: cell) }
      try report(index + 1)
    }
    for set in aggregation.pooledSets {
      try report(cells.count)
      let (scores, spreads) = try scorePooled(
        set.cells, fitted, startingWith: main, bootstrap, logits: logits
      ) { try report(cells.count) }
      aggregation.setPooled(set, scores, spreads)
    }
    var cube = aggregation.cube
    let cleanSigns = CleanSigns(clean, try scorer.rowScores(of: main, in: clean))
    cube.addedMetrics = settings.additions.addedMetrics
    (cube.sets, cube.classes, cube.detections) = (
      additions.sets, additions.classes, additions.detections
    )
    cube.classNames = settings.additions.classNames
    cube.answers = cleanSigns.answers
    cube.doubts =
      try cleanSigns.doubts
      + signs.doubts(
        cube.cells.filter { !unchanged.contains($0.cell.name) }, logits: logits)
    return cube
  }

  /// The numbers of the rows of several cells together, and what their intervals are made from.
  private func scorePooled(
    _ cells: [Cell], _ fitted: FittedCalibrations?, startingWith main: Predictor,
    _ bootstrap: Bootstrap?, logits: (Cell) throws -> LabeledLogits, report: () throws -> Void
  ) throws -> ([CellScores], CubeAggregation.Spreads) {
    let all = try cells.map(logits)
    let pooled = try LabeledLogits(concatenating: all)
    let scores = try self.scores(of: pooled, fitted?.repeated(cells.count))
      .map { $0.starting(with: main) }
    let images = all.flatMap(\.labels.indices)
    return (scores, try resample(scores, of: pooled, images: images, by: bootstrap, report: report))
  }

  /// The calibrations that no predictor has a row under.
  ///
  /// - Throws: `EvaluationError.nothingToCalibrate` where these are all.
  private func idleCalibrations(on clean: LabeledLogits) throws -> [Calibration] {
    let idle = settings.calibrations.filter {
      !$0.hasRows(memberCount: clean.memberCount, classCount: clean.classCount)
    }
    guard idle.count < settings.calibrations.count else {
      throw EvaluationError.nothingToCalibrate(idle.map(\.name), classCount: clean.classCount)
    }
    return idle
  }

  /// Makes sure that what was given for the additions is of the classes and images that are scored.
  ///
  /// - Throws: `EvaluationError.otherClassNames`, or `ScoringError.softLabelsOfOtherRows`.
  private func checkAdditions(_ clean: LabeledLogits) throws {
    if let names = settings.additions.classNames, names.count != clean.classCount {
      throw EvaluationError.otherClassNames(expected: clean.classCount, found: names.count)
    }
    if let count = settings.softLabels?.imageCount, count != clean.rowCount {
      throw ScoringError.softLabelsOfOtherRows(expected: clean.rowCount, found: count)
    }
  }

  private func fit(_ clean: LabeledLogits) throws -> FittedCalibrations? {
    switch settings.fitting {
    case .cleanHalves(let halves): try scorer.fit(settings.calibrations, on: clean, halves: halves)
    case .mixmoHalves(let halves):
      try scorer.fit(settings.calibrations, on: clean, halves: halves, combination: .averaged)
    case .validationSet(let logits):
      try scorer.fit(settings.calibrations, onValidationSet: logits)
    case .validationImages: throw EvaluationError.noValidation
    case .crossValidation: nil
    }
  }

  private func scores(
    of logits: LabeledLogits, _ fitted: FittedCalibrations?
  ) throws -> [CellScores] {
    if let fitted { return try scorer.score(logits, with: fitted) }
    return try scorer.crossValidate(logits, under: settings.calibrations)
  }

  /// Draws of the images; nil where no intervals are wanted.
  private func bootstrap(imageCount: Int) throws -> Bootstrap? {
    guard settings.drawCount > 0 else { return nil }
    return try Bootstrap(
      imageCount: imageCount, drawCount: settings.drawCount, seed: settings.seed,
      threadCount: threadCount)
  }

  private func resample(
    _ scores: [CellScores], of logits: LabeledLogits, images: [Int]?, by bootstrap: Bootstrap?,
    report: () throws -> Void
  ) throws -> [Calibration: [Predictor: MetricSpreads]] {
    guard let bootstrap else { return [:] }
    return try scores.reduce(into: [:]) { all, scores in
      try report()
      all[scores.calibration] = try scorer.resample(
        scores, of: logits, images: images, by: bootstrap)
    }
  }
}

extension Calibration {
  /// Whether any predictor of `memberCount` members over `classCount` classes has a row under it.
  func hasRows(memberCount: Int, classCount: Int) -> Bool {
    classCount <= calibrator.largestClassCount
      && Predictor.predicting(memberCount: memberCount)
        .contains { applies(to: $0, memberCount: memberCount) }
  }
}
