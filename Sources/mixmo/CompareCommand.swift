import ArgumentParser
import Formats
import Foundation
import Reports
import Runs
import Scoring

struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Tests whether runs differ on the same images.",
    example: HelpExample(
      "whether the second run is better than the first",
      "mixmo compare runs/baseline runs/first --output comparison"),
    discussion: """
      Reads the predictions that evaluate, demo or score left in the run folders, and compares each \
      run with the first: accuracy, NLL, Brier score, ECE and overconfidence, on clean images and on \
      average over the corrupted cells, then in every cell. All are tested in pairs over images; the \
      probability of any wrong claim among all of them is at most 5 %. Intervals come from the paired \
      bootstrap over images. Calibrations are fitted on halves of the clean images.

      --output writes comparison.html and comparison.csv, which has a row for each run, cell and \
      metric. Rows of the corruption "mean" are means over the corrupted cells; p_holm is the \
      p-value corrected for all tests together.

      Example: two runs against a third, calibrated:

        mixmo compare runs/baseline runs/first runs/second \\
          --calibration temperature --output comparison
      """)

  /// The calibrations that are not fitted on the rows that they score.
  private static let calibrations = Calibration.all.filter { !$0.isBound }

  @Argument(help: ArgumentHelp("Run folders, the reference first.", valueName: "run"))
  var runs: [String]

  @Option(
    help: ArgumentHelp(
      "The predictor: \(Predictor.network.name), \(Predictor.ensemble.name), "
        + "\(Predictor.ensembleProbabilities.name), or \(Predictor.member(0).name), "
        + "\(Predictor.member(1).name), … (default: of each run that of the first row of its tables). "
        + "Of a run of one network, an ensemble is the network; of one of several members, network is "
        + "the ensemble.",
      valueName: "name"))
  var predictor: String?

  @Option(
    help: ArgumentHelp(
      "One of \(calibrations.map(\.name).joined(separator: ", ")).", valueName: "name"))
  var calibration = Calibration.none.name

  @Option(
    help: ArgumentHelp(
      "Compare the coverage and the size of prediction sets as well, by lac, aps or raps, with the largest "
        + "α of the runs' conformal.csv.", valueName: "name"))
  var sets: ConformalMethod?

  @Flag(help: "Compare the mean accuracy of the classes as well.")
  var perClass = false

  @Option(
    name: .customLong("class"),
    help: ArgumentHelp(
      "Compare the accuracy of this class as well; may be given several times. Choose it before seeing "
        + "the runs: the class that one run does worst on favors the others.", valueName: "number"))
  var classes: [Int] = []

  @Flag(
    help: ArgumentHelp(
      "Compare what predictions are worth against the runs' soft labels as well, which must be the same."
    ))
  var softLabels = false

  @Flag(help: "Compare risk at 80 and 90 % coverage, and coverage at 1 and 5 % risk, as well.")
  var selective = false

  @Flag(
    help: ArgumentHelp(
      "Compare miscalibration, discrimination and uncertainty of the top label's Brier and log score (CORP) as "
        + "well."))
  var decompositions = false

  @Option(
    help: ArgumentHelp(
      "Compare how well images are told from these images of no class as well, which all runs have.",
      valueName: "name"))
  var ood: String?

  @Option(
    help: ArgumentHelp(
      "With --ood, the score that tells them: \(DetectionScore.allCases.map(\.name).joined(separator: ", ")) "
        + "(default: msp).", valueName: "name"))
  var oodScore: DetectionScore?

  @Option(help: ArgumentHelp("Bootstrap resamples for the intervals.", valueName: "count"))
  var bootstrap = 1000

  @Option(
    help: ArgumentHelp(
      "The folder for comparison.csv and comparison.html.", valueName: "dir"))
  var output: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard runs.count > 1 else { throw ValidationError("Give two or more run folders.") }
    let paths = folders.map { $0.resolvingSymlinksInPath().path }
    if let twice = paths.first(where: { path in paths.count { $0 == path } > 1 }) {
      throw ValidationError("\(twice.oneLine) is given twice; give each run once.")
    }
    guard 0...100_000 ~= bootstrap else {
      throw ValidationError(
        "--bootstrap: expected a number from 0 to 100000, found \(bootstrap).")
    }
    _ = try chosenCalibration()
    if let twice = classes.first(where: { index in classes.count { $0 == index } > 1 }) {
      throw ValidationError("--class: \(twice) is given twice; give each class once.")
    }
    guard ood != nil || oodScore == nil else { throw ValidationError("--ood-score needs --ood.") }
    if let ood, !OutOfDistributionName.isValid(ood) {
      throw ValidationError(
        "--ood: expected \(OutOfDistributionName.expectation), found \"\(ood.oneLine)\".")
    }
  }

  func run() async throws {
    Interruption.listen()
    let comparison = try compare()
    comparison.notes.forEach(common.terminal.warn)
    if let output {
      let steps = StepProgress(common.terminal, whenInterrupted: Self.advice)
      let page = try await ComparisonPage(comparison, version: Mixmo.version).write(
        to: URL(fileURLWithPath: output), gnuplot: ReportJob.gnuplot(common.terminal),
        threadCount: common.workers.count
      ) { try steps.show($0, $1, of: $2) }
      steps.finish()
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
    guard let known = Self.calibrations.first(where: { $0.name == calibration }) else {
      let names = Self.calibrations.map(\.name)
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
    comparer.sets = sets
    comparer.classes = SubjectClasses.Choice(
      hasBalancedAccuracy: perClass, classes: classes)
    comparer.comparesSoftLabels = softLabels
    comparer.groups = [(MetricGroup.selective, selective), (.decompositions, decompositions)]
      .filter(\.1).map(\.0)
    comparer.outOfDistribution = ood.map { ($0, oodScore ?? .maximumProbability) }
    comparer.drawCount = bootstrap
    comparer.seed = common.seed
    let steps = StepProgress(common.terminal, whenInterrupted: Self.advice)
    var bar: ProgressBar?
    defer {
      steps.finish()
      bar?.finish()
    }
    return try comparer.compare(folders) {
      try steps.show(.hash, $0, of: $1)
    } report: { done, total in
      let shown = bar ?? ProgressBar("compare", total: total, terminal: common.terminal)
      bar = shown
      shown.update(done)
      try Interruption.check(common.terminal, shown, saying: Self.advice)
    }
  }

  private static let advice = "nothing was written; run the same command to start again"
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

extension ConformalMethod: ExpressibleByArgument {}
extension DetectionScore: ExpressibleByArgument {}
