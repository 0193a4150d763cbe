import ArgumentParser
import Datasets
import Foundation
import Tensors
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains a network, or goes on with a run that was stopped.",
    discussion: """
      Example: train Cut-MixMo on CIFAR-100 in runs/exp_cifar100_wrn2810-2_cutmixmo-p5_standard_bar4:

        mixmo train --config config/cifar100/exp_cifar100_wrn2810-2_cutmixmo-p5_standard_bar4.yaml \\
          --data data --save runs
      """)

  @OptionGroup var inputs: RunOptions

  @Option(
    name: [.long, .customLong("saveplace"), .customLong("sp", withSingleDash: true)],
    help: ArgumentHelp("The folder that run folders are made in.", valueName: "dir"))
  var save: String

  @Flag(
    name: [.long, .customLong("from_scratch"), .customShort("f")],
    help: "Remove what an earlier run left and start over.")
  var fromScratch = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    let configuration = try RunConfiguration(contentsOf: inputs.configURL)
    let folder = RunFolder(
      save: URL(fileURLWithPath: save), configurationFile: inputs.configURL)
    let records = try TrainingJob(
      configuration: configuration, folder: folder, data: inputs.dataURL,
      cache: inputs.cacheURL, startsOver: fromScratch, common: common
    ).run()
    if let last = records.last, !common.json {
      try common.terminal.show(
        String(
          format: "%@: epoch %d, test accuracy %.2f %%\n", folder.url.path, last.epoch,
          100 * last.testAccuracy))
    }
  }
}

/// A training that speaks to the user.
struct TrainingJob {
  let configuration: RunConfiguration
  let folder: RunFolder
  let data: URL
  let cache: URL?
  let startsOver: Bool
  let common: CommonOptions

  func run() throws -> [EpochRecord] {
    let kind = configuration.data.dataset
    let workers = common.workers
    let train = try kind.read(.train, in: data, cache: cache, workers: workers)
    let run = try TrainingRun(
      configuration, folder: folder, train: train,
      test: kind.read(.test, in: data, cache: cache, workers: workers),
      dataFingerprint: train.fingerprint(workers: workers), seed: common.seed,
      startsOver: startsOver, workers: workers)
    Interruption.listen()
    let epochCount = configuration.training.epochCount
    let bar = ProgressBar("train", total: run.imageCount, terminal: common.terminal)
    do {
      defer { bar.finish() }
      return try run.run(
        report: { report($0, on: bar, epochCount: epochCount) },
        isInterrupted: { Interruption.isRequested })
    } catch let error as TrainingError {
      guard case .interrupted = error else { throw error }
      common.terminal.say("\(error)")
      throw ExitCode(130)
    }
  }

  private func report(_ event: TrainingRun.Event, on bar: ProgressBar, epochCount: Int) {
    switch event {
    case .resumed(let epoch):
      common.terminal.say("\(folder.url.path): going on after epoch \(epoch) of \(epochCount)")
    case .step(let step):
      bar.update(
        step.imageCount,
        String(
          format: "epoch %d/%d  loss %.3f  rate %.4g", step.epoch, epochCount, step.loss,
          step.learningRate))
    case .epoch(let record):
      if common.json { try? common.terminal.show(json: record) }
    }
  }
}
