import Formats
import Scoring

/// The values that people look at first: predictors by calibration, on clean images and over
/// corruptions, with intervals.
struct Headline {
  /// What values are taken over: a column of the tables.
  private struct Scope {
    let name: String
    /// Whether a substitute stands in for one of the corruptions.
    var hasSubstitute = false
    /// The value and the ends of its interval.
    let numbers: @Sendable (_ subject: Subject, Metric) -> [Double?]
  }

  /// What a row is about.
  private struct Subject {
    let run: Run
    let predictor: String
    let calibration: String
  }

  private let runs: [Run]
  private let subjects: [Subject]
  private let scopes: [Scope]
  /// A row for each run, predictor, calibration, metric and scope.
  let data: DataTable

  init(_ runs: [Run]) {
    self.runs = runs
    let (subjects, scopes) = (Self.subjects(runs), Self.sharedScopes(of: runs))
    (self.subjects, self.scopes) = (subjects, scopes)
    var data = DataTable([
      ("run", .name), ("predictor", .name), ("calibration", .name), ("metric", .name),
      ("over", .name), ("value", .decimal), ("low", .decimal), ("high", .decimal),
    ])
    for subject in subjects {
      for metric in ShownMetric.headline {
        for scope in scopes {
          data.append(
            [subject.run.label, subject.predictor, subject.calibration, metric.name, scope.name],
            scope.numbers(subject, metric.metric))
        }
      }
    }
    self.data = data
  }

  /// A table for each metric, with a column for each scope and the rows that `isShown` selects.
  func tables(
    file: String, of isShown: (_ run: Run, _ calibration: String) -> Bool
  ) -> [PageModel.Table] {
    let names = (runs.count > 1 ? ["run"] : []) + ["predictor", "calibration"]
    return ShownMetric.headline.enumerated().map { position, metric in
      let style: ValueStyle = metric.style == .share ? .percent : metric.style
      let rows = subjects.enumerated().filter { isShown($1.run, $1.calibration) }
        .map { index, subject in
          let first = (index * ShownMetric.headline.count + position) * scopes.count
          return PageModel.Row(
            names: [subject.run.label, subject.predictor, subject.calibration].suffix(names.count),
            fields: scopes.indices.map { field(first + $0, style) })
        }
      return PageModel.Table(
        file: file, caption: metric.heading + (style == .percent ? " in %, from" : ", from"),
        nameHeader: names, header: scopes.map { $0.name + ($0.hasSubstitute ? " †" : "") },
        rows: rows)
    }
  }

  /// The field that shows the row `row` of `data`.
  private func field(_ row: Int, _ style: ValueStyle) -> PageModel.Field {
    func shown(_ column: Int) -> PageModel.Shown? {
      PageModel.Shown(
        data.rows[row].numbers[column], style: style, row: row + 1,
        column: data.numberColumns[column].name)
    }
    let ends = shown(1).flatMap { low in shown(2).map { PageModel.Ends(low: low, high: $0) } }
    return PageModel.Field(value: shown(0), interval: ends)
  }

  private static func subjects(_ runs: [Run]) -> [Subject] {
    runs.flatMap { run in
      var seen: Set<[String]> = []
      return run.cells.keys.map { [$0[2], $0[3]] }.filter { seen.insert($0).inserted }
        .map { Subject(run: run, predictor: $0[0], calibration: $0[1]) }
    }
  }

  /// Clean images; then the protocols that all runs have complete, or, where there are none, the
  /// mean over the cells of the runs.
  private static func sharedScopes(of runs: [Run]) -> [Scope] {
    let (clean, macro) = (Cell.clean.corruption, CorruptionAggregate.macro.name)
    let benchmarks = [CorruptionProtocol.Name.c15, .c19].map(\.rawValue)
    let published = runs[0].summary.values(of: "protocol").filter { name in
      benchmarks.contains(name)
        && runs.allSatisfy { run in
          run.summary[
            [name, macro, run.mainPredictor, run.calibrations[0], Metric.accuracy.name],
            "value"]
            != nil
        }
    }
    func summarized(_ name: String, _ aggregate: String) -> Scope {
      let hasSubstitute = runs.contains { !$0.substitutes(in: aggregate).isEmpty }
      return Scope(name: name, hasSubstitute: hasSubstitute) { subject, metric in
        ["value", "low", "high"].map {
          subject.run.summary[
            [name, aggregate, subject.predictor, subject.calibration, metric.name], $0]?
            .value
        }
      }
    }
    let cellCount = runs[0].corruptions.count * runs[0].severities.count
    let mean = Scope(name: "mean of \(cellCount) cells") { subject, metric in
      let run = subject.run
      return [
        run.mean(
          of: metric, over: run.cells(of: run.corruptions, severities: run.severities),
          predictor: subject.predictor, calibration: subject.calibration), nil, nil,
      ]
    }
    let corrupted =
      published.isEmpty ? (cellCount > 0 ? [mean] : []) : published.map { summarized($0, macro) }
    return [summarized(clean, clean)] + corrupted
  }
}
