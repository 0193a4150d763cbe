import Corruptions
import Datasets
import Evaluation
import Formats
import Foundation
import Networks
import Runs
import Scoring
import Tensors
import Training

/// One of our networks as the model of an evaluation.
private struct NetworkModel: Model {
  let network: InferenceNetwork

  var memberCount: Int { network.memberCount }
  var classCount: Int { network.classCount }

  func logits(of batch: Batch) -> Tensor { network.logits(batch.images) }
}

/// Which corrupted images an evaluation scores.
enum CorruptionChoice {
  case none
  /// Those that a suite makes of the clean ones.
  case generated(SelectedSuite)
  /// Those in files below a data folder, of the corruptions of these names.
  case files([String], data: URL, isPartial: Bool)

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

/// The evaluation of one of our networks, as the user asked for it.
struct NetworkEvaluation {
  let configuration: RunConfiguration
  let runName: String
  let checkpoint: URL
  /// The name of the weights in the checkpoint, if there is a choice.
  var weights: String?
  /// How the checkpoint was chosen among the epochs of its run, where it was.
  var best: BestEpoch?
  let dataset: any Dataset
  /// The folder of the data sets.
  var data: URL
  /// The training images that calibrations are fitted on, where they are.
  var validation: (any Dataset)?
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
      runName: runName, dataset: dataset, normalization: configuration.data.dataset.normalization,
      benchmark: try benchmark(), severities: severities, imageLimit: imageLimit, shard: shard,
      validation: validation)
    return ModelPredictions(
      of: try model, for: plan, in: folder, suite: try corruptions.fingerprint, seed: common.seed,
      version: Mixmo.version, workers: common.workers, processes: processes)
  }

  private var model: ModelSource {
    get throws {
      var source = ModelSource(
        memberCount: configuration.memberCount, classCount: dataset.classCount,
        configuration: try configuration.yaml,
        fingerprint: {
          RunRecord.fingerprint(
            ofFile: try Digest(ofFiles: [checkpoint]).description, weights: weights)
        },
        open: openModel)
      source.inputs = RunRecord.Inputs(
        checkpoint: [checkpoint.relativePath], weights: weights, data: [data.relativePath])
      source.best = best
      return source
    }
  }

  /// The network with its weights; what stands beside them is said.
  private func openModel() throws -> any Model {
    let (network, found) = try configuration.network(
      loading: checkpoint, named: weights, workers: common.workers)
    if let omissions = found.omissions { common.terminal.warn("\(checkpoint.path): \(omissions)") }
    return NetworkModel(network: InferenceNetwork(network))
  }

  /// The corrupted images to score, where there are any.
  private func benchmark() throws -> (any CorruptionBenchmark)? {
    switch corruptions {
    case .none: return nil
    case .generated(let suite):
      return try GeneratedBenchmark(suite.corruptions, of: dataset, seed: common.seed)
    case .files(let names, let data, let isPartial):
      let benchmark = try configuration.data.dataset.benchmark(
        of: dataset, in: data, names: names, isPartial: isPartial)
      for note in benchmark.notes { common.terminal.say(note) }
      try warn(aboutMissing: names, in: benchmark, data)
      return benchmark
    }
  }

  private func warn(
    aboutMissing names: [String], in benchmark: any CorruptionBenchmark, _ data: URL
  ) throws {
    guard benchmark.cells.contains(where: { severities.contains($0.severity) }) else {
      throw DatasetError.noCorruptions(dataset: dataset.name, data)
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
