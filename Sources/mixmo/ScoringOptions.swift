import ArgumentParser
import Evaluation
import Formats
import Foundation
import Scoring
import Tensors

/// How predictions become numbers.
struct ScoringOptions: ParsableArguments {
  private static let names = Calibration.allCases.map(\.rawValue)

  @Option(
    help: ArgumentHelp(
      "Calibrations, with commas between them, or all: \(names.joined(separator: ", ")).",
      valueName: "names"))
  var calibration: String?

  @Flag(help: "Calibrate as well, as --calibration none,temperature does.")
  var temperatureScaling = false

  @Option(
    help: ArgumentHelp(
      "What calibrations are fitted on: clean-halves, or cv, five times two halves of each cell "
        + "itself.", valueName: "name"))
  var fitting: Fitting = .cleanHalves

  @Option(help: ArgumentHelp("Draws of the bootstrap behind the intervals.", valueName: "count"))
  var bootstrap = 1000

  @Option(
    help: ArgumentHelp(
      "The folder of another run, to give mean corruption errors relative to it.",
      valueName: "dir"))
  var baseline: String?

  enum Fitting: String, ExpressibleByArgument, CaseIterable {
    case cleanHalves = "clean-halves"
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
    let names = calibration?.split(separator: ",").map(String.init) ?? [Calibration.none.rawValue]
    let asked = try names.flatMap { name in
      if name == "all" { return Calibration.allCases }
      guard let known = Calibration(rawValue: name) else {
        throw ValidationError(
          "--calibration: unknown \"\(name)\"; "
            + Spelling.suggestion(for: name, from: Self.names + ["all"]))
      }
      return [known]
    }
    guard !asked.isEmpty else { throw ValidationError("--calibration: expected a name.") }
    return Calibration.allCases.filter {
      asked.contains($0) || $0 == .temperature && temperatureScaling
    }
  }

  /// The settings, with what the data set knows.
  func settings(
    halves: CleanHalves? = nil, validation: LabeledLogits? = nil, kinds: [CorruptionKind] = [],
    seed: UInt64
  ) throws -> ScoringSettings {
    var settings = ScoringSettings(
      calibrations: try calibrations(), fitting: .cleanHalves(halves), drawCount: bootstrap,
      seed: seed, kinds: kinds,
      baseline: try baseline.map { try Baseline(folder: URL(fileURLWithPath: $0)) })
    if fitting == .crossValidation { settings.fitting = .crossValidation }
    if let validation { settings.fitting = .validationSet(validation) }
    return settings
  }
}

extension ScoringSettings {
  /// Scores cells and speaks to the user meanwhile; `advice` is how to go on after an interruption.
  func score(
    _ cells: [Cell], rowCount: Int, workers: Workers, terminal: Terminal,
    whenInterrupted advice: String, logits: (Cell) throws -> LabeledLogits
  ) throws -> ScoreCube {
    let bar = ProgressBar("score", total: cells.count * rowCount, terminal: terminal)
    defer { bar.finish() }
    let cube = try CubeScorer(self, threadCount: workers.count).score(
      cells, logits: logits
    ) { cellCount in
      bar.update(cellCount * rowCount)
      try Interruption.check(terminal, bar, saying: advice)
    }
    bar.finish()
    cube.notes.forEach(terminal.warn)
    cube.warnAboutBounds(terminal)
    return cube
  }
}

extension ScoreCube {
  fileprivate func warnAboutBounds(_ terminal: Terminal) {
    for scores in cells.first?.scores ?? [] {
      for row in scores.predictors where row.isTemperatureAtBound {
        terminal.warn(
          "\(row.predictor.name), \(scores.calibration.rawValue): the temperature "
            + "\(row.temperature ?? 0) is that of a bound, or a mean with it; the rows that it was "
            + "fitted on were all right, or no better than chance")
      }
    }
  }
}

extension Terminal {
  /// The table that ends an evaluation.
  func show(summaryOf cube: ScoreCube) throws {
    let table = SummaryTable(cube.cells)
    if isJSON { try show(json: table.rows) } else { try show(table.text) }
  }
}
