import Formats
import Foundation
import Predictions
import Runs
import Scoring
import Tensors

/// Where the predictions of an evaluation come from: a model, files, or the shards of an evaluation.
package protocol PredictionSource {
  /// Where predictions and results go; nil where nothing is written.
  var folder: RunFolder? { get }

  /// Where predictions are, for messages.
  var place: String { get }

  /// Opens and checks what is needed to predict, and says what the predictions are a function of.
  ///
  /// Nothing is written yet: what is wrong here leaves no folder behind.
  func open(for settings: ScoringSettings, _ monitor: EvaluationMonitor) throws -> RunRecord

  /// Makes the predictions that are missing, and stores them where there is a folder.
  func predict(_ monitor: EvaluationMonitor) throws -> CellPredictions

  /// Puts into the record what is known once predictions are made.
  func complete(_ record: inout RunRecord) throws
}

extension PredictionSource {
  package var place: String { folder?.predictions.folder.path ?? "predictions" }

  package func complete(_: inout RunRecord) {}
}

/// The predictions of some cells.
package struct CellPredictions {
  /// The clean cell, then corrupted ones of the same images in the same order.
  package let cells: [Cell]
  /// The images of each cell.
  package let imageCount: Int
  /// Opens the predictions of the images that the model's run kept for validation; nil where there are
  /// none.
  package let validation: (() throws -> LabeledLogits)?
  /// Opens the predictions of a cell; mapped ones take no memory.
  package let logits: (Cell) throws -> LabeledLogits

  package init(
    cells: [Cell], imageCount: Int, validation: (() throws -> LabeledLogits)? = nil,
    logits: @escaping (Cell) throws -> LabeledLogits
  ) {
    self.cells = cells
    self.imageCount = imageCount
    self.validation = validation
    self.logits = logits
  }
}

/// An evaluation from its images to its tables.
package struct EvaluationRun {
  private let source: any PredictionSource
  private let request: ScoringRequest
  private let workers: Workers
  private let migrate: (String) -> String
  /// Anybody's predictions of images of no class, which go into the folder.
  package var outOfDistribution: [GivenOutOfDistribution] = []
  /// The command that evaluates, for the record of the run.
  package var step: RunRecord.Step?
  /// The threads that score.
  package var threadCount: Int { workers.count }

  /// - Parameters:
  ///   - source: Where predictions come from.
  ///   - request: How predictions become numbers; what the folder has is added to.
  ///   - workers: The threads that score.
  ///   - migrate: Turns a configuration that another version wrote into the text that this one writes.
  package init(
    of source: any PredictionSource, request: ScoringRequest, workers: Workers,
    migrate: @escaping (String) -> String = { $0 }
  ) {
    self.source = source
    self.request = request
    self.workers = workers
    self.migrate = migrate
  }

  /// Where predictions and tables go; nil where nothing is written.
  package var folder: RunFolder? { source.folder }

  /// Predicts what is missing, scores it and writes the tables.
  ///
  /// - Parameters:
  ///   - report: Told of each batch, cell and note.
  ///   - isInterrupted: Asked after each batch and cell whether to stop.
  /// - Returns: The scores.
  /// - Throws: `EvaluationError.interrupted`; `RunsError.otherEvaluation` where the folder holds
  ///   another evaluation; what opening the source, predicting, scoring or writing throws. Cells
  ///   that are predicted are kept, and the same run continues from there.
  package func run(
    report: @escaping (EvaluationEvent) throws -> Void,
    isInterrupted: @escaping () -> Bool = { false }
  ) throws -> ScoreCube {
    let start = Date()
    let monitor = EvaluationMonitor(report: report, isInterrupted: isInterrupted)
    return try predicting(monitor) { predictions, record, settings in
      let origin = record.origin
      var record = record
      let clean = try predictions.logits(.clean)
      record.scoring = settings.record(
        memberCount: clean.memberCount, classCount: clean.classCount)
      let cube = try score(predictions, of: record, settings, monitor)
      record.doubts = cube.doubts.isEmpty ? nil : cube.doubts
      if let folder = source.folder {
        try ResultTables(
          runName: origin.run, datasetName: origin.dataset, fitting: settings.fitting.name,
          cube: cube
        ).write(to: folder)
        try CalibrationFile(cube, of: record).write(to: folder)
        var record = record
        record.scoring?.protocols = cube.protocolNames
        record.scoring?.searches = cube.searches(fitting: settings.fitting.name)
        try record.finish(in: folder, since: start)
      }
      return cube
    }
  }

  /// Predicts what is missing, without scoring it: the work of a shard.
  ///
  /// - Throws: as `run(report:isInterrupted:)`.
  package func predict(
    report: @escaping (EvaluationEvent) throws -> Void,
    isInterrupted: @escaping () -> Bool = { false }
  ) throws {
    let start = Date()
    let monitor = EvaluationMonitor(report: report, isInterrupted: isInterrupted)
    try predicting(monitor) { _, record, _ in
      if let folder = source.folder { try record.finish(in: folder, since: start) }
    }
  }

  /// Opens the source, claims the folder and stores the predictions; nobody else writes in the
  /// folder until `body` has returned.
  private func predicting<Result>(
    _ monitor: EvaluationMonitor,
    _ body: (CellPredictions, RunRecord, ScoringSettings) throws -> Result
  ) throws -> Result {
    var record = try source.open(for: request.settings, monitor)
    for set in outOfDistribution {
      record.outOfDistribution = (record.outOfDistribution ?? [:])
        .merging([set.name: try set.record]) { $1 }
      for note in set.notes { try monitor.report(.note(note)) }
    }
    record.threads = workers.count
    if let step { record.begin(step) }
    let lock = try source.folder.map {
      try record.claim($0, threadCount: workers.count, migrate: migrate) { done, total in
        try monitor.report(.hashed(byteCount: done, of: total))
      }
    }
    defer { lock?.release() }
    let earlier = try source.folder.flatMap(EarlierTables.init)
    let (settings, notes) = try request.settings(continuing: earlier)
    record.scoring = settings.record()
    let remarks = record.notesOfOtherTables(than: earlier?.record) + record.notesOfUnprovenFiles
    for note in notes + remarks { try monitor.report(.note(note)) }
    let predictions = try source.predict(monitor)
    try source.folder?.predictions.store(settings.softLabels)
    try source.complete(&record)
    if let folder = source.folder { for set in outOfDistribution { try set.store(in: folder) } }
    guard let earlier, !request.isOnly else { return try body(predictions, record, settings) }
    return try body(earlier.adding(predictions, kinds: settings.kinds), record, settings)
  }

  private func score(
    _ predictions: CellPredictions, of record: RunRecord, _ settings: ScoringSettings,
    _ monitor: EvaluationMonitor
  ) throws -> ScoreCube {
    let count = predictions.imageCount
    var settings = settings
    if case .validationImages = settings.fitting {
      guard let validation = predictions.validation else { throw EvaluationError.noValidation }
      settings.fitting = .validationSet(try validation())
    }
    let scorer = CubeScorer(settings, threadCount: workers.count)
    let others = try outOfDistributionSets(settings, beside: predictions.logits(.clean))
    var cube = try PredictionFileError.naming(source.place) {
      try scorer.score(
        predictions.cells, ofRun: record.origin.run,
        startingWith: record.members?.mainPredictor,
        unchanged: Set(record.unchanged ?? []), outOfDistribution: others,
        logits: predictions.logits
      ) { cellCount in
        try monitor.report(
          .scored(imageCount: cellCount * count, of: predictions.cells.count * count))
      }
    }
    let notesOfSets = cube.sets.noteOfWholeSets.map { [$0] } ?? []
    let reference = cube.noteOnReference(
      imageCount: count, isGenerated: record.isOfGeneratedImages)
    for note in cube.notes + cube.notesOfInfiniteLosses + cube.notesOfBounds + notesOfSets
      + [reference].compactMap(\.self)
    {
      try monitor.report(.note(note))
    }
    cube.doubts = record.doubts(after: cube.doubts)
    try monitor.say(cube.doubts)
    return cube
  }

  /// The images of no class that are asked for, from the folder where there is one.
  private func outOfDistributionSets(
    _ settings: ScoringSettings, beside clean: LabeledLogits
  ) throws -> [OutOfDistributionSet] {
    guard let folder = source.folder else {
      return try outOfDistribution.map {
        OutOfDistributionSet(name: $0.name, logits: try $0.logits)
      }
    }
    return try folder.predictions.outOfDistributionSets(
      settings.additions.outOfDistribution ?? [], memberCount: clean.memberCount,
      classCount: clean.classCount)
  }
}

extension RunRecord {
  /// All doubts about a run whose scores leave those that are `found`.
  ///
  /// What the numbers in anybody's files are is asked when these are read, where an option can have said it.
  fileprivate func doubts(after found: [Doubt]) -> [Doubt] {
    guard isOfAnybodysPredictions else { return found }
    return (doubts ?? []).filter(\.isOfNumbers) + found.filter { !$0.isOfNumbers }
  }

  /// That an older version made predictions, so that nothing proves that they are the run's.
  fileprivate var notesOfUnprovenFiles: [String] {
    guard let unproven else { return [] }
    return [
      "predictions of an older version, which recorded no SHA-256, are taken as they are: "
        + unproven.listed(limit: 3)
    ]
  }

  /// That the tables of an earlier evaluation had other bins, other members, or were of other rows.
  fileprivate func notesOfOtherTables(than earlier: RunRecord?) -> [String] {
    guard let earlier, earlier.scoring != nil, scoring != nil else { return [] }
    var notes: [String] = []
    if earlier.binning != binning {
      notes.append(
        "the calibration errors of this folder were of \(earlier.binning); its tables are written "
          + "again with \(binning)")
    }
    if earlier.figures != figures {
      notes.append(
        "the numbers of this folder were \(earlier.figures.rawValue); its tables are written again "
          + "with \(figures.rawValue)")
    }
    if let sets = earlier.additions.alphas, sets != additions.alphas {
      notes.append(
        "the prediction sets of this folder were of α \(earlier.additions.setsText); its tables are "
          + "written again with \(additions.setsText)")
    }
    if let labels = earlier.additions.softLabels, let others = additions.softLabels,
      labels.digest != others.digest
    {
      notes.append(
        "the soft labels of this folder were others (\(labels.file.oneLine)); its tables are written "
          + "again with \(others.file.oneLine)")
    }
    if let names = additions.classNames, earlier.additions.classNames ?? names != names {
      notes.append("the names of the classes of this folder were others")
    }
    if let before = earlier.members, let members, before != members {
      notes.append(
        "the members of this folder were \(before.sentence); its tables are written again with "
          + members.sentence)
    }
    return notes
  }
}

/// What an evaluation reports while it runs.
package enum EvaluationEvent: Sendable {
  /// So many bytes of the folder's predictions were compared with its record.
  case hashed(byteCount: Int, of: Int)
  /// So many of the images were read that are evaluated, or told from them, to identify them.
  case read(imageCount: Int, of: Int)
  /// So many corrupted images, read from files, were checked.
  case checked(imageCount: Int, of: Int)
  /// So many images were predicted, the latest of them in this cell.
  case predicted(Cell, imageCount: Int, of: Int)
  /// So many predictions that were given were stored.
  case stored(imageCount: Int, of: Int)
  /// So many images were scored.
  case scored(imageCount: Int, of: Int)
  /// What a user should know.
  case note(String)
}

/// Reports the progress of an evaluation, and stops it where that is asked for.
package struct EvaluationMonitor {
  private let receive: (EvaluationEvent) throws -> Void
  private let isInterrupted: () -> Bool
  private let said = SaidNotes()

  package init(
    report: @escaping (EvaluationEvent) throws -> Void,
    isInterrupted: @escaping () -> Bool = { false }
  ) {
    receive = report
    self.isInterrupted = isInterrupted
  }

  /// Says each doubt that has not been said in this run.
  func say(_ doubts: [RunRecord.Doubt]) throws {
    for doubt in doubts where !said.notes.contains(doubt.sentence) {
      try report(.note(doubt.sentence))
    }
  }

  func report(_ event: EvaluationEvent) throws {
    try receive(event)
    if case .note(let note) = event { said.notes.insert(note) }
    guard isInterrupted() else { return }
    switch event {
    case .hashed, .read, .checked: throw EvaluationError.interrupted(.checking)
    case .predicted(let cell, _, _): throw EvaluationError.interrupted(.predicting(cell))
    case .stored, .scored: throw EvaluationError.interrupted(.scoring)
    case .note: break
    }
  }
}

/// The notes that an evaluation has reported.
private final class SaidNotes {
  var notes: Set<String> = []
}

extension ScoreCube {
  /// How many labels have the probability 0, by cell and predictor.
  ///
  /// Calibrations leave 0 what it is, so the first that leaves a distribution speaks for all.
  fileprivate var notesOfInfiniteLosses: [String] {
    cells.compactMap { result in
      let rows =
        result.scores.first { $0.predictors.contains { $0.infiniteLossCount > 0 } }?
        .predictors.filter { $0.infiniteLossCount > 0 && $0.predictor != .membersMean } ?? []
      guard !rows.isEmpty else { return nil }
      let counts = rows.map {
        "\($0.infiniteLossCount) of \($0.sampleCount) (\($0.predictor.name))"
      }
      return "\(result.cell.name): the label has the probability 0 in \(counts.listed()) rows; "
        + "their loss is infinite, and nll is left empty"
    }
  }

  /// The temperatures of clean images that are at a bound of the search.
  fileprivate var notesOfBounds: [String] {
    (cells.first?.scores ?? []).flatMap { scores in
      scores.predictors.filter(\.isTemperatureAtBound).map { row in
        "\(row.predictor.name), \(scores.calibration.name): the temperature "
          + "\(row.temperature ?? 0) is that of a bound, or a mean with it; "
          + TemperatureBound.reasons(row.temperatureBounds, of: "the rows that it was fitted on")
      }
    }
  }
}
