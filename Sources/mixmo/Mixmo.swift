import ArgumentParser
// C's `stderr` is a variable, which no other thread uses when the program starts.
@preconcurrency import Foundation

@main
enum Program {
  static func main() async {
    writeWholeLines()
    explainLostFiles()
    let arguments = Array(ProcessInfo.processInfo.arguments.dropFirst())
    await Mixmo.main(ReferenceSpellings.replaced(in: arguments))
  }

  /// Makes standard error pass on whole lines: ArgumentParser writes it byte by byte, so that the
  /// messages of several processes would mix.
  private static func writeWholeLines() { setvbuf(stderr, nil, _IOLBF, 0) }

  /// Says what happened where the system ends the program because a mapped file cannot be read.
  private static func explainLostFiles() {
    signal(SIGBUS) { _ in
      let text: StaticString =
        "Error: a file became shorter while it was read, or its disk failed\n"
      _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
      _exit(1)
    }
  }
}

struct Mixmo: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    abstract: "Trains MixMo networks; measures their robustness and calibration.",
    version: version,
    subcommands: [
      DemoCommand.self, TrainCommand.self, EvaluateCommand.self, MergeCommand.self,
      ScoreCommand.self,
      CorruptCommand.self, InspectCommand.self, ConvertCommand.self, ConfigCommand.self,
      DataCommand.self, ReportCommand.self, CompareCommand.self, TableCommand.self,
      BenchmarkCommand.self, BenchMPICommand.self,
    ])
}

/// The options of MixMo's own program, which are accepted but not shown in the help.
private enum ReferenceSpellings {
  private static let names = [
    "--config_path": "--config", "--config_dir": "--output", "--template_path": "--template",
    "--dataplace": "--data", "-dp": "--data", "--saveplace": "--save", "-sp": "--save",
    "--from_scratch": "--from-scratch", "--robustness": "--corruptions",
    "--tempscale": "--temperature-scaling", "--tempscal": "--temperature-scaling",
  ]

  /// The arguments with MixMo's options replaced by ours; what follows `--` stays.
  static func replaced(in arguments: [String]) -> [String] {
    let options = arguments.prefix { $0 != "--" }
    return options.map(spelled) + arguments.dropFirst(options.count)
  }

  private static func spelled(_ argument: String) -> String {
    let name = argument.prefix { $0 != "=" }
    guard let ours = names[String(name)] else { return argument }
    return ours + argument.dropFirst(name.count)
  }
}
