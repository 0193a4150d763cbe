import ArgumentParser

@main
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
