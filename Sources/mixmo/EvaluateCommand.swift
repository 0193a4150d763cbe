import ArgumentParser
import Corruptions
import Datasets
import Evaluation
import Formats
import Foundation
import Scoring
import Training

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Scores a checkpoint on clean and corrupted test images.",
    discussion: """
      Example: score the best checkpoint of a run on CIFAR-100 and on CIFAR-100-C, as it is and with
      temperature scaling (without the files of CIFAR-100-C, add --generate):

        mixmo evaluate --config config/cifar100/exp_cifar100_wrn2810-2_cutmixmo-p5_standard_bar4.yaml \\
          --data data --save runs --checkpoint best --corruptions --temperature-scaling
      """)

  @OptionGroup var inputs: RunOptions

  @Option(
    help: ArgumentHelp(
      "A checkpoint file, the number of an epoch, or best.", valueName: "path|epoch|best"))
  var checkpoint: String

  @Option(
    name: [.long, .customLong("saveplace"), .customLong("sp", withSingleDash: true)],
    help: ArgumentHelp("The folder that holds the run's folder.", valueName: "dir"))
  var save: String?

  @Option(
    help: ArgumentHelp("Where results go (default: the run's folder).", valueName: "dir"))
  var output: String?

  @Flag(
    name: [.customLong("temperature-scaling"), .customLong("tempscale"), .customLong("tempscal")],
    help: "Calibrate as well, as --calibration none,temperature does.")
  var temperatureScaling = false

  @Option(help: ArgumentHelp("none, temperature, or both with a comma.", valueName: "names"))
  var calibration: String?

  @Flag(
    name: [.long, .customLong("robustness")],
    help: "Score under every corruption, in the files of CIFAR-C or Tiny-ImageNet-C.")
  var corruptions = false

  @OptionGroup var suite: SuiteOptions

  @Flag(help: "Corrupt the clean test images on the fly, instead of reading files.")
  var generate = false

  @Option(help: ArgumentHelp("Score this many images, evenly spaced.", valueName: "count"))
  var limit: Int?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if save == nil && (checkpoint == "best" || Int(checkpoint) != nil) {
      throw ValidationError("--checkpoint \(checkpoint) needs --save, for the run's folder.")
    }
    _ = try outputURL(nil)
    if let limit, limit < 1 {
      throw ValidationError("--limit: expected a number of at least 1, found \(limit).")
    }
    if isClean && (suite.suite != nil || !suite.severity.isEmpty || generate) {
      throw ValidationError(
        "--suite, --severity and --generate need --corruptions or --corruption.")
    }
    if suite.frostTextures != nil && !generate {
      throw ValidationError("--frost-textures needs --generate.")
    }
    _ = try calibrations()
  }

  /// Whether only clean images are asked for.
  private var isClean: Bool { !corruptions && suite.corruption.isEmpty }

  func run() throws {
    let configuration = try RunConfiguration(contentsOf: inputs.configURL)
    let runFolder = save.map {
      RunFolder(save: URL(fileURLWithPath: $0), configurationFile: inputs.configURL)
    }
    let checkpointURL =
      try runFolder?.checkpoint(named: checkpoint) ?? URL(fileURLWithPath: checkpoint)
    let kind = configuration.data.dataset
    let results = try EvaluationJob(
      configuration: configuration, runName: RunFolder.runName(of: inputs.configURL),
      checkpoint: checkpointURL,
      dataset: kind.read(
        .test, in: inputs.dataURL, cache: inputs.cacheURL, workers: common.workers),
      output: outputURL(runFolder), corruptions: choice(kind),
      severities: suite.severities,
      calibrations: calibrations(), imageLimit: limit, common: common
    ).run()
    try common.terminal.show(summaryOf: results)
  }

  /// Where results go: the folder asked for, else the run's.
  private func outputURL(_ runFolder: RunFolder?) throws -> URL {
    guard let folder = output ?? runFolder?.url.path ?? save else {
      throw ValidationError("Give --output, or --save for the run's folder.")
    }
    return URL(fileURLWithPath: folder)
  }

  private func calibrations() throws -> [Calibration] {
    let names = calibration?.split(separator: ",").map(String.init) ?? ["none"]
    let asked = try names.map { name in
      guard let known = Calibration(rawValue: name) else {
        throw ValidationError(
          "--calibration: unknown \"\(name)\"; "
            + Spelling.suggestion(for: name, from: Calibration.allCases.map(\.rawValue)))
      }
      return known
    }
    guard !asked.isEmpty else { throw ValidationError("--calibration: expected a name.") }
    return Calibration.allCases.filter {
      asked.contains($0) || $0 == .temperature && temperatureScaling
    }
  }

  /// The corrupted images to score, where there are any.
  private func choice(_ kind: DatasetKind) throws -> CorruptionChoice {
    guard !isClean else { return .none }
    let selected = try suite.selected(for: kind)
    return generate
      ? .generated(selected)
      : .files(selected, data: inputs.dataURL, isPartial: suite.corruption.isEmpty)
  }
}
