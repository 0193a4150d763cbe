import ArgumentParser
import Corruptions
import Datasets
import Evaluation
import Formats
import Foundation
import Runs
import Scoring
import Tensors
import Training

struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Scores a checkpoint on clean and corrupted test images.",
    discussion: """
      The processes of mixmo-mpi, started by mpirun or srun, share the images.

      Example: score the best checkpoint of a run on CIFAR-100 and on CIFAR-100-C, as it is and \
      with temperature scaling (without the files of CIFAR-100-C, add --generate):

        mixmo evaluate --data data --save runs --checkpoint best \\
          --corruptions --temperature-scaling --config \\
          config/cifar100/exp_cifar100_wrn2810-2_cutmixmo-p5_standard_bar4.yaml
      """)

  @OptionGroup var inputs: RunOptions

  @Option(
    help: ArgumentHelp(
      "A checkpoint file, the number of an epoch, or best.", valueName: "path|epoch|best"))
  var checkpoint: String

  @OptionGroup var chosen: WeightsOptions

  @Option(help: ArgumentHelp("The folder that holds the run's folder.", valueName: "dir"))
  var save: String?

  @Option(
    help: ArgumentHelp("Where results go (default: the run's folder).", valueName: "dir"))
  var output: String?

  @OptionGroup var scoring: ScoringOptions

  @Flag(help: "Score under every corruption, in the files of CIFAR-C or Tiny-ImageNet-C.")
  var corruptions = false

  @OptionGroup var suite: SuiteOptions

  @Flag(help: "Corrupt the clean test images on the fly, instead of reading files.")
  var generate = false

  @OptionGroup var images: ImageLimit

  @Option(
    help: ArgumentHelp(
      "Predict a part of the cells, to be put together by mixmo merge.", valueName: "i/n"))
  var shard: String?

  @Flag(help: "Make a page of the results, as mixmo report does.")
  var report = false

  @OptionGroup var ending: EndingOptions
  @OptionGroup var common: CommonOptions
  @OptionGroup var job: JobOptions

  func validate() throws {
    if save == nil && (checkpoint == "best" || Int(checkpoint) != nil) {
      throw ValidationError("--checkpoint \(checkpoint) needs --save, for the run's folder.")
    }
    _ = try outputURL(nil)
    if isClean && (suite.suite != nil || !suite.severity.isEmpty || generate) {
      throw ValidationError(
        "--suite, --severity and --generate need --corruptions or --corruption.")
    }
    try suite.checkNames(
      orAmong: generate ? [] : DatasetKind.otherCorruptions(in: inputs.dataURL))
    if try chosenShard != nil, report || scoring.baseline != nil {
      throw ValidationError("--report and --baseline are not for a shard, which is not scored.")
    }
    if shard != nil && Launch.count > 1 {
      throw ValidationError(
        "--shard is for jobs whose processes know nothing of each other; mpirun and srun share the "
          + "images without it.")
    }
    if suite.frostTextures != nil && !generate {
      throw ValidationError("--frost-textures needs --generate.")
    }
  }

  /// The part that `--shard` names.
  private var chosenShard: Shard? {
    get throws {
      guard let shard else { return nil }
      let numbers = shard.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
      guard numbers.count == 2, let index = numbers[0], let count = numbers[1],
        let found = Shard(index, of: count)
      else {
        throw ValidationError(
          "--shard: expected i/n with i from 1 to n, such as 2/7, found \"\(shard.oneLine)\".")
      }
      return found
    }
  }

  /// Whether only clean images are asked for.
  private var isClean: Bool { !corruptions && suite.corruption.isEmpty }

  func run() async throws {
    let output = try outputURL(runFolder)
    try job.run(evaluate)
    if report && !Launch.isMute {
      try await ReportJob.report(output, common.terminal, threadCount: common.workers.count)
    }
  }

  private func evaluate(among processes: any ProcessGroup) throws {
    let configuration = try inputs.configuration()
    let runFolder = runFolder
    let checkpointURL =
      try runFolder?.checkpoint(named: checkpoint) ?? URL(fileURLWithPath: checkpoint)
    let kind = configuration.data.dataset
    let selected = try suite.selected(for: kind)
    let output = try outputURL(runFolder)
    let shard = try chosenShard
    let evaluation = NetworkEvaluation(
      configuration: configuration, runName: RunFolder.runName(of: inputs.configURL),
      checkpoint: checkpointURL, weights: chosen.weights,
      dataset: try kind.read(
        .test, in: inputs.dataURL, cache: inputs.cacheURL, workers: common.workers),
      data: inputs.dataURL,
      folder: RunFolder(output), corruptions: choice(selected), severities: suite.severities,
      imageLimit: images.limit, shard: shard,
      request: try scoring.request(
        halves: halves(kind), kinds: selected.suite.kinds, seed: common.seed),
      common: common, processes: processes, isReporting: report)
    guard processes.isFirst else { return try evaluation.assist() }
    guard let shard else {
      return try common.terminal.show(
        endOf: evaluation.run(), ofRun: evaluation.runName, in: evaluation.folder,
        hasTable: ending.table)
    }
    let count = try evaluation.predictShard()
    common.terminal.say(
      "Shard \(shard) is done: \(count) cells in \(output.path). When all \(shard.count) are: mixmo merge"
    )
  }

  private var runFolder: RunFolder? {
    save.map { RunFolder(save: URL(fileURLWithPath: $0), configurationFile: inputs.configURL) }
  }

  /// The user's own halves of all clean images, where the data folder has them.
  private func halves(_ kind: DatasetKind) throws -> CleanHalves? {
    guard images.limit == nil else { return nil }
    return try CleanHalves(
      in: [inputs.dataURL, inputs.dataURL.appendingPathComponent("\(kind.rawValue)-data")])
  }

  /// Where results go: the folder asked for, else the run's.
  private func outputURL(_ runFolder: RunFolder?) throws -> URL {
    guard let folder = output ?? runFolder?.url.path ?? save else {
      throw ValidationError("Give --output, or --save for the run's folder.")
    }
    return URL(fileURLWithPath: folder)
  }

  /// The corrupted images to score, where there are any.
  private func choice(_ selected: SelectedSuite) -> CorruptionChoice {
    guard !isClean else { return .none }
    return generate
      ? .generated(selected)
      : .files(
        suite.names(in: selected), data: inputs.dataURL, isPartial: suite.corruption.isEmpty)
  }
}
