import Scoring

extension Panel {
  /// One square of a map.
  struct Square: Sendable {
    let text: String
    let color: Palette.Color
  }

  /// A grid of colored squares with text on them; nil leaves a square blank.
  static func map(
    _ name: String, title: String, rows: [String], columns: [String], columnLabel: String,
    _ squares: [[Square?]]  // [rows][columns]
  ) -> Panel {
    var lines: [String] = []
    let names = rowNames(rows)
    for (row, squares) in squares.enumerated() {
      for (column, square) in squares.enumerated() {
        guard let square else { continue }
        let (color, y) = (square.color, rows.count - 1 - row)
        lines.append(
          "\(column)\t\(y)\t\(color.number)\t\(Gnuplot.plain(square.text))\t"
            + "\(color.text.number)")
      }
    }
    return Panel(
      title: title, height: Double(rows.count) * 16, leftMargin: names.margin, bottomMargin: 38,
      blocks: [Block(name: name, lines: lines)], hasPoints: !lines.isEmpty,
      commands: [
        "set xrange [-0.5:\(Double(columns.count) - 0.5)]",
        "set yrange [-0.5:\(Double(rows.count) - 0.5)]",
        "set xtics scale 0 (\(tics(columns)))",
        "set ytics scale 0 (\(tics(names.shown.reversed())))",
        "unset border", "set xlabel \(Gnuplot.quoted(columnLabel))",
        "plot $\(name) using 1:2:(0.48):(0.46):3 with boxxyerror fillstyle solid noborder "
          + "linecolor rgb variable notitle, "
          + "$\(name) using 1:2:4:5 with labels textcolor rgb variable notitle",
      ])
  }
}

extension Run {
  /// The values of one map.
  struct MetricMap: Sendable {
    let predictor: String
    let calibration: String
    let clean: Double?
    let values: [[Double?]]  // [corruptions][severities]

    /// All values that are defined.
    var defined: [Double] { ([clean] + values.joined()).compactMap { $0 } }
  }

  /// The maps of `metric`: of accuracy for the ensemble and its members' mean, of any other metric
  /// before and after calibration.
  func maps(of metric: ShownMetric) -> [MetricMap] {
    let shown: [(predictor: String, calibration: String)] =
      metric.metric == .accuracy
      ? [mainPredictor, Predictor.membersMean.name].filter(predictors.contains)
        .map { ($0, calibrations[0]) }
      : shownCalibrations.map { (mainPredictor, $0) }
    return shown.map { predictor, calibration in
      MetricMap(
        predictor: predictor, calibration: calibration,
        clean: value(
          of: metric.metric, on: .clean, predictor: predictor, calibration: calibration),
        values: corruptions.map { corruption in
          severities.map {
            value(
              of: metric.metric, on: Cell(corruption: corruption, severity: $0),
              predictor: predictor, calibration: calibration)
          }
        })
    }
  }

  /// Maps of a metric over corruption and severity, on a color scale that spans `range`.
  ///
  /// Nil where no cell has a value.
  func mapFigure(of metric: ShownMetric, range: ClosedRange<Double>) -> Figure? {
    let maps = maps(of: metric)
    var data = DataTable([
      ("corruption", .name), ("severity", .name), ("predictor", .name), ("calibration", .name),
      (metric.name, metric.style),
    ])
    for map in maps {
      data.append(
        [Cell.clean.corruption, "\(Cell.clean.severity)", map.predictor, map.calibration],
        [map.clean])
      for (corruption, values) in zip(corruptions, map.values) {
        for (severity, value) in zip(severities, values) {
          data.append([corruption, "\(severity)", map.predictor, map.calibration], [value])
        }
      }
    }
    let panels = maps.enumerated().map { index, map in
      Panel.map(
        "map\(index)", title: "\(map.predictor), \(map.calibration)", rows: corruptions,
        columns: [Cell.clean.corruption] + severities.map { "\($0)" }, columnLabel: "severity",
        map.values.map { ([map.clean] + $0).map { $0.map { metric.square($0, range: range) } } })
    }
    let unit = metric.style == .share ? " in %" : ""
    return Figure(
      name: "\(metric.name)-map", title: "\(metric.heading) by corruption and severity",
      caption: "\(metric.heading)\(unit) of each corruption at each severity, beside that of clean "
        + "images. Yellow is best and violet worst, on one scale for all squares."
        + (maps.count < 2
          ? ""
          : metric.metric == .accuracy
            ? " Left the ensemble, right the mean of its members."
            : " Left before calibration, right after it."),
      panels: panels, panelsPerRow: (twoColumn: 2, oneColumn: 1), data: data)
  }
}

extension ShownMetric {
  /// The square of `value` on a color scale that spans `range`, whose better end is bright.
  fileprivate func square(_ value: Double, range: ClosedRange<Double>) -> Panel.Square {
    let length = range.upperBound - range.lowerBound
    let share = length > 0 ? (value - range.lowerBound) / length : 0.5
    return Panel.Square(
      text: short(value), color: Palette.scale(isBetterLarger ? share : 1 - share))
  }
}
