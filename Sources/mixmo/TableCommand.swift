import ArgumentParser
import Foundation
import Reports

struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "Prints values of summary.csv as a table in Markdown or LaTeX.",
    example: HelpExample(
      "the scores of mixmo demo, for a paper",
      """
      mixmo table demo/exp_digits_wrn101-2_cutmixmo-p5_standard_bar1 \\
        --format latex
      """),
    discussion: """
      The best value of a column is bold, and so are those that are not significantly worse. Where the \
      runs have their predictions, that is decided by the paired tests of compare, so that the two never \
      contradict each other; elsewhere by the intervals.

      A table in LaTeX has clean images, c15 and each run's first row by default, and says whether it \
      fits a column or a page.

      Example: two ensembles over the 15 corruptions and one family, in LaTeX:

        mixmo table runs/mimo runs/cutmixmo --format latex --predictor ensemble \\
          --over clean c15/macro c15/blur --metric accuracy nll
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case markdown
    case latex
  }

  @Argument(help: ArgumentHelp("Run folders.", valueName: "run"))
  var runs: [String]

  @Option(help: "The markup; latex needs the package booktabs.")
  var format = Format.markdown

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "What values are taken over (default: clean and the macro means of c15 and c19).",
      valueName: "protocol/aggregate"))
  var over: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: "Metrics (default: \(SummarySelection.standardMetrics.joined(separator: " "))).")
  var metric: [String] = []

  @Option(parsing: .upToNextOption, help: "Predictors (default: all).")
  var predictor: [String] = []

  @Option(parsing: .upToNextOption, help: "Calibrations (default: all).")
  var calibration: [String] = []

  @Flag(help: "Print 95 % intervals after the values; in LaTeX ± below them.")
  var intervals = false

  @Flag(help: "Say nothing but the table.")
  var quiet = false

  @OptionGroup var threading: ThreadOptions

  func run() throws {
    let runs = try ReportJob.read(runs.map { URL(fileURLWithPath: $0) })
    let standard = SummarySelection(standardFor: runs)
    var selection = format == .latex ? standard.narrow : standard
    if !over.isEmpty { selection.scopes = over.map(Self.scope) }
    if !metric.isEmpty { selection.metrics = metric }
    if !predictor.isEmpty { selection.predictors = predictor }
    if !calibration.isEmpty { selection.calibrations = calibration }
    let steps = StepProgress(Terminal(isQuiet: quiet, isJSON: false))
    let table = try SelectedTable(
      runs, selection, testThreadCount: threading.workers.count
    ) { try steps.show($0, $1, of: $2) }
    steps.finish()
    try Terminal(isQuiet: false, isJSON: false).show(
      format == .latex
        ? table.latex(hasIntervals: intervals) : table.markdown(hasIntervals: intervals))
  }

  /// The scope that a text such as `c15/blur` names; a protocol alone means its macro mean.
  private static func scope(_ text: String) -> SummarySelection.Scope {
    guard let slash = text.firstIndex(of: "/") else {
      return SummarySelection.Scope(macroMeanOf: text)
    }
    return SummarySelection.Scope(
      protocolName: String(text[..<slash]), aggregate: String(text[text.index(after: slash)...]))
  }
}
