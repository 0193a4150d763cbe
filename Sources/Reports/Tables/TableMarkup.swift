import Formats
import Foundation
import Runs
import Scoring

extension SelectedTable {
  /// The explanation of bold values.
  var legend: String {
    isTested
      ? "Bold: the best of a column, and what is not significantly worse in paired tests of the predictions; "
        + "where there is no test, what has a 95 % interval that contains the best."
      : "Bold: the best of a column, and what has a 95 % interval that contains it."
  }

  /// What a title with a dagger has; nil where none has one.
  var noteOnSubstitutes: String? {
    let names = substitutes.joined().reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    guard !names.isEmpty else { return nil }
    let runs = runsOfSubstitutes
    return "with a substitute for \(names.listed())"
      + (runs.isEmpty ? "" : " in \(runs.listed(limit: .max))")
      + ", not comparable with published values."
  }

  /// Whether a metric is shown as a percentage.
  static func isShare(_ metric: String) -> Bool {
    switch Metric(name: PairedMetric(name: metric)?.metric ?? metric) {
    case .accuracy, .topFiveAccuracy, .falsePositiveRateAt95: true
    default: metric == "mean_corruption_error"
    }
  }

  /// A value with the digits that the table has.
  static func shown(_ value: Double, _ metric: String) -> String {
    isShare(metric) ? String(format: "%.2f", 100 * value) : String(format: "%.4f", value)
  }

  private static func heading(_ metric: String) -> String {
    metric + (isShare(metric) ? " (%)" : "")
  }

  /// The headings of the columns of names, and each one's index in a row's `names`.
  ///
  /// The column of runs is left out where there is one run.
  private var nameHeadings: [(title: String, index: Int)] {
    [("run", 0), ("predictor", 1), ("calibration", 2)].filter { _, index in
      index > 0 || Set(rows.map { $0.names[0] }).count > 1
    }
  }

  /// The table in Markdown.
  package func markdown(hasIntervals: Bool) -> String {
    let heading =
      nameHeadings.map(\.title)
      + zip(selection.scopes, substitutes).flatMap { scope, substitutes in
        selection.metrics.map {
          "\(Self.heading($0)), \(scope.title)" + (substitutes.isEmpty ? "" : " †")
        }
      }
    let rule =
      nameHeadings.map { _ in ":--" } + heading.dropFirst(nameHeadings.count).map { _ in "--:" }
    let body = rows.map { row in
      nameHeadings.map { Self.escapedForMarkdown(row.names[$0.index]) }
        + row.entries.enumerated().map { column, entry in
          markdown(entry, columnMetric(at: column), hasIntervals)
        }
    }
    let lines = [heading.map(Self.escapedForMarkdown), rule] + body
    let note = noteOnSubstitutes.map { "\n† \(Self.escapedForMarkdown($0))\n" }
    return lines.map { "| \($0.joined(separator: " | ")) |\n" }.joined()
      + "\n\(legend)\n" + (note ?? "")
  }

  private func markdown(_ entry: Entry?, _ metric: String, _ hasIntervals: Bool) -> String {
    guard let entry else { return "–" }
    let value = Self.shown(entry.value, metric)
    let interval = entry.interval.map {
      " [\(Self.shown($0.low, metric)), \(Self.shown($0.high, metric))]"
    }
    return (entry.isBest ? "**\(value)**" : value) + (hasIntervals ? interval ?? "" : "")
  }

  private static func escapedForMarkdown(_ text: String) -> String {
    text.withoutControlCharacters.reduce(into: "") { escaped, character in
      if "\\`*_{}[]<>#|$&~".contains(character) { escaped += "\\" }
      escaped.append(character)
    }
  }

  /// The table in LaTeX, for the package `booktabs`; with intervals, ± stands below each value.
  package func latex(hasIntervals: Bool) -> String {
    LaTeXTable(self, hasIntervals: hasIntervals).text
  }
}

extension Metric.Direction {
  /// Which values of a figure of `summary.csv` are better; those of classes, prediction sets and
  /// images of no class are no metrics.
  init(ofFigure name: String) {
    let isShare =
      ClassFigure(rawValue: name) != nil || name.hasPrefix("coverage_")
      || DetectionMean(parsing: name)?.figure.isLargerBetter ?? false
    let added = MetricGroup.all.flatMap(\.metrics).first { $0.name == name }
    self = (Metric(name: name) ?? added)?.better ?? (isShare ? .higher : .lower)
  }
}
