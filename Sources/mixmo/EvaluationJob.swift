import Corruptions
import Datasets
import Evaluation
import Formats
import Foundation
import Networks
import Scoring
import Tensors
import Training

/// Which corrupted images an evaluation scores.
enum CorruptionChoice {
  case none
  /// Those that a suite makes of the clean ones.
  case generated(SelectedSuite)
  /// Those in files below a data folder, of the corruptions that a suite names.
  case files(SelectedSuite, data: URL, isPartial: Bool)

  /// What stands for the choice in the record of a run.
  fileprivate var fingerprint: String? {
    get throws {
      switch self {
      case .none: nil
      case .generated(let suite): try suite.fingerprint
      case .files: "files"
      }
    }
  }
}

/// An evaluation that speaks to the user and writes every file of its results.
struct EvaluationJob {
  let configuration: RunConfiguration
  let runName: String
  let checkpoint: URL
  let dataset: any Dataset
  let output: URL
  let corruptions: CorruptionChoice
  let severities: [Int]
  let settings: ScoringSettings
  let imageLimit: Int?
  let common: CommonOptions
  /// Whether the command first removes what is there, so that it does not go on when it is repeated.
  var startsOver = false

  /// Predicts what is missing, scores it and writes the tables.
  func run(among processes: any ProcessGroup = SoleProcess()) throws -> ScoreCube {
    let start = Date()
    var (record, evaluator, lock) = try predictions(shard: nil, among: processes)
    defer { lock.release() }
    let plan = evaluator.plan
    let cube = try settings.score(
      evaluator.storedCells, rowCount: plan.imageCount, workers: common.workers,
      terminal: common.terminal, whenInterrupted: "\(sameCommand) scores what is predicted"
    ) { cell in
      try evaluator.store.logits(
        of: cell, labels: plan.labels, memberCount: configuration.memberCount,
        classCount: dataset.classCount)
    }
    try ResultFiles(runName: runName, datasetName: dataset.name, cube: cube).write(to: output)
    record.durationSeconds = Date().timeIntervalSince(start)
    try record.write(to: output)
    return cube
  }

  /// Predicts what is missing of a part of the cells, which `mixmo merge` makes a whole of.
  ///
  /// - Returns: How many cells the part has.
  func run(_ shard: Shard) throws -> Int {
    let start = Date()
    var (record, evaluator, lock) = try predictions(shard: shard, among: SoleProcess())
    defer { lock.release() }
    record.durationSeconds = Date().timeIntervalSince(start)
    try record.write(to: output)
    return evaluator.plan.ownCells.count
  }

  /// Predicts what the first process asks for.
  func assist(among processes: any ProcessGroup) throws {
    try evaluator(shard: nil).assist(network, among: processes)
  }

  private func evaluator(shard: Shard?) throws -> Evaluator {
    let plan = EvaluationPlan(
      runName: runName, dataset: dataset, normalization: configuration.data.dataset.normalization,
      benchmark: try benchmark(), severities: severities, imageLimit: imageLimit, shard: shard)
    return Evaluator(
      plan: plan, store: PredictionStore(folder: output.appendingPathComponent("predictions")),
      workers: common.workers)
  }

  private func network() throws -> InferenceNetwork {
    InferenceNetwork(try configuration.network(loading: checkpoint, workers: common.workers))
  }

  /// Predicts what is missing in the folder, which nobody else writes in while the lock is held.
  private func predictions(
    shard: Shard?, among processes: any ProcessGroup
  ) throws -> (RunRecord, Evaluator, FileLock) {
    let workers = common.workers
    let evaluator = try evaluator(shard: shard)
    let plan = evaluator.plan
    Interruption.listen()
    // Stored predictions are scored without the network; a checkpoint that is wrong leaves no folder.
    let network = evaluator.missingImageCount > 0 ? try network() : nil
    let files = try check(plan, workers)
    var record = RunRecord(
      origin: try origin(of: plan, workers), cells: files,
      configuration: try configuration.yaml, threads: workers.count)
    record.scoring = RunRecord.ScoringRecord(settings)
    record.sharding = shard.map { RunRecord.Sharding($0, cells: plan.cells, settings) }
    let lock = try record.claim(output, restate: RunConfiguration.restated)
    try predict(network, evaluator, among: processes)
    return (record, evaluator, lock)
  }

  private func predict(
    _ network: InferenceNetwork?, _ evaluator: Evaluator, among processes: any ProcessGroup
  ) throws {
    let bar = ProgressBar(
      "evaluate", total: evaluator.missingImageCount, terminal: common.terminal)
    defer { bar.finish() }
    try evaluator.predict(network, sharedAmong: processes) { progress in
      bar.update(progress.imageCount, progress.cell.name)
      try Interruption.check(
        common.terminal, bar, saying: "\(sameCommand) goes on from \(progress.cell.name)")
    }
  }

  private var sameCommand: String { Interruption.sameCommand(startsOver: startsOver) }

  /// The corrupted images to score, where there are any.
  private func benchmark() throws -> (any CorruptionBenchmark)? {
    switch corruptions {
    case .none: return nil
    case .generated(let suite):
      return try GeneratedBenchmark(suite.corruptions, of: dataset, seed: common.seed)
    case .files(let suite, let data, let isPartial):
      let names = suite.corruptions.map(\.name.rawValue)
      let benchmark = try configuration.data.dataset.benchmark(
        of: dataset, in: data, names: names, isPartial: isPartial)
      try warn(aboutMissing: names, in: benchmark, data)
      return benchmark
    }
  }

  private func warn(
    aboutMissing names: [String], in benchmark: any CorruptionBenchmark, _ data: URL
  ) throws {
    let found = Dictionary(
      uniqueKeysWithValues: benchmark.corruptions.map { ($0.name, Set($0.severities)) })
    guard found.values.contains(where: { !$0.isDisjoint(with: severities) }) else {
      throw DatasetError.noCorruptions(dataset: dataset.name, data)
    }
    let missing = names.flatMap { name -> [String] in
      guard let there = found[name] ?? found[Corruption.substituteLabel(name)] else {
        return [name]
      }
      return severities.filter { !there.contains($0) }.map { "\(name) at severity \($0)" }
    }
    if !missing.isEmpty {
      common.terminal.warn("no files, left out: \(missing.joined(separator: ", "))")
    }
  }

  /// Reads what is stored of the corrupted images: files that are wrong stop before the hours of
  /// work, and the fingerprints go into the record.
  private func check(_ plan: EvaluationPlan, _ workers: Workers) throws -> [String: String] {
    let imageCount = plan.imageCount
    let bar = ProgressBar(
      "check", total: plan.storedCells.count * imageCount, terminal: common.terminal)
    defer { bar.finish() }
    let (digests, notes) = try plan.fingerprints(workers: workers) { cellCount in
      bar.update(cellCount * imageCount)
      try Interruption.check(common.terminal, bar, saying: "nothing was written")
    }
    notes.forEach(common.terminal.warn)
    return digests
  }

  private func origin(of plan: EvaluationPlan, _ workers: Workers) throws -> RunRecord.Origin {
    RunRecord.Origin(
      run: runName, dataset: dataset.name, images: plan.imageCount,
      checkpoint: try Digest(ofFiles: [checkpoint]).description,
      data: try plan.images.fingerprint(workers: workers), suite: try corruptions.fingerprint,
      seed: common.seed, version: Mixmo.version)
  }
}
