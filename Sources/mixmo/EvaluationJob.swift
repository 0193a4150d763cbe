import ArgumentParser
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
      case .generated(let suite): try Digest(ofFiles: [suite.url]).description
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
  let calibrations: [Calibration]
  let imageLimit: Int?
  let common: CommonOptions

  func run() throws -> [CellResult] {
    let start = Date()
    let workers = common.workers
    let network = InferenceNetwork(
      try configuration.network(loading: checkpoint, workers: workers))
    let plan = EvaluationPlan(
      runName: runName, dataset: dataset, normalization: configuration.data.dataset.normalization,
      benchmark: try benchmark(), severities: severities, calibrations: calibrations,
      imageLimit: imageLimit)
    let files = try plan.fingerprints(workers: workers)
    files.notes.forEach(common.terminal.warn)
    var record = RunRecord(
      origin: try origin(of: plan, workers), cells: files.digests,
      configuration: try configuration.yaml, threads: workers.count)
    try record.claim(output)

    let evaluator = Evaluator(
      plan: plan, store: PredictionStore(folder: output.appendingPathComponent("predictions")),
      workers: workers)
    let results = try score(network, evaluator)
    try ResultFiles(runName: runName, datasetName: dataset.name, results: results)
      .write(to: output)
    record.durationSeconds = Date().timeIntervalSince(start)
    try record.write(to: output)
    warn(about: results)
    return results
  }

  private func score(_ network: InferenceNetwork, _ evaluator: Evaluator) throws -> [CellResult] {
    let bar = ProgressBar(
      "evaluate", total: evaluator.missingImageCount, terminal: common.terminal)
    defer { bar.finish() }
    Interruption.listen()
    return try evaluator.run(network) { progress in
      bar.update(progress.imageCount, progress.cell.name)
      if Interruption.isRequested {
        bar.finish()
        common.terminal.say("interrupted; the same command goes on from \(progress.cell.name)")
        throw ExitCode(130)
      }
    }
  }

  /// The corrupted images to score, where there are any.
  private func benchmark() throws -> (any CorruptionBenchmark)? {
    switch corruptions {
    case .none: return nil
    case .generated(let suite):
      return GeneratedBenchmark(suite.corruptions, of: dataset, seed: common.seed)
    case .files(let suite, let data, let isPartial):
      let names = suite.corruptions.map(\.name.rawValue)
      let benchmark = try configuration.data.dataset.benchmark(
        of: dataset, in: data, names: names, isPartial: isPartial)
      let found = benchmark.corruptions.map(\.name)
      let missing = names.filter { !found.contains($0) }
      if !missing.isEmpty {
        common.terminal.warn("no files, left out: \(missing.joined(separator: ", "))")
      }
      return benchmark
    }
  }

  private func origin(of plan: EvaluationPlan, _ workers: Workers) throws -> RunRecord.Origin {
    RunRecord.Origin(
      run: runName, dataset: dataset.name, images: plan.imageCount,
      checkpoint: try Digest(ofFiles: [checkpoint]).description,
      data: try plan.images.fingerprint(workers: workers), suite: try corruptions.fingerprint,
      seed: common.seed, version: Mixmo.version)
  }

  private func warn(about results: [CellResult]) {
    for scores in results.first?.scores ?? [] {
      for row in scores.predictors where row.isTemperatureAtBound {
        common.terminal.warn(
          "\(row.predictor.name): the temperature \(row.temperature ?? 0) is at its bound; "
            + "a half of the clean images was all right or all wrong")
      }
    }
  }
}

extension Terminal {
  /// The table that ends an evaluation.
  func show(summaryOf results: [CellResult]) throws {
    let table = SummaryTable(results)
    if isJSON { try show(json: table.rows) } else { try show(table.text) }
  }
}
