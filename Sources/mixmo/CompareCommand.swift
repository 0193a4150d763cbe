import ArgumentParser
import Formats
import Foundation
import Reports
import Scoring

struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Says whether one run is better than another, image by image.",
    discussion: """
      The first run is the reference. Predictions stored by evaluate, score --output or demo are \
      paired by image: McNemar's exact test for each cell, corrected by Holm's method, the paired \
      bootstrap for intervals, Fisher's sign-flip test for the mean over corrupted cells. Runs must \
      be of the same images, labels and cells.

      Example:

        mixmo compare runs/mimo runs/cutmixmo --output comparison
      """)

  @Argument(help: ArgumentHelp("Folders of evaluations, the reference first.", valueName: "run"))
  var runs: [String]

  @Option(help: ArgumentHelp("Where comparison.csv and comparison.html go.", valueName: "dir"))
  var output: String?

  @Option(help: "ensemble, ensemble-probs or member-0, member-1, ….")
  var predictor = Predictor.ensemble.name

  @Option(help: "A calibration, fitted on halves of the clean images.")
  var calibration = Calibration.none.rawValue

  @Option(help: ArgumentHelp("Draws of the bootstrap behind the intervals.", valueName: "count"))
  var bootstrap = 1000

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard runs.count > 1 else { throw ValidationError("Give the folders of two runs or more.") }
    guard (1...1_000_000).contains(bootstrap) else {
      throw ValidationError("--bootstrap: expected a number from 1 to 1000000, found \(bootstrap).")
    }
    _ = try (chosenPredictor, chosenCalibration)
  }

  private var chosenPredictor: Predictor {
    get throws {
      let known = Predictor.predicting(memberCount: 64)
      guard let found = known.first(where: { $0.name == predictor }) else {
        throw ValidationError(
          "--predictor: expected ensemble, ensemble-probs or member-0, member-1, …, found "
            + "\"\(predictor.oneLine)\".")
      }
      return found
    }
  }

  private var chosenCalibration: Calibration {
    get throws {
      let known = Calibration.allCases.filter { $0 != .oracle }
      guard let found = known.first(where: { $0.rawValue == calibration }) else {
        throw ValidationError(
          "--calibration: expected \(known.map(\.rawValue).joined(separator: ", ")), found "
            + "\"\(calibration.oneLine)\".")
      }
      guard try found.applies(to: chosenPredictor) else {
        throw ValidationError("--calibration \(calibration) is not for \(predictor).")
      }
      return found
    }
  }

  func run() async throws {
    Interruption.listen()
    let runs = try ComparedRuns(runs.map { URL(fileURLWithPath: $0) })
    let bar = ProgressBar(
      "compare", total: runs.cellCount * runs.imageCount, terminal: common.terminal)
    defer { bar.finish() }
    let comparison = try runs.compare(
      predictor: chosenPredictor, calibration: chosenCalibration, drawCount: bootstrap,
      seed: common.seed, threadCount: common.workers.count
    ) { done in
      bar.update(done * runs.imageCount)
      if Interruption.isRequested { throw ExitCode(130) }
    }
    bar.finish()
    if let output {
      let page = try await ComparisonPage(comparison, version: Mixmo.version).write(
        to: URL(fileURLWithPath: output), gnuplot: GnuplotProgram())
      common.terminal.say("The page is \(page.path).")
    }
    if common.json {
      try common.terminal.show(json: comparison.summary)
    } else {
      try common.terminal.show(comparison.text)
    }
  }
}
