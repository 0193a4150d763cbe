import Formats

/// The figures that people look at first: predictors by calibration, on clean images and over
/// corruptions, with intervals.
struct Headline {
  /// Where figures are taken over.
  private struct Scope {
    /// The name in the table.
    let name: String
    let figure: @Sendable (Run, _ metric: String, [String]) -> [Double?]
  }

  static let metrics: [Run.ShownMetric] = [.accuracy, .negativeLogLikelihood, .calibrationError]

  private let runs: [Run]
  private let scopes: [Scope]
  /// A row for each run, predictor, calibration, metric and scope.
  let data: DataTable

  init(_ runs: [Run]) {
    self.runs = runs
    let scopes = Self.scopes(runs)
    self.scopes = scopes
    var data = DataTable([
      ("run", .name), ("predictor", .name), ("calibration", .name), ("metric", .name),
      ("over", .name), ("value", .figure), ("low", .figure), ("high", .figure),
    ])
    for (run, predictor, calibration) in Self.subjects(runs) {
      for metric in Self.metrics {
        for scope in scopes {
          data.append(
            [run.label, predictor, calibration, metric.name, scope.name],
            scope.figure(run, metric.name, [predictor, calibration]))
        }
      }
    }
    self.data = data
  }

  /// A table for each metric, a column for each scope, of the calibrations `isShown`.
  func tables(
    file: String, of isShown: (_ run: Run, _ calibration: String) -> Bool
  ) -> [PageModel.Table] {
    let names = (runs.count > 1 ? ["run"] : []) + ["predictor", "calibration"]
    return Self.metrics.enumerated().map { place, metric in
      let style: DataTable.Style = metric.style == .share ? .percent : metric.style
      let rows = Self.subjects(runs).enumerated().filter { isShown($1.run, $1.calibration) }
        .map { index, subject in
          let first = (index * Self.metrics.count + place) * scopes.count
          return PageModel.Row(
            names: [subject.run.label, subject.predictor, subject.calibration].suffix(names.count),
            fields: scopes.indices.map { field(first + $0, style) })
        }
      return PageModel.Table(
        file: file, caption: metric.heading + (style == .percent ? " in %, from" : ", from"),
        nameHeader: names, header: scopes.map(\.name), rows: rows)
    }
  }

  private func field(_ row: Int, _ style: DataTable.Style) -> PageModel.Field {
    func shown(_ place: Int) -> PageModel.Shown? {
      PageModel.Shown(
        data.rows[row].numbers[place], style: style, row: row + 1,
        column: data.numberColumns[place].name)
    }
    let ends = shown(1).flatMap { low in shown(2).map { PageModel.Ends(low: low, high: $0) } }
    return PageModel.Field(value: shown(0), interval: ends)
  }

  private static func subjects(
    _ runs: [Run]
  ) -> [(run: Run, predictor: String, calibration: String)] {
    runs.flatMap { run in
      var seen: Set<[String]> = []
      return run.cells.keys.map { [$0[2], $0[3]] }.filter { seen.insert($0).inserted }
        .map { (run, $0[0], $0[1]) }
    }
  }

  /// Clean images, then the protocols whose cells are all there, else the mean over those that are.
  private static func scopes(_ runs: [Run]) -> [Scope] {
    let protocols = runs[0].summary.values(of: "protocol")
      .filter { $0.hasPrefix("c15") || $0.hasPrefix("c19") }
    let published = protocols.filter { name in
      runs.allSatisfy { run in
        run.summary[[name, "macro", run.mainPredictor, run.calibrations[0], "accuracy"], "value"]
          != nil
      }
    }
    func summarized(_ name: String, _ aggregate: String) -> Scope {
      Scope(name: name) { run, metric, subject in
        ["value", "low", "high"].map {
          run.summary[[name, aggregate] + subject + [metric], $0]?.value
        }
      }
    }
    let cellCount = runs[0].corruptions.count * runs[0].severities.count
    let mean = Scope(name: "mean of \(cellCount) cells") { run, metric, subject in
      let cells = run.cells(of: run.corruptions, severities: run.severities)
      return [
        run.mean(metric, over: cells, predictor: subject[0], calibration: subject[1]), nil, nil,
      ]
    }
    let corrupted =
      published.isEmpty ? (cellCount > 0 ? [mean] : []) : published.map { summarized($0, "macro") }
    return [summarized("clean", "clean")] + corrupted
  }
}
