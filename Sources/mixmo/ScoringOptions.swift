import ArgumentParser
import Evaluation
import Formats
import Foundation
import PredictionFiles
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
        + "numbers of all images; mixmo-halves, the same with means of the halves' numbers; validation, "
        + "the training images that the run keeps (train --validation), or --validation-logits; or cv, "
        + "five times two halves of each cell itself (default: as in the folder's tables, else "
        + "clean-halves).", valueName: "name"))
  var fitting: Fitting?

  @Option(
    help: ArgumentHelp(
      "Bootstrap resamples for the intervals; the fitted calibrations are kept (default: as in the "
        + "folder's tables, else 1000).", valueName: "count"))
  var bootstrap: Int?

  @Option(
    help: ArgumentHelp(
      "The folder of another run, to give mean corruption errors relative to it.",
      valueName: "dir"))
  var baseline: String?

  @Flag(
    help: ArgumentHelp(
      "Take calibrations and cells that are not asked for out of the folder's tables; their predictions "
        + "stay. Without it they are added to."))
  var only = false

  @OptionGroup var binning: BinningOptions
  @OptionGroup var additions: AdditionOptions

  enum Fitting: String, ExpressibleByArgument, CaseIterable {
    case cleanHalves = "clean-halves"
    case mixmoHalves = "mixmo-halves"
    case validation
    case crossValidation = "cv"
  }

  func validate() throws {
    _ = try calibrations()
    if let bootstrap, !(0...1_000_000 ~= bootstrap) {
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
    guard !asked.isEmpty else {
      throw ValidationError(
        "--calibration: expected a name, found none; give one, such as temperature.")
    }
    return Calibration.all.filter {
      asked.contains($0) || $0 == .temperature && temperatureScaling
    }
  }

  /// What is asked for, with what the data set knows.
  func request(
    halves: CleanHalves? = nil, validation: LabeledLogits? = nil,
    outOfDistribution: [String]? = nil, kinds: [CorruptionKind] = [],
    softLabels: GivenSoftLabels? = nil, seed: UInt64
  ) throws -> ScoringRequest {
    var additions = try additions.additions(softLabels: softLabels)
    additions.outOfDistribution = outOfDistribution
    var settings = ScoringSettings(
      calibrations: try calibrations(), binning: binning.binning(), seed: seed, kinds: kinds,
      baseline: try baseline.map(ScoringSettings.Baseline.init),
      additions: additions, softLabels: softLabels?.labels)
    if let bootstrap { settings.drawCount = bootstrap }
    switch fitting ?? .cleanHalves {
    case .cleanHalves: settings.fitting = .cleanHalves(halves)
    case .mixmoHalves: settings.fitting = .mixmoHalves(halves)
    case .validation: settings.fitting = .validationImages
    case .crossValidation: settings.fitting = .crossValidation
    }
    if let validation { settings.fitting = .validationSet(validation) }
    return ScoringRequest(
      settings, open: open(fitsElsewhere: validation != nil), isOnly: only)
  }

  /// What is left to the folder's tables.
  private func open(fitsElsewhere: Bool) -> Set<ScoringRequest.Part> {
    let given: [ScoringRequest.Part: Bool] = [
      .calibrations: calibration != nil || temperatureScaling,
      .fitting: fitting != nil || fitsElsewhere, .draws: bootstrap != nil,
      .bins: binning.bins != nil, .norm: binning.norm != nil, .baseline: baseline != nil,
    ].merging(additions.given) { $1 }
    return Set(ScoringRequest.Part.allCases.filter { given[$0] == false })
  }
}
