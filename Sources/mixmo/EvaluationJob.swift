import ArgumentParser
import Corruptions
import Datasets
import Evaluation
import Formats
import Foundation
import Networks
import Scoring
import Training

/// An evaluation that speaks to the user and writes every file of its results.
struct EvaluationJob {
  let configuration: RunConfiguration
  let runName: String
  let checkpoint: URL
  let dataset: any Dataset
  let output: URL
  let suite: SelectedSuite?
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
      corruptions: suite?.corruptions ?? [], severities: severities, calibrations: calibrations,
      seed: common.seed, imageLimit: imageLimit)
    var record = RunRecord(
      origin: try origin(of: plan), configuration: try configuration.yaml,
      threads: workers.count)
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

  private func origin(of plan: EvaluationPlan) throws -> RunRecord.Origin {
    RunRecord.Origin(
      run: runName, dataset: dataset.name, images: plan.imageCount,
      checkpoint: try Digest(ofFiles: [checkpoint]).description,
      data: try dataset.fingerprint(count: plan.imageCount),
      suite: try suite.map { try Digest(ofFiles: [$0.url]).description }, seed: common.seed,
      version: Mixmo.version)
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
