import Formats
import Foundation
import Scoring

/// A table as LaTeX, for the package `booktabs`: in small type, as narrow as it can be.
///
/// What all rows share is said in a comment, and a run in the first of its rows. Where names of runs are long, their column takes what the
/// others leave of the line, and they break at dashes and underscores.
struct LaTeXTable {
  private let table: SelectedTable
  private let hasIntervals: Bool

  init(_ table: SelectedTable, hasIntervals: Bool) {
    self.table = table
    self.hasIntervals = hasIntervals
  }

  /// Half of the space between columns, in em.
  private static let separation = 0.25
  /// From this width in em on, a column of runs takes what is left of the line.
  private static let longName = 12.0
  /// The least width of such a column, in em.
  private static let leastNames = 5.5
  /// The widths of a column and of a page of an article in 10 pt, in em of `\small`.
  private static let lineWidths = (column: 25.0, page: 37.3)

  var text: String {
    """
    % Needs \\usepackage{booktabs}; \(widthNote). \(table.legend)
    \(sharedNames)\
    {\\small\\setlength{\\tabcolsep}{\(Self.separation)em}%
    \\begin{tabular}{@{}\(columns)@{}}
    \\toprule
    \(scopeLines)
    \(line(names.map { LaTeXText.escaped($0.title) } + metricHeadings))
    \\midrule
    \(table.rows.indices.flatMap(lines(ofRow:)).joined(separator: "\n"))
    \\bottomrule
    \\end{tabular}\(noteOnSubstitutes)}

    """
  }

  // MARK: Columns

  /// The columns of names in which rows differ; that of runs at least.
  private var names: [(title: String, index: Int)] {
    let all = [("run", 0), ("predictor", 1), ("calibration", 2)]
    let different = all.filter { _, index in Set(table.rows.map { $0.names[index] }).count > 1 }
    return (different.isEmpty ? [all[0]] : different).map { (title: $0.0, index: $0.1) }
  }

  private var metrics: [String] { table.selection.metrics }

  private var columnCount: Int { names.count + table.selection.scopes.count * metrics.count }

  private var columns: String {
    let first =
      runsAreLong
      ? String(
        format: "p{\\dimexpr\\linewidth-%.1fem\\relax}", numberWidth + otherNamesWidth)
      : "l"
    return first + String(repeating: "l", count: names.count - 1)
      + String(repeating: "r", count: columnCount - names.count)
  }

  /// What all rows have in common, as a comment.
  private var sharedNames: String {
    let shown = names.map(\.index)
    guard let row = table.rows.first else { return "" }
    let shared = [("Run", 0), ("Predictor", 1), ("Calibration", 2)].filter { !shown.contains($0.1) }
      .map { "\($0.0): \(row.names[$0.1].oneLine)." }
    return shared.isEmpty ? "" : "% \(shared.joined(separator: " "))\n"
  }

  // MARK: Headings

  private var scopeLines: String {
    let scopes = zip(table.selection.scopes, table.substitutes).map { scope, substitutes in
      "\\multicolumn{\(metrics.count)}{c}{\(LaTeXText.escaped(scope.title))"
        + (substitutes.isEmpty ? "}" : "$^\\dagger$}")
    }
    let rules = table.selection.scopes.indices.map { scope in
      let first = names.count + scope * metrics.count + 1
      return "\\cmidrule(lr){\(first)-\(first + metrics.count - 1)}"
    }
    return line(names.map { _ in "" } + scopes) + "\n" + rules.joined(separator: " ")
  }

  private var metricHeadings: [String] {
    table.selection.scopes.flatMap { _ in
      metrics.map { metric in
        "\(LaTeXText.escaped(MetricTitle.text(metric)))\(SelectedTable.isShare(metric) ? " \\%" : "")"
          + Self.arrow(metric)
      }
    }
  }

  private static func arrow(_ metric: String) -> String {
    switch Metric.Direction(ofFigure: metric) {
    case .higher: " $\\uparrow$"
    case .lower: " $\\downarrow$"
    case .zero: " $\\to 0$"
    case .none: ""
    }
  }

  private var noteOnSubstitutes: String {
    table.noteOnSubstitutes.map {
      "\n\\par\\smallskip{\\footnotesize $^\\dagger$ \(LaTeXText.escaped($0))\\par}"
    } ?? ""
  }

  // MARK: Rows

  /// The line of a row and, with intervals, one below it that says how far their ends are away.
  private func lines(ofRow index: Int) -> [String] {
    let row = table.rows[index]
    let values = row.entries.enumerated().map { column, entry in
      entry.map { value($0, table.columnMetric(at: column)) } ?? "--"
    }
    let first = line(names.map { isRepeated($0.index, index) ? "" : name(row, $0.index) } + values)
    guard hasIntervals else { return [first] }
    let reaches = row.entries.enumerated().map { column, entry in
      entry.flatMap { reach($0, table.columnMetric(at: column)) } ?? ""
    }
    return [first, line(names.map { _ in "" } + reaches) + "[0.2em]"]
  }

  /// Whether a name is that of the run of the row above, beside other names.
  private func isRepeated(_ name: Int, _ row: Int) -> Bool {
    name == 0 && names.count > 1 && row > 0
      && table.rows[row].names[0] == table.rows[row - 1].names[0]
  }

  private func name(_ row: SelectedTable.Row, _ index: Int) -> String {
    index == names[0].index && runsAreLong
      ? "\\raggedright \(LaTeXText.breakable(row.names[index]))"
      : LaTeXText.escaped(row.names[index])
  }

  private func value(_ entry: SelectedTable.Entry, _ metric: String) -> String {
    let value = Self.number(entry.value, metric)
    return entry.isBest ? "\\textbf{\(value)}" : value
  }

  /// ± the distance of the farther end of the interval.
  private func reach(_ entry: SelectedTable.Entry, _ metric: String) -> String? {
    entry.interval.map { interval in
      let reach = max(entry.value - interval.low, interval.high - entry.value)
      return "{\\scriptsize$\\pm$\(Self.number(reach, metric))}"
    }
  }

  private static func number(_ value: Double, _ metric: String) -> String {
    SelectedTable.shown(value, metric).replacing("-", with: "$-$")
  }

  private func line(_ fields: [String]) -> String { fields.joined(separator: " & ") + " \\\\" }

  // MARK: Widths, in em

  private var runsAreLong: Bool {
    names[0].index == 0 && width(ofNames: 0) > Self.longName
  }

  private func width(ofNames index: Int) -> Double {
    table.rows.map { LaTeXText.width($0.names[index]) }.max() ?? 0
  }

  private var otherNamesWidth: Double {
    names.dropFirst().reduce(0) {
      $0 + max(width(ofNames: $1.index), LaTeXText.width($1.title)) + 2 * Self.separation
    }
  }

  /// The columns of numbers, with the space around them.
  private var numberWidth: Double {
    (0..<columnCount - names.count).reduce(Self.separation) { sum, column in
      let metric = table.columnMetric(at: column)
      let values = table.rows.compactMap { $0.entries[column] }.map {
        // Bold type is wider by an eighth.
        LaTeXText.width(SelectedTable.shown($0.value, metric)) * ($0.isBest ? 1.15 : 1)
      }
      let heading =
        LaTeXText.width(MetricTitle.text(metric)) + (SelectedTable.isShare(metric) ? 1.2 : 0)
        + (Self.arrow(metric).isEmpty ? 0 : Metric.Direction(ofFigure: metric) == .zero ? 2.4 : 0.9)
      return sum + max(heading, values.max() ?? 0) + 2 * Self.separation
    }
  }

  /// Whether the table fits a column or a page.
  private var widthNote: String {
    let names =
      runsAreLong
      ? Self.leastNames : max(width(ofNames: names[0].index), LaTeXText.width(self.names[0].title))
    let width = names + otherNamesWidth + numberWidth
    if width <= Self.lineWidths.column { return "fits a column of 3.3 in" }
    if width <= Self.lineWidths.page { return "fits a page of 4.8 in" }
    return String(
      format:
        "about %.0f em of small type wide, more than a page of 4.8 in: choose fewer --over or "
        + "--metric", width)
  }
}

/// The names of metrics as headings of papers.
enum MetricTitle {
  private static let titles: [Metric: String] = [
    .accuracy: "Acc.", .topFiveAccuracy: "Top-5", .negativeLogLikelihood: "NLL",
    .brierScore: "Brier", .brierScorePerClass: "Brier/K", .calibrationError: "ECE",
    .maximumCalibrationError: "MCE", .adaptiveCalibrationError: "ACE",
    .classwiseCalibrationError: "cwECE", .thresholdedCalibrationError: "TACE",
    .debiasedCalibrationError: "debiased CE", .smoothCalibrationError: "smECE",
    .overconfidence: "Overconf.", .misclassificationAUROC: "AUROC",
    .errorAveragePrecision: "AUPR error", .successAveragePrecision: "AUPR success",
    .falsePositiveRateAt95: "FPR95", .riskCoverageArea: "AURC", .excessRiskCoverageArea: "E-AURC",
    .generalizedRiskCoverageArea: "AUGRC", .entropy: "Entropy",
    .calibrationLoss: "Cal. loss", .refinementLoss: "Ref. loss",
  ]

  /// The heading of the metric `name`; of a corruption error its name in words.
  static func text(_ name: String) -> String {
    Metric(name: name).flatMap { titles[$0] } ?? name.replacing("_", with: " ")
  }
}
