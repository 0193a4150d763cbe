import Formats
import Runs
import Scoring

/// Which values of `summary.csv` a table shows.
package struct SummarySelection: Sendable {
  /// What values are taken over: a protocol and one of its aggregates.
  package struct Scope: Sendable, Equatable {
    package let protocolName: String
    package let aggregate: String

    /// An aggregate of a protocol; names of older versions are today's.
    package init(protocolName: String, aggregate: String) {
      self.protocolName = OlderNames.protocolName(protocolName)
      self.aggregate = OlderNames.protocolName(aggregate)
    }

    /// The macro mean of a protocol, or the clean test set by its name.
    package init(macroMeanOf protocolName: String) {
      let clean = Cell.clean.corruption
      self.init(
        protocolName: protocolName,
        aggregate: protocolName == clean ? clean : CorruptionAggregate.macro.name)
    }

    /// The name above the columns.
    var title: String {
      protocolName == aggregate ? protocolName : "\(protocolName), \(aggregate)"
    }
  }

  /// The metrics that a table shows by default.
  package static let standardMetrics = ShownMetric.headline.map(\.name)

  package var scopes: [Scope]
  /// Metrics by their names, which may be shortened: `auroc` is `auroc_misclassification`.
  package var metrics: [String]
  /// Nil for all; see `PredictorChoice`.
  package var predictors: [String]?
  /// Nil for all.
  package var calibrations: [String]?

  package init(
    scopes: [Scope], metrics: [String], predictors: [String]? = nil, calibrations: [String]? = nil
  ) {
    self.scopes = scopes
    self.metrics = metrics
    self.predictors = predictors
    self.calibrations = calibrations
  }

  /// The standard metrics on clean images, and their macro means over the protocols that all of
  /// `runs` have complete.
  package init(standardFor runs: [Run]) {
    let names = runs.first?.summary.values(of: "protocol") ?? []
    let scopes = names.filter {
      $0 != CorruptionProtocol.Name.mixmo.rawValue && $0 != ReferenceErrors.protocolName
    }
    .filter { $0 != CorruptionProtocol.ownCells || runs.haveSameCells }
    .map(Scope.init(macroMeanOf:))
    let present = runs.map { run in Set(run.summary.keys.map { Array($0[..<2]) }) }
    self.init(
      scopes: scopes.filter { scope in
        present.allSatisfy { $0.contains([scope.protocolName, scope.aggregate]) }
      }, metrics: Self.standardMetrics)
  }
}

/// Selected values of some runs, as the rows and columns of a table.
package struct SelectedTable: Sendable {
  /// A value in its row and column.
  struct Entry: Sendable {
    let value: Double
    let interval: Interval?
    /// Whether nothing in the column is better, beyond what intervals tell.
    var isBest = false
  }

  struct Row: Sendable {
    /// Run, predictor and calibration.
    let names: [String]
    /// Whether the calibration was fitted on what it scores: a bound, not a result.
    let isBound: Bool
    var entries: [Entry?]  // [scopes · metrics]
  }

  /// What is shown, with whole names of metrics.
  let selection: SummarySelection
  private(set) var rows: [Row]
  /// The published names of corruptions that a substitute stands in for in each of the scopes.
  let substitutes: [[String]]  // [scopes]
  /// Whether bold values were found by tests.
  let isTested: Bool
  /// The labels of the runs that have a substitute; none where all have it.
  let runsOfSubstitutes: [String]

  /// The values of `selection` in `runs`.
  ///
  /// - Parameters:
  ///   - runs: The runs.
  ///   - selection: What is shown.
  ///   - testThreadCount: On how many threads stored predictions are scored, to test which values are the
  ///     best; nil to go by the intervals of the tables.
  ///   - report: Told how far the tests are.
  /// - Throws: `ReportsError.nothingSelected` naming what none of the runs has;
  ///   `ReportsError.ambiguous` for a name that is short for several;
  ///   `ReportsError.otherRun` for calibration errors of different bins.
  package init(
    _ runs: [Run], _ selection: SummarySelection, testThreadCount: Int? = nil,
    _ report: ReportStep.Report = { _, _, _ in }
  ) throws {
    let selection = try Self.checked(selection, in: runs)
    self.selection = selection
    substitutes = selection.scopes.map { scope in
      runs.flatMap { $0.substitutes(in: scope.aggregate) }
        .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
    let marked = runs.filter { run in
      selection.scopes.contains { !run.substitutes(in: $0.aggregate).isEmpty }
    }
    runsOfSubstitutes = marked.count < runs.count ? marked.map(\.label) : []
    var subjects: [RowTests.Subject] = []
    rows = runs.enumerated().flatMap { index, run in
      Self.subjects(run, selection).map { predictor, calibration in
        subjects.append(
          RowTests.Subject(run: index, predictor: predictor, calibration: calibration))
        return Row(
          names: [run.label, predictor, calibration],
          isBound: Calibration(name: calibration)?.isBound ?? false,
          entries: selection.scopes.flatMap { scope in
            selection.metrics.map { metric in
              Self.entry(
                run, [scope.protocolName, scope.aggregate, predictor, calibration, metric])
            }
          })
      }
    }
    let tests = try testThreadCount.flatMap { threadCount in
      try RowTests(
        runs, subjects, scopes: selection.scopes.map { runs[0].cells(in: $0) },
        threadCount: threadCount, report)
    }
    isTested = tests != nil
    for column in 0..<selection.scopes.count * selection.metrics.count {
      markBest(column, columnMetric(at: column), tests)
    }
  }

  /// The metric of a column of values.
  func columnMetric(at column: Int) -> String {
    selection.metrics[column % selection.metrics.count]
  }

  /// The selection with whole names, all of which some run has.
  private static func checked(
    _ selection: SummarySelection, in runs: [Run]
  ) throws -> SummarySelection {
    func known(_ column: String) -> [String] {
      runs.flatMap { $0.summary.values(of: column) }
        .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
    var selection = selection
    let metrics = known("metric")
    selection.metrics = try selection.metrics.map { try metric($0, among: metrics) }
    let asked: [(column: String, names: [String])] = [
      ("protocol", selection.scopes.map(\.protocolName)),
      ("aggregate", selection.scopes.map(\.aggregate)),
      ("calibration", selection.calibrations ?? []),
    ]
    for (column, names) in asked {
      let known = known(column)
      if let missing = names.first(where: { !known.contains($0) }) {
        throw ReportsError.nothingSelected(column: column, expected: known, found: missing)
      }
    }
    for name in selection.predictors ?? [] where runs.allSatisfy({ $0.predictor(name) == nil }) {
      throw ReportsError.nothingSelected(
        column: "predictor", expected: known("predictor"), found: name)
    }
    try checkBinning(of: runs, selection)
    try checkOwnCells(of: runs, selection)
    return selection
  }

  /// The metric that `name` means, perhaps shortened or as an older version called it.
  private static func metric(_ name: String, among known: [String]) throws -> String {
    // Differences are named in whole: `nll` is short for no `nll_minus(none)`.
    let isDifference = PairedMetric(name: name) != nil
    let known = known.filter { isDifference || PairedMetric(name: $0) == nil }
    switch ShortNames.meaning(of: OlderNames.metric(name), among: known) {
    case .name(let metric): return metric
    case .several(let metrics):
      throw ReportsError.ambiguous(column: "metric", names: metrics, found: name)
    case .nothing:
      throw ReportsError.nothingSelected(column: "metric", expected: known, found: name)
    }
  }

  private static func checkBinning(of runs: [Run], _ selection: SummarySelection) throws {
    guard selection.metrics.contains(where: Binning.metricNames.contains) else { return }
    for run in runs.dropFirst() {
      let relations = [RunRecord.Relation.sameBinning, .sameFigures(areFitted: false)]
      let differences = relations.compactMap { runs[0].record.difference(from: run.record, as: $0) }
      if let difference = differences.first {
        throw ReportsError.otherRun(runs[0].folder, run.folder, difference)
      }
    }
  }

  /// The selected predictors and calibrations that a run has rows of.
  private static func subjects(
    _ run: Run, _ selection: SummarySelection
  ) -> [(predictor: String, calibration: String)] {
    let predictors = selection.predictors?.compactMap(run.predictor)
    var seen: Set<[String]> = []
    return run.summary.keys.map { [$0[2], $0[3]] }.filter { seen.insert($0).inserted }
      .map { ($0[0], $0[1]) }
      .filter { predictor, calibration in
        predictors?.contains(predictor) ?? true
          && selection.calibrations?.contains(calibration) ?? true
      }
  }

  private static func entry(_ run: Run, _ key: [String]) -> Entry? {
    guard let value = run.summary[key, "value"]?.value else { return nil }
    let ends = (run.summary[key, "low"]?.value, run.summary[key, "high"]?.value)
    guard case (let low?, let high?) = ends else { return Entry(value: value, interval: nil) }
    return Entry(value: value, interval: Interval(low: low, high: high))
  }

  /// Marks the best value of a column, and those that are not worse: by tests, or where there are none,
  /// those that are shown as the same or whose interval contains it.
  private mutating func markBest(_ column: Int, _ metric: String, _ tests: RowTests?) {
    guard let goodness = Self.goodness(metric) else { return }
    let candidates = rows.indices.filter { !rows[$0].isBound && rows[$0].entries[column] != nil }
    func value(_ row: Int) -> Double { rows[row].entries[column]?.value ?? .nan }
    guard let best = candidates.max(by: { goodness(value($0)) < goodness(value($1)) }) else {
      return
    }
    for row in candidates where row != best {
      let isEqual = Self.shown(value(row), metric) == Self.shown(value(best), metric)
      let isReached =
        rows[row].entries[column]?.interval.map { $0.low <= value(best) && value(best) <= $0.high }
        ?? false
      let isWorse = Metric(name: metric).flatMap {
        tests?.isWorse(row, than: best, scope: column / selection.metrics.count, $0)
      }
      rows[row].entries[column]?.isBest = isWorse.map { !$0 } ?? (isEqual || isReached)
    }
    rows[best].entries[column]?.isBest = true
  }

  /// A number that is larger for better values of a metric; nil for a metric without a better end.
  private static func goodness(_ metric: String) -> ((Double) -> Double)? {
    if let difference = PairedMetric(name: metric) {
      // Of a difference of numbers that are best at 0 neither side is better.
      return difference.metric == Metric.overconfidence.name ? nil : goodness(difference.metric)
    }
    return switch Metric.Direction(ofFigure: metric) {
    case .higher: { $0 }
    case .lower: { -$0 }
    case .zero: { -abs($0) }
    case .none: nil
    }
  }
}

extension SummarySelection {
  /// What a table in a paper has room for: clean images and the first protocol, and each run's own
  /// predictor.
  package var narrow: SummarySelection {
    var narrow = self
    narrow.scopes = Array(scopes.prefix(2))
    narrow.predictors = [Predictor.network.name]
    return narrow
  }
}

extension Run {
  /// The cells that a value is the mean over; nil where it is no mean over cells.
  fileprivate func cells(in scope: SummarySelection.Scope) -> [Cell]? {
    if scope.protocolName == Cell.clean.corruption { return [.clean] }
    guard scope.aggregate != CorruptionAggregate.pooled.name else { return nil }
    let names = Set(summary.keys.filter { $0[0] == scope.protocolName }.map { $0[1] })
    let all = families.flatMap { family, corruptions in
      corruptions.flatMap { corruption in
        severities.map { (family: family, cell: Cell(corruption: corruption, severity: $0)) }
      }
    }.filter { names.contains(Cell.publishedName(of: $0.cell.corruption)) }
    return all.filter { family, cell in
      let published = Cell.publishedName(of: cell.corruption)
      let severity = CorruptionAggregate.severity(cell.severity).name
      return [CorruptionAggregate.macro.name, family, published, severity].contains(scope.aggregate)
    }.map(\.cell)
  }

  /// The predictor that `name` means among those of the summary.
  fileprivate func predictor(_ name: String) -> String? {
    let predictors = summary.values(of: "predictor")
    return PredictorChoice.name(name, main: predictors[0], among: predictors)
  }
}
