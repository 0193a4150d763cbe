import ArgumentParser
import Foundation
import Tensors

/// How a subcommand speaks to the user.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Say nothing but results.")
  var quiet = false

  @Flag(help: "Write results as JSON.")
  var json = false

  var terminal: Terminal { Terminal(isQuiet: quiet, isJSON: json) }
}

/// What a subcommand computes on.
struct ThreadOptions: ParsableArguments {
  @Option(help: "Threads to compute on; as many prepare images meanwhile (default: all cores).")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads: expected a number from 1 to 1024, found \(threads).")
    }
    let levels = Kernels.available.map(\.name)
    if let level = ProcessInfo.processInfo.environment[Kernels.variable], !levels.contains(level) {
      throw ValidationError(
        "\(Kernels.variable): expected \(levels.joined(separator: ", ")) on this machine, "
          + "found \"\(level)\".")
    }
  }

  var workers: Workers {
    Workers(count: threads ?? ProcessInfo.processInfo.activeProcessorCount)
  }
}

/// The options of every subcommand that computes.
struct CommonOptions: ParsableArguments {
  @OptionGroup private var threading: ThreadOptions

  @Option(help: "The seed of every random draw.")
  var seed: UInt64 = 0

  @OptionGroup private var output: OutputOptions

  var workers: Workers { threading.workers }
  var json: Bool { output.json }
  var terminal: Terminal { output.terminal }
}

/// Where the reference's configuration, data and results are.
struct RunOptions: ParsableArguments {
  @Option(
    name: [.long, .customLong("config_path"), .customShort("c")],
    help: ArgumentHelp("The run's configuration file.", valueName: "file"))
  var config: String

  @Option(
    name: [.long, .customLong("dataplace"), .customLong("dp", withSingleDash: true)],
    help: ArgumentHelp("The folder that holds the data sets' folders.", valueName: "dir"))
  var data: String

  @Option(
    help: ArgumentHelp(
      "Decode image files once, into a file in this folder (Tiny-ImageNet).", valueName: "dir"))
  var cache: String?

  var cacheURL: URL? { cache.map { URL(fileURLWithPath: $0) } }
  var configURL: URL { URL(fileURLWithPath: config) }
  var dataURL: URL { URL(fileURLWithPath: data) }
}
