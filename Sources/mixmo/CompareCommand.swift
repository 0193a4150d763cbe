import ArgumentParser
import Formats
import Foundation
import Reports
import Scoring

struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Says whether runs differ: paired tests on the same images.",
    discussion: """
      Reads the predictions that evaluate, demo or score left in the folders of runs, and compares \
      each run with the first: accuracy by McNemar's exact test in every cell, and by an exact \
      sign-flip test on average over the corrupted ones; the chance of any wrong claim in all of it \
      is 5 %. Intervals are of the paired bootstrap over images; NLL, Brier score and ECE are \
      described and not tested. Calibrations are fitted on halves of the clean images.

      --output writes comparison.csv: a row for each run, cell and metric; the corruption named mean \
      stands for the mean over the corrupted cells, and p_holm for the p-value corrected for all \
      claims together.

      Example: two runs against a third, calibrated:

        mixmo compare runs/baseline runs/first runs/second \\
          --calibration temperature --output comparison
      """)

  /// What can be fitted before the rows that it scores are seen.
  private static let calibrations = Calibration.allCases.filter { $0 != .oracle }

  @Argument(help: ArgumentHelp("Folders of evaluations, the reference first.", valueName: "run"))
  var runs: [String]

  @Option(
    help: ArgumentHelp(
      "Who predicts: ensemble, ensemble-probs, or member-0 and on.", valueName: "name"))
  var predictor = Predictor.ensemble.name

  @Option(
    help: ArgumentHelp(
      "One of \(calibrations.map(\.rawValue).joined(separator: ", ")).", valueName: "name"))
  var calibration = Calibration.none.rawValue

  @Option(help: ArgumentHelp("Draws of the bootstrap behind the intervals.", valueName: "count"))
  var bootstrap = 1000

  @Option(
    help: ArgumentHelp(
      "The folder that comparison.csv and comparison.html go to.", valueName: "dir"))
  var output: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard runs.count > 1 else { throw ValidationError("Give the folders of two runs or more.") }
    let paths = folders.map { $0.resolvingSymlinksInPath().path }
    if let twice = paths.first(where: { path in paths.count { $0 == path } > 1 }) {
      throw ValidationError("\(twice.oneLine) is given twice.")
    }
    guard 0...100_000 ~= bootstrap else {
      throw ValidationError(
        "--bootstrap: expected a number from 0 to 100000, found \(bootstrap).")
    }
    _ = try chosenCalibration()
  }

  func run() async throws {
    Interruption.listen()
    let comparison = try compare()
    comparison.notes.forEach(common.terminal.warn)
    if let output {
      let page = try await ComparisonPage(comparison, version: Mixmo.version).write(
        to: URL(fileURLWithPath: output), gnuplot: ReportJob.gnuplot(common.terminal),
        threadCount: common.workers.count)
      common.terminal.say("The page is \(page.path).")
    }
    if common.json {
      try common.terminal.show(json: ComparisonRecord(comparison))
    } else {
      try common.terminal.show(ComparisonText(comparison).text)
    }
  }

  private var folders: [URL] { runs.map { URL(fileURLWithPath: $0) } }

  private func chosenCalibration() throws -> Calibration {
    guard let known = Self.calibrations.first(where: { $0.rawValue == calibration }) else {
      let names = Self.calibrations.map(\.rawValue)
      throw ValidationError(
        "--calibration: unknown \"\(calibration)\"; "
          + Spelling.suggestion(for: calibration, from: names))
    }
    return known
  }

  private func compare() throws -> Comparison {
    var comparer = RunComparer(threadCount: common.workers.count)
    comparer.predictor = predictor
    comparer.calibration = try chosenCalibration()
    comparer.drawCount = bootstrap
    comparer.seed = common.seed
    var bar: ProgressBar?
    defer { bar?.finish() }
    return try comparer.compare(folders) { done, total in
      let shown = bar ?? ProgressBar("compare", total: total, terminal: common.terminal)
      bar = shown
      shown.update(done)
      try Interruption.check(common.terminal, shown, saying: "nothing was written")
    }
  }
}

/// A comparison for programs.
private struct ComparisonRecord: Encodable {
  let conclusions: [String]
  let caveat: String
  let rows: [Comparison.Row]

  init(_ comparison: Comparison) {
    conclusions = comparison.conclusions
    caveat = Comparison.caveat
    rows = comparison.rows
  }
}
