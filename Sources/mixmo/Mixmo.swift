import ArgumentParser
import Foundation

@main
enum Program {
  static func main() async {
    explainLostFiles()
    let arguments = Array(ProcessInfo.processInfo.arguments.dropFirst())
    await Mixmo.main(ReferenceSpellings.replaced(in: arguments))
  }

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
