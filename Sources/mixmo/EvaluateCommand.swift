import ArgumentParser
import Corruptions
import Datasets
import Evaluation
import Formats
import Foundation
import Loading
import Runs
import Scoring
import Tensors
import Training

struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Scores a checkpoint, or anybody's model, on clean and corrupted test images.",
    example: HelpExample(
      "the network of mixmo demo, with every calibration",
      """
      mixmo evaluate --checkpoint best --calibration all --data demo/data \\
        --config demo/exp_digits_wrn101-2_cutmixmo-p5_standard_bar1/config.yaml
      """),
    discussion: """
      Without --model a checkpoint of our networks predicts, with the configuration of its training. \
      --model takes a command of the shell instead: a program that reads images and writes predictions. \
      mixmo model-client prints the client for Python; the article AnyModel has the protocol and examples.

      The processes of mixmo-mpi, started by mpirun or srun, share the images.

      Example: score the best checkpoint of a run on CIFAR-100 and on CIFAR-100-C, as it is and \
      with temperature scaling (without the files of CIFAR-100-C, add --generate):

        mixmo evaluate --data data --save runs --checkpoint best \\
          --corruptions --temperature-scaling --config \\
          config/cifar100/exp_cifar100_wrn2810-2_cutmixmo-p5_standard_bar4.yaml

      Example: how well the network tells CIFAR-100 from CIFAR-10 and from the pictures of a folder:

        mixmo evaluate --data data --save runs --checkpoint best \\
          --ood cifar10 textures=dtd/images --config \\
          config/cifar100/exp_cifar100_wrn2810-2_cutmixmo-p5_standard_bar4.yaml

      Example: a program of your own, on CIFAR-10 and 19 corruptions that are made on the fly:

        mixmo evaluate --model "python3 my_model.py" --model-file model.pt \\
          --dataset cifar10 --data data --corruptions --generate \\
          --output results

      Example: the same on ImageNet-C's published files and the pictures that they were made of:

        mixmo evaluate --model "python3 my_model.py" --model-file model.pt \\
          --images val --class-order imagenet --resize 256 --crop 224 \\
          --data ImageNet-C --corruptions --output results
      """)

  @Option(
    name: [.long, .customShort("c")],
    help: ArgumentHelp(
      "The run's configuration file, which names it; a run's own config.yaml is that of its folder.",
      valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "A checkpoint file, the number of an epoch, or best: of the highest test accuracy, as in MixMo's "
        + "code, or, in a run with --validation, of the highest accuracy on these images.",
      valueName: "path|epoch|best"))
  var checkpoint: String?

  @OptionGroup var chosen: WeightsOptions

  @Option(
    help: ArgumentHelp(
      "The folder that holds the run's folder (default: for a run's own config.yaml, its folder).",
      valueName: "dir"))
  var save: String?

  @OptionGroup var program: ProgramOptions
  @OptionGroup var source: ImageSourceOptions

  @Option(
    help: ArgumentHelp(
      "Decode image files once, into a file in this folder (Tiny-ImageNet).", valueName: "dir"))
  var cache: String?

  @Option(
    help: ArgumentHelp("Where results go (default: the run's folder).", valueName: "dir"))
  var output: String?

  @OptionGroup var outOfDistribution: OutOfDistributionImages
  @OptionGroup var scoring: ScoringOptions

  @Flag(
    help:
      "Score under every corruption, in the files of CIFAR-C, Tiny-ImageNet-C, ImageNet-C or of copies."
  )
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

  @OptionGroup var multiplication: PrecisionOptions
  @OptionGroup var ending: EndingOptions
  @OptionGroup var common: CommonOptions
  @OptionGroup var job: JobOptions

  func validate() throws {
    if program.model == nil { try checkNetwork() } else { try checkProgram() }
    try source.checkOutput(output)
    if isClean && (suite.suite != nil || !suite.severity.isEmpty || generate) {
      throw ValidationError(
        "--suite, --severity and --generate need --corruptions or --corruption.")
    }
    try suite.checkNames(orAmong: generate ? [] : source.otherCorruptions)
    if try chosenShard != nil, report || scoring.baseline != nil {
      throw ValidationError(
        "--report and --baseline are not for a shard, which is not scored; give them to mixmo merge or "
          + "mixmo score.")
    }
    if shard != nil && Launch.count > 1 {
      throw ValidationError(
        "--shard is for jobs whose processes know nothing of each other; mpirun and srun share the "
          + "images without it; leave it out.")
    }
    if suite.frostTextures != nil && !generate {
      throw ValidationError("--frost-textures needs --generate.")
    }
  }

  /// Checks that a network of ours is given whole.
  private func checkNetwork() throws {
    guard config != nil, let checkpoint else {
      throw ValidationError(
        "Give --config and --checkpoint for a network of ours, or --model for a program of your own."
      )
    }
    if source.maskClasses {
      throw ValidationError("--mask-classes goes with --model; leave it out for a network of ours.")
    }
    guard source.data != nil || source.images != nil else {
      throw ValidationError("Give --data, the folder that holds the data sets' folders.")
    }
    if runFolder == nil && (checkpoint == "best" || Int(checkpoint) != nil) {
      throw ValidationError(
        "--checkpoint \(checkpoint) needs --save, for the run's folder, or the config.yaml in it.")
    }
    _ = try outputURL(runFolder)
  }

  /// Checks that a program is given whole, and nothing that is a network's.
  private func checkProgram() throws {
    let given = [
      ("--config", config != nil), ("--checkpoint", checkpoint != nil), ("--save", save != nil),
      ("--weights", chosen.weights != nil), ("--precision", multiplication.precision != .highest),
    ]
    if let option = given.first(where: \.1)?.0 {
      throw ValidationError(
        "\(option) goes with a network of ours, and --model takes a program; give one of the two.")
    }
    guard source.isGiven else {
      throw ValidationError(
        "--model needs its images: give --dataset and --data, or --images.")
    }
    guard output != nil else {
      throw ValidationError("--model needs --output, the folder for its results.")
    }
    if scoring.fitting == .validation {
      throw ValidationError(
        "--fitting validation is for networks of mixmo train --validation; --model fits on the clean "
          + "images.")
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
    let evaluation = try program.model == nil ? network(processes) : program(processes)
    guard processes.isFirst else { return try evaluation.assist() }
    guard let shard = evaluation.shard else {
      return try common.terminal.show(
        endOf: evaluation.run(), ofRun: evaluation.runName, in: evaluation.folder,
        hasTable: ending.table)
    }
    let count = try evaluation.predictShard()
    common.terminal.say(
      "Shard \(shard) is done: \(count) cells in \(evaluation.folder.url.path). When all "
        + "\(shard.count) are: mixmo merge")
  }

  /// The evaluation of a network of ours.
  private func network(_ processes: any ProcessGroup) throws -> ModelEvaluation {
    let (file, checkpoint) = (URL(fileURLWithPath: config ?? ""), checkpoint ?? "")
    let runFolder = runFolder
    let checkpointURL =
      try runFolder?.checkpoint(named: checkpoint) ?? URL(fileURLWithPath: checkpoint)
    let configuration = try configuration(of: checkpointURL)
    let images = try images(of: configuration)
    let model = try ModelSource(
      configuration, checkpoint: checkpointURL, weights: chosen.weights,
      best: try checkpoint == RunFolder.bestName ? runFolder?.bestEpoch() : nil, on: images,
      kernels: multiplication.kernels(common.terminal), common)
    var evaluation = try evaluation(
      of: model, named: RunFolder.runName(of: file), on: images, processes)
    if scoring.fitting == .validation {
      evaluation.validation = try validation(of: checkpointURL, configuration.data.dataset)
    }
    return evaluation
  }

  /// The evaluation of somebody's program.
  private func program(_ processes: any ProcessGroup) throws -> ModelEvaluation {
    let images = try openSource()
    guard let (model, name) = try program.source(on: images, patience: job.patience, common) else {
      throw ValidationError("--model: expected a command.")
    }
    return try evaluation(of: model, named: name, on: images, processes)
  }

  private func evaluation(
    of model: ModelSource, named name: String, on images: ImageSource,
    _ processes: any ProcessGroup
  ) throws -> ModelEvaluation {
    let selected = try suite.selected(
      forSide: images.dataset.imageSide, isGenerating: generate)
    if generate, let remark = selected.remark { common.terminal.warn(remark) }
    let softLabels = try scoring.additions.softLabels(
      images.selection(limit: self.images.limit), of: "each image of the test set",
      classCount: model.classCount)
    var model = model
    if let pictures = images.pictures {
      model.inputs?.pictures = source.record(of: pictures, leftOut: images.leftOut)
    }
    let others = try outOfDistribution.open(
      beside: images, source, cache: cacheURL, workers: common.workers, common.terminal)
    return ModelEvaluation(
      model: model, runName: name, images: images, outOfDistribution: others,
      folder: RunFolder(try outputURL(runFolder)),
      corruptions: choice(selected), severities: suite.severities, imageLimit: self.images.limit,
      shard: try chosenShard,
      request: try scoring.request(
        halves: halves(images), outOfDistribution: outOfDistribution.names,
        kinds: selected.suite.kinds, softLabels: softLabels, seed: common.seed),
      common: common, processes: processes, isReporting: report)
  }

  /// The images that a network is evaluated on: those of its training's data set, or those that are named.
  private func images(of configuration: RunConfiguration) throws -> ImageSource {
    let kind = configuration.data.dataset
    guard source.isGiven else {
      let data = URL(fileURLWithPath: source.data ?? "")
      return ImageSource(
        dataset: try images(.test, of: kind), origin: .named(kind), data: data)
    }
    let images = try openSource()
    let (side, count) = (images.dataset.imageSide, images.dataset.classCount)
    guard side == kind.imageSide, count == kind.classCount else {
      throw ValidationError(
        "\(images.dataset.name): expected \(kind.classCount) classes of \(kind.imageSide)×\(kind.imageSide) "
          + "pixels, as the network's \(kind.rawValue) has, found \(count) of \(side)×\(side).")
    }
    return images
  }

  /// The images that are named: where corrupted copies are read, of the classes that have copies.
  private func openSource() throws -> ImageSource {
    let images = try source.open(
      cache: cacheURL, readsCopies: !isClean && !generate, workers: common.workers,
      common.terminal)
    for note in images.notes { common.terminal.say(note) }
    return images
  }

  /// The configuration, with the number of images that the checkpoint's run kept for validation.
  private func configuration(of checkpoint: URL) throws -> RunConfiguration {
    var configuration = try RunConfiguration(contentsOf: SharedFiles.url(named: config ?? ""))
    // Whether the checkpoint can be read is told where its weights are.
    guard let training = try? TrainingImages(of: checkpoint) else { return configuration }
    let (asked, count) = (configuration.validationCount, training.validationCount)
    if let asked, asked != count {
      common.terminal.warn(
        "\(checkpoint.path): its run kept \(count ?? 0) images for validation, not \(asked) as the "
          + "configuration says")
    }
    configuration.validationCount = count
    return configuration
  }

  /// The training images that the checkpoint's run kept for validation.
  private func validation(of checkpoint: URL, _ kind: DatasetKind) throws -> any Dataset {
    guard let training = try TrainingImages(of: checkpoint) else {
      throw TrainingError.noValidation(checkpoint)
    }
    return try training.validation(among: images(.train, of: kind), workers: common.workers)
  }

  private func images(_ split: DatasetSplit, of kind: DatasetKind) throws -> any Dataset {
    try kind.read(
      split, in: URL(fileURLWithPath: source.data ?? ""), cache: cacheURL,
      workers: common.workers, showingOn: common.terminal)
  }

  private var cacheURL: URL? { cache.map { URL(fileURLWithPath: $0) } }

  private var runFolder: RunFolder? {
    config.flatMap { RunOptions.runFolder(of: URL(fileURLWithPath: $0), save: save) }
  }

  /// The user's own halves of all clean images, where the data folder has them.
  private func halves(_ images: ImageSource) throws -> CleanHalves? {
    guard self.images.limit == nil, let kind = images.kind, let data = images.data else {
      return nil
    }
    return try CleanHalves(in: [data, data.appendingPathComponent("\(kind.rawValue)-data")])
  }

  /// Where results go: the folder asked for, else the run's.
  private func outputURL(_ runFolder: RunFolder?) throws -> URL {
    guard let folder = output ?? runFolder?.url.path else {
      throw ValidationError("Give --output, or --save for the run's folder.")
    }
    return URL(fileURLWithPath: folder)
  }

  /// The corrupted images to score, where there are any.
  private func choice(_ selected: SelectedSuite) -> CorruptionChoice {
    guard !isClean else { return .none }
    return generate
      ? .generated(selected)
      : .files(suite.names(in: selected), isPartial: suite.corruption.isEmpty)
  }
}
