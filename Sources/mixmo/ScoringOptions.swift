import ArgumentParser
import Evaluation
import Formats
import Foundation
import Runs
import Scoring

/// How predictions become numbers.
struct ScoringOptions: ParsableArguments {
  private static let names = Calibration.all.map(\.name)

  @Option(
    help: ArgumentHelp(
      "Calibrations, with commas between them, or all: \(names.joined(separator: ", ")).",
      valueName: "names"))
  var calibration: String?

  @Flag(help: "Calibrate as well, as --calibration none,temperature does.")
  var temperatureScaling = false

  @Option(
    help: ArgumentHelp(
      "What calibrations are fitted on: clean-halves, each half of the clean images for the other, "
        + "numbers of all images; mixmo-halves, the same with means of the halves' numbers; or cv, "
        + "five times two halves of each cell itself.", valueName: "name"))
  var fitting: Fitting = .cleanHalves

  @Option(
    help: ArgumentHelp(
      "Bootstrap resamples for the intervals; the fitted calibrations are kept.",
      valueName: "count"))
  var bootstrap = 1000

  @Option(
    help: ArgumentHelp(
      "The folder of another run, to give mean corruption errors relative to it.",
      valueName: "dir"))
  var baseline: String?

  @OptionGroup var binning: BinningOptions

  enum Fitting: String, ExpressibleByArgument, CaseIterable {
    case cleanHalves = "clean-halves"
    case mixmoHalves = "mixmo-halves"
    case crossValidation = "cv"
  }

  func validate() throws {
    _ = try calibrations()
    guard 0...1_000_000 ~= bootstrap else {
      throw ValidationError(
        "--bootstrap: expected a number from 0 to 1000000, found \(bootstrap).")
    }
  }

  private func calibrations() throws -> [Calibration] {
    let names = calibration?.split(separator: ",").map(String.init) ?? [Calibration.none.name]
    let asked = try names.flatMap { name in
      if name == "all" { return Calibration.all }
      guard let known = Calibration(name: name) else {
        throw ValidationError(
          "--calibration: unknown \"\(name)\"; "
            + Spelling.suggestion(for: name, from: Self.names + ["all"]))
      }
      return [known]
    }
    guard !asked.isEmpty else { throw ValidationError("--calibration: expected a name.") }
    return Calibration.all.filter {
      asked.contains($0) || $0 == .temperature && temperatureScaling
    }
  }

  /// The settings, with what the data set knows.
  func settings(
    halves: CleanHalves? = nil, validation: LabeledLogits? = nil, kinds: [CorruptionKind] = [],
    seed: UInt64
  ) throws -> ScoringSettings {
    var settings = ScoringSettings(
      calibrations: try calibrations(), drawCount: bootstrap, binning: binning.binning(),
      seed: seed, kinds: kinds, baseline: try baseline.map(ScoringSettings.Baseline.init))
    switch fitting {
    case .cleanHalves: settings.fitting = .cleanHalves(halves)
    case .mixmoHalves: settings.fitting = .mixmoHalves(halves)
    case .crossValidation: settings.fitting = .crossValidation
    }
    if let validation { settings.fitting = .validationSet(validation) }
    return settings
  }
}
