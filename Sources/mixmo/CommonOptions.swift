import ArgumentParser
import Foundation
import Runs
import Tensors
import Training

/// How a subcommand speaks to the user.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Say nothing but results.")
  var quiet = false

  @Flag(help: "Write results as JSON.")
  var json = false

  var terminal: Terminal { Terminal(isQuiet: quiet, isJSON: json) }
}

/// Which weights of a checkpoint are meant.
struct WeightsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The dictionary of weights to take where a checkpoint has several that fit, by its keys with dots "
        + "between them, as inspect prints them, such as ema.state_dict; . is the file's own dictionary.",
      valueName: "key"))
  var weights: String?
}

/// What a subcommand computes on.
struct ThreadOptions: ParsableArguments {
  @Option(help: "Threads to compute on; as many prepare images meanwhile (default: all cores).")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads: expected a number from 1 to 1024, found \(threads).")
    }
    try Self.checkKernels()
  }

  /// Makes sure that the machine has the kernels that the environment asks for.
  static func checkKernels() throws {
    let levels = Kernels.choices.map(\.name)
    if let level = ProcessInfo.processInfo.environment[Kernels.variable], !levels.contains(level) {
      throw ValidationError(
        "\(Kernels.variable): expected \(levels.joined(separator: ", ")) on this machine, "
          + "found \"\(level)\".")
    }
  }

  /// The threads where none are asked for: all cores that this process may run on.
  static var standardCount: Int {
    ProcessorFacts.allowedCount ?? ProcessInfo.processInfo.activeProcessorCount
  }

  var workers: Workers { Workers(count: threads ?? Self.standardCount) }
}

/// How precisely a subcommand multiplies in convolutions.
struct PrecisionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The precision of the products of convolutions: highest (float32), high (16 bits) or medium "
        + "(bfloat16).",
      discussion: "The two lower ones are for processors with AMX; others compute in float32.",
      valueName: "word"))
  var precision = Precision.highest

  /// The kernels that have it, or float32 where this machine has no faster way, which is said.
  func kernels(_ terminal: Terminal) -> Kernels {
    let kernels = Kernels.preferred.computing(precision)
    if kernels.precision != precision {
      terminal.say(
        "--precision \(precision.rawValue): this machine has no faster way than float32 (highest), "
          + "which is computed")
    }
    return kernels
  }
}

extension Precision: ExpressibleByArgument {}

/// The options of every subcommand that draws random numbers.
struct CommonOptions: ParsableArguments {
  @OptionGroup private var threading: ThreadOptions

  @Option(
    name: .customLong("seed"),
    help: ArgumentHelp("The seed of every random draw; 0 unless given.", valueName: "seed"))
  var givenSeed: UInt64?

  @OptionGroup private var output: OutputOptions

  var seed: UInt64 { givenSeed ?? 0 }

  var workers: Workers { threading.workers }
  var json: Bool { output.json }
  var terminal: Terminal { output.terminal }
}

/// How many images a subcommand takes.
struct ImageLimit: ParsableArguments {
  @Option(help: ArgumentHelp("Take this many images, evenly spaced.", valueName: "count"))
  var limit: Int?

  func validate() throws {
    if let limit, limit < 1 {
      throw ValidationError("--limit: expected a number of at least 1, found \(limit).")
    }
  }
}

/// A run's configuration, and where its data is.
struct RunOptions: ParsableArguments {
  @Option(
    name: [.long, .customShort("c")],
    help: ArgumentHelp(
      "The run's configuration file, which names it; a run's own config.yaml is that of its folder.",
      valueName: "file"))
  var config: String

  @OptionGroup private var folder: DataFolder

  @Option(
    help: ArgumentHelp(
      "Decode image files once, into a file in this folder (Tiny-ImageNet).", valueName: "dir"))
  var cache: String?

  var cacheURL: URL? { cache.map { URL(fileURLWithPath: $0) } }
  /// What the run is named after; `configuration()` finds the file.
  var configURL: URL { URL(fileURLWithPath: config) }
  var dataURL: URL { folder.url }

  /// The run's folder: below `save`, or, without it, the folder whose own `config.yaml` is given.
  static func runFolder(of configuration: URL, save: String?) -> RunFolder? {
    guard let save else { return RunFolder(owning: configuration) }
    return RunFolder(save: URL(fileURLWithPath: save), configurationFile: configuration)
  }

  /// The configuration, of the user's or of those that come with the program.
  func configuration() throws -> RunConfiguration {
    try RunConfiguration(contentsOf: SharedFiles.url(named: config))
  }
}
