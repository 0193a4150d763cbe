import Datasets
import Loading
import Predictions
import Runs
import Scoring
import Tensors

/// The predictions of a model for the cells of a plan.
package final class ModelPredictions: PredictionSource {
  package let plan: EvaluationPlan
  private let model: ModelSource
  private let suite: String?
  private let seed: UInt64
  private let version: String
  private let workers: Workers
  private let processes: any ProcessGroup
  /// What a user should know of the images.
  private let notes: [String]
  package let folder: RunFolder?
  private let store: PredictionStore
  private var opened: (any Model)?
  /// Whether the opened model has begun to answer.
  private var hasAnswered = false

  /// - Parameters:
  ///   - model: What predicts.
  ///   - plan: What is predicted.
  ///   - folder: Where results go; predictions that it has are not made again.
  ///   - suite: SHA-256 of the table of corruptions that images are made by, `files` where corrupted
  ///     images are read, nil where there are none.
  ///   - seed: The seed of the corruptions.
  ///   - version: The version of this program.
  ///   - workers: The threads to compute on; as many prepare images meanwhile.
  ///   - processes: Those of the job, each with the same arguments.
  ///   - notes: What a user should know of the images.
  package init(
    of model: ModelSource, for plan: EvaluationPlan, in folder: RunFolder, suite: String?,
    seed: UInt64, version: String, workers: Workers,
    processes: any ProcessGroup = SoleProcess(), notes: [String] = []
  ) {
    self.plan = plan
    self.model = model
    self.folder = folder
    store = folder.predictions
    self.suite = suite
    self.seed = seed
    self.version = version
    self.workers = workers
    self.processes = processes
    self.notes = notes
  }

  private var prediction: CellPrediction { CellPrediction(plan: plan, store: store) }

  /// The predictions of the images that calibrations are fitted on, and of images of no class.
  private var otherPredictions: [CellPrediction] {
    let validation = plan.validationPlan.map { CellPrediction(plan: $0, store: store.validation) }
    return [validation].compactMap { $0 }
      + plan.outOfDistributionPlans.map { name, plan in
        CellPrediction(plan: plan, store: store.outOfDistribution(name))
      }
  }

  /// The images to predict before those of the cells.
  private var missingOtherCount: Int {
    otherPredictions.reduce(0) { $0 + $1.missingImageCount }
  }

  package func open(
    for settings: ScoringSettings, _ monitor: EvaluationMonitor
  ) throws -> RunRecord {
    for note in model.notes + notes { try monitor.report(.note(note)) }
    // Stored predictions are scored without the model.
    if prediction.missingImageCount + missingOtherCount > 0 { opened = try model.open() }
    let digests = try checkFiles(monitor)
    var record = RunRecord(
      origin: RunRecord.Origin(
        run: plan.runName, dataset: plan.images.name, images: plan.imageCount,
        checkpoint: try model.fingerprint(), data: try fingerprint(of: plan.images, monitor),
        suite: suite, seed: seed, version: version),
      cells: digests, configuration: model.configuration)
    let unchanged = try plan.unchangedCells(workers: workers).map(\.name)
    record.unchanged = unchanged.isEmpty ? nil : unchanged.sorted()
    try checkModel(of: record)
    record.members = model.members
    record.notes = notes.isEmpty ? nil : notes
    record.scoring = settings.record()
    record.inputs = model.inputs
    record.program = model.program
    record.best = model.best
    if model.productPrecision != .highest {
      record.productPrecision = model.productPrecision.rawValue
    }
    record.validation = try plan.validation.map {
      RunRecord.Validation(images: $0.count, data: try fingerprint(of: $0, monitor))
    }
    record.add(
      outOfDistribution: try plan.outOfDistribution.reduce(into: [:]) { sets, other in
        sets[other.name] = RunRecord.OtherImages(
          images: other.images.count,
          data: try other.images.pixelFingerprint(workers: workers) { done, total in
            try monitor.report(.read(imageCount: done, of: total))
          }, source: other.source)
      })
    record.sharding = plan.shard.map { settings.sharding($0, plan: plan.cells) }
    return record
  }

  /// What identifies images, all of which are read.
  private func fingerprint(of images: any Dataset, _ monitor: EvaluationMonitor) throws -> String {
    try images.fingerprint(workers: workers) { done, total in
      try monitor.report(.read(imageCount: done, of: total))
    }
  }

  /// Opens the model where the folder's predictions are those of another: a damaged file would be called
  /// another one.
  private func checkModel(of record: RunRecord) throws {
    guard opened == nil, let folder, let stored = try RunRecord.find(in: folder),
      stored.origin.checkpoint != record.origin.checkpoint
    else { return }
    opened = try model.open()
  }

  /// Reads what is stored of the corrupted images: files that are wrong stop before the hours of
  /// work, and the fingerprints go into the record.
  private func checkFiles(_ monitor: EvaluationMonitor) throws -> [String: String] {
    let count = plan.imageCount
    let (digests, notes) = try plan.fingerprints(workers: workers) { done in
      try monitor.report(.checked(imageCount: done, of: plan.cellsReadFromFiles.count * count))
    }
    for note in notes { try monitor.report(.note(note)) }
    return digests
  }

  package func predict(_ monitor: EvaluationMonitor) throws -> CellPredictions {
    let others = otherPredictions
    let (first, total) = (missingOtherCount, prediction.missingImageCount)
    var done = 0
    for other in others {
      let missing = other.missingImageCount
      try other.predict(model(for: other), sharedAmong: processes) { progress in
        try monitor.report(
          .predicted(progress.cell, imageCount: done + progress.imageCount, of: first + total))
      }
      done += missing
      // Nobody may ask for shares of the next images while others are at these.
      processes.wait()
    }
    try prediction.predict(model(for: prediction), sharedAmong: processes) { progress in
      try monitor.report(
        .predicted(progress.cell, imageCount: first + progress.imageCount, of: first + total))
    } finish: { cell in
      if cell.isClean { try checkPlausibility(monitor) }
    }
    return try predictions()
  }

  /// The model for what is missing, opened again where it ended with its answers; nil where nothing is.
  private func model(for prediction: CellPrediction) throws -> (any Model)? {
    guard prediction.missingImageCount > 0 else { return nil }
    if hasAnswered, opened?.endsWithAnswers ?? false { opened = try model.open() }
    hasAnswered = true
    return opened
  }

  /// Says what is implausible in the predictions of the clean images, before hours go into the others.
  private func checkPlausibility(_ monitor: EvaluationMonitor) throws {
    let clean = try predictions().logits(.clean)
    let isEnsemble = clean.memberCount > 1
    if isEnsemble, let note = model.noteOnMembers { try monitor.report(.note(note)) }
    try monitor.say(
      Plausibility.doubts(
        ofClean: clean, main: isEnsemble ? model.members.mainPredictor : .network,
        threadCount: workers.count))
  }

  /// Puts what only predictions tell of a model into the record: how many members it has, and the numbers
  /// that it answers in.
  package func complete(_ record: inout RunRecord) throws {
    guard let cell = plan.ownCells.first(where: store.contains) else { return }
    let first = try store.predictions(of: cell)
    if first.memberCount == 1 { record.members = nil }
    record.precision = first.isFloat32Logits ? first.elementType.rawValue : first.precision
  }

  /// The stored predictions.
  private func predictions() throws -> CellPredictions {
    let memberCount =
      try model.memberCount
      ?? (store.contains(.clean) ? store.predictions(of: .clean).memberCount : nil)
    let classCount = model.classCount
    func logits(_ cell: Cell, _ labels: [Int], in store: PredictionStore) throws -> LabeledLogits {
      try store.logits(
        of: cell, labels: labels, memberCount: memberCount, classCount: classCount)
    }
    let (store, labels, validation) = (store, plan.labels, plan.validation)
    return CellPredictions(
      cells: plan.cells, imageCount: plan.imageCount,
      validation: validation.map { images in
        { try logits(.clean, images.labels, in: store.validation) }
      },
      logits: { try logits($0, labels, in: store) })
  }

  /// Predicts what the first process asks for: the part of the other processes of a job.
  ///
  /// - Throws: what opening the model or reading images throws.
  package func assist() throws {
    func open() throws -> any Model {
      let kept = opened.flatMap { $0.endsWithAnswers ? nil : $0 }
      let model = try kept ?? model.open()
      opened = model
      return model
    }
    for other in otherPredictions {
      try other.assist(open, among: processes)
      processes.wait()
    }
    try prediction.assist(open, among: processes)
  }
}
