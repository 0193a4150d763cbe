import ArgumentParser
import Datasets
import Evaluation
import Formats
import Foundation
import Loading
import Runs
import Scoring
import Tensors
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains a network, or resumes a run that was stopped.",
    example: HelpExample(
      "the network of mixmo demo, on its digits",
      """
      mixmo train --data demo/data --save runs --config \\
        config/digits/exp_digits_wrn101-2_cutmixmo-p5_standard_bar1.yaml
      """),
    discussion: """
      After every epoch the run's folder holds everything needed to resume. At the end the best \
      epoch is evaluated on the clean test images. The processes of mixmo-mpi, started by mpirun or \
      srun, share each batch.

      The best epoch is that of the highest test accuracy, as in MixMo's code: being chosen on the \
      test images, its accuracy on them is optimistic. With --validation it is that of the highest \
      accuracy on training images that are kept for this choice, of each class in proportion, and \
      not trained on; evaluate --fitting validation fits calibrations on them.

      Example: train Cut-MixMo on CIFAR-100, in a folder below runs, and choose the epoch on 5,000 of \
      its 50,000 training images:

        mixmo train --data data --save runs --validation 5000 --config \\
          config/cifar100/exp_cifar100_wrn2810-2_cutmixmo-p5_standard_bar4.yaml
      """)

  @OptionGroup var inputs: RunOptions

  @Option(
    help: ArgumentHelp(
      "The folder in which run folders are created (default: for a run's own config.yaml, its folder).",
      valueName: "dir"))
  var save: String?

  @Flag(
    name: [.long, .customShort("f")], help: "Remove what an earlier run left and start over.")
  var fromScratch = false

  @Option(
    help: ArgumentHelp(
      "Keep this many training images for validation, and choose the best epoch on them (default: what "
        + "the configuration says, else none).", valueName: "count"))
  var validation: Int?

  @Option(
    help: ArgumentHelp(
      "Keep the latest of the checkpoints, and the best one (default: all).",
      discussion:
        "An epoch has a checkpoint where its test or validation accuracy is the highest so "
        + "far, and every 30th, as in MixMo's code.",
      valueName: "count"))
  var keep: Int?

  @Flag(
    help: ArgumentHelp(
      "Sum over batches without rounding: any number of processes trains to the same bytes.",
      discussion: "It takes longer. A run that began with it must be resumed with it."))
  var exactSums = false

  @OptionGroup var multiplication: PrecisionOptions
  @OptionGroup var common: CommonOptions
  @OptionGroup var job: JobOptions

  func validate() throws {
    if let keep, keep < 1 {
      throw ValidationError("--keep: expected a number of at least 1, found \(keep).")
    }
    let counts = 0...RunConfiguration.maximumValidationCount
    if let validation, !counts.contains(validation) {
      throw ValidationError(
        "--validation: expected a number from 0 to \(counts.upperBound), found \(validation).")
    }
    _ = try runFolder
  }

  private var runFolder: RunFolder {
    get throws {
      if let folder = RunOptions.runFolder(of: inputs.configURL, save: save) { return folder }
      throw ValidationError(
        "Give --save, the folder for the run's folder; a run's own config.yaml needs none.")
    }
  }

  func run() throws { try job.run(train) }

  private func train(among processes: any ProcessGroup) throws {
    var configuration = try inputs.configuration()
    if let validation { configuration.validationCount = validation > 0 ? validation : nil }
    let folder = try runFolder
    let kind = configuration.data.dataset
    let test = try kind.read(
      .test, in: inputs.dataURL, cache: inputs.cacheURL, workers: common.workers,
      showingOn: common.terminal)
    // Read now, so that an error does not show only after days of training.
    let suite = try SelectedSuite(SelectedSuite.standardURL(for: kind), names: [])
    let kernels = multiplication.kernels(common.terminal)
    let lock = try TrainingJob(
      configuration: configuration, folder: folder, data: inputs.dataURL,
      cache: inputs.cacheURL, test: test, startsOver: fromScratch, keptCount: keep,
      common: common, kernels: kernels, processes: processes, sumsExactly: exactSums
    ).run()
    guard processes.isFirst else { return }
    defer { lock?.release() }
    let best = try folder.bestEpoch()
    let checkpoint = folder.checkpoint(epoch: best.epoch)
    common.terminal.say("\(checkpoint.path): the best epoch, \(best.criterion.explanation)")
    guard try !folder.holdsTables(of: checkpoint) else {
      return common.terminal.say(
        "\(folder.url.path): has the tables of this epoch, which stay; mixmo score \(folder.url.path) "
          + "adds calibrations, mixmo evaluate corruptions")
    }
    do {
      let cube = try evaluate(
        best, of: configuration, in: folder, on: test, kernels: kernels, kinds: suite.suite.kinds)
      try common.terminal.show(endOf: cube, ofRun: folder.name, in: folder, hasTable: false)
    } catch RunsError.otherEvaluation(_, let field, _, _) {
      common.terminal.warn(
        "\(folder.url.path): holds an evaluation of another \(field), which stays; evaluate the "
          + "best epoch with --output and another folder")
    } catch FileError.inUse {
      common.terminal.warn(
        "\(folder.url.path): another process evaluates here; evaluate the best epoch after it")
    }
  }

  /// Evaluates the best epoch on the clean test images.
  private func evaluate(
    _ best: BestEpoch, of configuration: RunConfiguration, in folder: RunFolder,
    on test: any Dataset, kernels: Kernels, kinds: [CorruptionKind]
  ) throws -> ScoreCube {
    let images = ImageSource(
      dataset: test, origin: .named(configuration.data.dataset), data: inputs.dataURL)
    return try ModelEvaluation(
      model: ModelSource(
        configuration, checkpoint: folder.checkpoint(epoch: best.epoch), best: best, on: images,
        kernels: kernels, common),
      runName: folder.name, images: images, folder: folder,
      request: ScoringRequest(
        ScoringSettings(calibrations: [.none], seed: common.seed, kinds: kinds),
        open: Set(ScoringRequest.Part.allCases)),
      common: common
    ).run(startsOver: fromScratch)
  }
}

/// A training run that reports to the user.
struct TrainingJob {
  let configuration: RunConfiguration
  let folder: RunFolder
  let data: URL
  let cache: URL?
  let test: any Dataset
  let startsOver: Bool
  let keptCount: Int?
  let common: CommonOptions
  let kernels: Kernels
  var processes: any ProcessGroup = SoleProcess()
  var sumsExactly = false

  /// Trains to the end.
  ///
  /// - Returns: In the first process the folder's lock, which the evaluation needs as well.
  func run() throws -> FileLock? {
    let kind = configuration.data.dataset
    let workers = common.workers
    Interruption.listen()
    let train = try kind.read(
      .train, in: data, cache: cache, workers: workers, showingOn: common.terminal)
    let steps = StepProgress(
      common.terminal, whenInterrupted: "nothing was written; run the same command to start again")
    defer { steps.finish() }
    let run = try TrainingRun(
      configuration, folder: folder, train: train, test: test,
      seed: common.seed, startsOver: startsOver, keptCount: keptCount, workers: workers,
      processes: processes, sumsExactly: sumsExactly, kernels: kernels
    ) { try steps.show("read", $0, of: $1) }
    let epochCount = configuration.training.epochCount
    let bar = ProgressBar("train", total: run.imageCount, terminal: common.terminal)
    // A failure to write a result to standard output; it stops the run as an interruption does.
    var failure: (any Error)?
    var latest = run.records.last
    do {
      defer { bar.finish() }
      _ = try run.run(
        report: { event in
          if case .epoch(let record, _) = event { latest = record }
          do {
            try report(event, on: bar, epochCount: epochCount, latest)
          } catch { failure = error }
        },
        isInterrupted: { failure != nil || Interruption.isRequested })
      if let failure { throw failure }
      return run.lock
    } catch let error as TrainingError {
      guard case .interrupted = error else { throw error }
      if let failure { throw failure }
      let command = Interruption.sameCommand(startsOver: startsOver)
      common.terminal.say("\(folder.url.path): \(error); run \(command) to continue")
      // When one process ends, the launcher may end all: wait until this message is out.
      processes.wait()
      throw ExitCode(130)
    }
  }

  private func report(
    _ event: TrainingEvent, on bar: ProgressBar, epochCount: Int, _ latest: EpochRecord?
  ) throws {
    switch event {
    case .resumed(let epoch, let step):
      let within = step > 0 ? ", step \(step) of the next" : ""
      common.terminal.say(
        "\(folder.url.path): resuming after epoch \(epoch) of \(epochCount)\(within)")
    case .damaged(let error, let instead):
      common.terminal.warn("\(error); going back to \(instead.path)")
    case .step(let step):
      bar.update(
        step.imageCount,
        String(
          format: "epoch %d/%d  step %d/%d  loss %.3f  accuracy %.1f %%  learning rate %.4g",
          step.epoch,
          epochCount, step.step, step.stepCount, step.loss, 100 * step.accuracy,
          step.learningRate) + (latest?.choosingText ?? ""))
    case .epoch(let record, _):
      if common.json { try common.terminal.show(json: record) }
    }
  }
}

extension EpochRecord {
  /// The accuracy of the last epoch, for the line of the next one.
  fileprivate var choosingText: String {
    let name = validation == nil ? "test" : "validation"
    return String(format: "  \(name) %.2f %%", 100 * choosingAccuracy)
  }
}

extension BestEpoch.Criterion {
  /// What the best epoch is, and what that means for its numbers.
  var explanation: String {
    switch self {
    case .testAccuracy:
      "of the highest test accuracy, as in the reference (--validation chooses it on other images)"
    case .validationAccuracy: "of the highest accuracy on the validation images"
    }
  }
}
