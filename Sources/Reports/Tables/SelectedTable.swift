import Foundation
import Scoring

/// A selection of the figures of some runs, to be set as a table.
package struct SelectedTable: Sendable {
  /// A figure in its row and column.
  struct Entry: Sendable {
    let value: Double
    let interval: Interval?
    /// Whether nothing in the column is better, beyond what intervals tell.
    var isBest = false
  }

  struct Row: Sendable {
    /// Run, predictor and calibration.
    let names: [String]
    /// The fitted calibration that is a bound and no result.
    let isBound: Bool
    var entries: [Entry?]  // [scopes · metrics]
  }

  let selection: SummarySelection
  private(set) var rows: [Row]

  /// The figures of `selection` in `runs`.
  ///
  /// - Throws: `ReportsError.nothingSelected` naming what none of the runs has.
  package init(_ runs: [Run], _ selection: SummarySelection) throws {
    self.selection = selection
    try Self.check(runs, selection)
    rows = runs.flatMap { run in
      Self.subjects(run, selection).map { predictor, calibration in
        Row(
          names: [run.label, predictor, calibration],
          isBound: calibration == Calibration.oracle.rawValue,
          entries: selection.scopes.flatMap { scope in
            selection.metrics.map { metric in
              Self.entry(
                run, [scope.protocolName, scope.aggregate, predictor, calibration, metric])
            }
          })
      }
    }
    for column in selection.scopes.indices.flatMap({ scope in
      selection.metrics.indices.map { scope * selection.metrics.count + $0 }
    }) {
      markBest(column, selection.metrics[column % selection.metrics.count])
    }
  }

  private static func check(_ runs: [Run], _ selection: SummarySelection) throws {
    func known(_ column: String) -> [String] {
      runs.flatMap { $0.summary.values(of: column) }
        .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
    let asked: [(column: String, names: [String])] = [
      ("protocol", selection.scopes.map(\.protocolName)),
      ("aggregate", selection.scopes.map(\.aggregate)), ("metric", selection.metrics),
      ("predictor", selection.predictors ?? []), ("calibration", selection.calibrations ?? []),
    ]
    for (column, names) in asked {
      let known = known(column)
      if let missing = names.first(where: { !known.contains($0) }) {
        throw ReportsError.nothingSelected(column: column, expected: known, found: missing)
      }
    }
  }

  private static func subjects(
    _ run: Run, _ selection: SummarySelection
  ) -> [(predictor: String, calibration: String)] {
    var seen: Set<[String]> = []
    return run.summary.keys.map { [$0[2], $0[3]] }.filter { seen.insert($0).inserted }
      .map { ($0[0], $0[1]) }
      .filter { predictor, calibration in
        selection.predictors?.contains(predictor) ?? true
          && selection.calibrations?.contains(calibration) ?? true
      }
  }

  private static func entry(_ run: Run, _ key: [String]) -> Entry? {
    guard let value = run.summary[key, "value"]?.value else { return nil }
    let ends = (run.summary[key, "low"]?.value, run.summary[key, "high"]?.value)
    guard case (let low?, let high?) = ends else { return Entry(value: value, interval: nil) }
    return Entry(value: value, interval: Interval(low: low, high: high))
  }

  /// Marks the best figure of a column, those that are shown as the same, and those whose interval
  /// reaches it.
  private mutating func markBest(_ column: Int, _ metric: String) {
    guard let goodness = Self.goodness(metric) else { return }
    let candidates = rows.indices.filter { !rows[$0].isBound }
    let best = candidates.compactMap { rows[$0].entries[column]?.value }
      .max { goodness($0) < goodness($1) }
    guard let best else { return }
    for row in candidates {
      guard let entry = rows[row].entries[column] else { continue }
      let isEqual = Self.shown(entry.value, metric) == Self.shown(best, metric)
      let isReached = entry.interval.map { $0.low <= best && best <= $0.high } ?? false
      rows[row].entries[column]?.isBest = isEqual || isReached
    }
  }

  /// A number that is larger for better values of a metric; nil where none is better.
  private static func goodness(_ metric: String) -> ((Double) -> Double)? {
    switch Metric(rawValue: metric) {
    case .accuracy, .topFiveAccuracy, .misclassificationAUROC, .errorAveragePrecision,
      .successAveragePrecision:
      { $0 }
    case .overconfidence: { -abs($0) }
    case .entropy: nil
    default: { -$0 }
    }
  }

  /// The metrics that are shown in per cent.
  static func isShare(_ metric: String) -> Bool {
    ["accuracy", "accuracy_top5", "mce_unnormalised", "fpr95"].contains(metric)
  }

  static func shown(_ value: Double, _ metric: String) -> String {
    isShare(metric) ? String(format: "%.2f", 100 * value) : String(format: "%.4f", value)
  }

  /// The headings of the columns of names that tell rows apart.
  var nameHeadings: [(title: String, place: Int)] {
    [("run", 0), ("predictor", 1), ("calibration", 2)].filter { _, place in
      place > 0 || Set(rows.map { $0.names[0] }).count > 1
    }
  }

  /// What bold means.
  static let legend = "Bold: the best of a column, and what has a 95 % interval that reaches it."
}
