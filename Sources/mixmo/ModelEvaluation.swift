import Corruptions
import Datasets
import Evaluation
import Foundation
import Loading
import Runs
import Scoring
import Tensors
import Training

/// Which corrupted images an evaluation scores.
enum CorruptionChoice {
  case none
  /// Those that a suite makes of the clean ones.
  case generated(SelectedSuite)
  /// Those in files, of the corruptions of these names.
  case files([String], isPartial: Bool)

  /// What stands for the choice in the record of a run.
  fileprivate var fingerprint: String? {
    get throws {
      switch self {
      case .none: nil
      case .generated(let suite): try suite.fingerprint
      case .files: RunRecord.Origin.filesSuite
      }
    }
  }
}

/// The evaluation of a model, one of our networks or somebody's program, as the user asked for it.
struct ModelEvaluation {
  let model: ModelSource
  let runName: String
  let images: ImageSource
  /// The training images that calibrations are fitted on, where they are.
  var validation: (any Dataset)?
  /// The images of no class that cells are told from.
  var outOfDistribution: [EvaluationPlan.OtherImages] = []
  let folder: RunFolder
  var corruptions = CorruptionChoice.none
  var severities = Array(1...5)
  var imageLimit: Int?
  var shard: Shard?
  let request: ScoringRequest
  let common: CommonOptions
  var processes: any ProcessGroup = SoleProcess()
  /// Whether a page is made of the tables after this.
  var isReporting = false

  /// Predicts what is missing, scores it and writes the tables, while it speaks to the user.
  ///
  /// - Parameter startsOver: Whether the command first removes what is there, so that repeating it
  ///   does not go on from an interruption.
  /// - Returns: The scores.
  /// - Throws: What reading the data and evaluating throw.
  func run(startsOver: Bool = false) throws -> ScoreCube {
    try evaluation(of: predictions()).run(
      speakingTo: common.terminal, startsOver: startsOver, isReporting: isReporting)
  }

  /// Predicts the cells of the shard, and returns how many it has.
  func predictShard() throws -> Int {
    let predictions = try predictions()
    try evaluation(of: predictions).predict(speakingTo: common.terminal)
    return predictions.plan.ownCells.count
  }

  /// Predicts what the first process asks for.
  func assist() throws { try predictions().assist() }

  private func evaluation(of predictions: ModelPredictions) -> EvaluationRun {
    Interruption.listen()
    return EvaluationRun(
      of: predictions, request: request, workers: common.workers,
      migrate: RunConfiguration.migrated)
  }

  private func predictions() throws -> ModelPredictions {
    let plan = EvaluationPlan(
      runName: runName, dataset: images.dataset, benchmark: try benchmark(),
      severities: severities, imageLimit: imageLimit,
      labeled: images.pictures?.labeled, shard: shard, validation: validation,
      outOfDistribution: outOfDistribution)
    return ModelPredictions(
      of: model, for: plan, in: folder, suite: try corruptions.fingerprint, seed: common.seed,
      version: Mixmo.version, workers: common.workers, processes: processes,
      notes: [images.pictures?.noteOnUnlabeled, noteOnCopies].compactMap(\.self))
  }

  /// That corrupted copies of pictures were made here.
  private var noteOnCopies: String? {
    guard case .files = corruptions, images.pictures != nil else { return nil }
    return images.data.flatMap(PictureFolder.note(onCopiesIn:))
  }

  /// The corrupted images to score, where there are any.
  private func benchmark() throws -> (any CorruptionBenchmark)? {
    switch corruptions {
    case .none: return nil
    case .generated(let suite):
      return try GeneratedBenchmark(suite.corruptions, of: images.dataset, seed: common.seed)
    case .files(let names, let isPartial):
      let benchmark = try images.benchmark(names: names, isPartial: isPartial)
      for note in benchmark.notes { common.terminal.say(note) }
      try warn(aboutMissing: names, in: benchmark)
      return benchmark
    }
  }

  private func warn(aboutMissing names: [String], in benchmark: any CorruptionBenchmark) throws {
    guard benchmark.cells.contains(where: { severities.contains($0.severity) }) else {
      throw DatasetError.noCorruptions(
        dataset: images.dataset.name, images.data ?? URL(fileURLWithPath: "."))
    }
    let found = Dictionary(grouping: benchmark.cells) { Cell.publishedName(of: $0.corruption) }
    let missing = names.flatMap { name -> [String] in
      guard let cells = found[name] else { return [name] }
      return severities.filter { !cells.map(\.severity).contains($0) }
        .map { "\(name) at severity \($0)" }
    }
    if !missing.isEmpty {
      common.terminal.warn("no files, left out: \(missing.joined(separator: ", "))")
    }
  }
}
