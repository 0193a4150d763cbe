import ArgumentParser
import Foundation
import Reports

struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "Sets figures of summary.csv as a table in Markdown or LaTeX.",
    discussion: """
      The best figure of a column is bold, and so is what has an interval that reaches it.

      Example: two ensembles over the 15 corruptions and one family, in LaTeX:

        mixmo table runs/mimo runs/cutmixmo --format latex --predictor ensemble \\
          --over clean c15/macro c15/blur --metric accuracy nll
      """)

  enum Form: String, CaseIterable, ExpressibleByArgument {
    case markdown
    case latex
  }

  @Argument(help: ArgumentHelp("Folders of evaluations.", valueName: "run"))
  var runs: [String]

  @Option(help: "markdown or latex, which needs the package booktabs.")
  var format = Form.markdown

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "What figures are taken over (default: clean and the macro means of c15 and c19).",
      valueName: "protocol/aggregate"))
  var over: [String] = []

  @Option(parsing: .upToNextOption, help: "Metrics (default: accuracy nll ece).")
  var metric: [String] = []

  @Option(parsing: .upToNextOption, help: "Predictors (default: all).")
  var predictor: [String] = []

  @Option(parsing: .upToNextOption, help: "Calibrations (default: all).")
  var calibration: [String] = []

  @Flag(help: "Write the 95 % intervals behind the figures.")
  var intervals = false

  func run() throws {
    let runs = try ReportJob.read(runs.map { URL(fileURLWithPath: $0) })
    var selection = SummarySelection(standardFor: runs)
    if !over.isEmpty { selection.scopes = over.map(Self.scope) }
    if !metric.isEmpty { selection.metrics = metric }
    if !predictor.isEmpty { selection.predictors = predictor }
    if !calibration.isEmpty { selection.calibrations = calibration }
    let table = try SelectedTable(runs, selection)
    try Terminal(isQuiet: false, isJSON: false).show(
      format == .latex
        ? table.latex(hasIntervals: intervals) : table.markdown(hasIntervals: intervals))
  }

  /// `c15/blur` as a scope; a protocol alone means its macro mean.
  private static func scope(_ text: String) -> SummarySelection.Scope {
    guard let slash = text.firstIndex(of: "/") else {
      return SummarySelection.Scope(
        protocolName: text, aggregate: text == "clean" ? "clean" : "macro")
    }
    return SummarySelection.Scope(
      protocolName: String(text[..<slash]), aggregate: String(text[text.index(after: slash)...]))
  }
}
