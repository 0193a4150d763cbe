import Scoring

extension Panel {
  /// A row of points for each name of `rows`, from top to bottom, over an axis with the label `x`.
  ///
  /// `values` has a value for each entry of the legend and each row; a vertical line is drawn at
  /// `reference`.
  static func dots(
    _ name: String, title: String, rows: [String], x: String,
    values: [[Double?]],  // [legend][rows]
    reference: Double? = nil, isLogarithmic: Bool = false
  ) -> Panel {
    // A logarithmic axis cannot show 0 or a negative value.
    let values = values.map { $0.map { Self.isShown($0, isLogarithmic) ? $0 : nil } }
    let blocks = values.enumerated().map { index, values in
      Block(
        name: "\(name)\(index)",
        lines: values.enumerated().map { "\(Gnuplot.field($1))\t\(rows.count - 1 - $0)" })
    }
    let points = blocks.indices.map {
      "$\(name)\($0) using 1:2 with points linetype \($0 + 1) notitle"
    }
    let line = reference.map {
      [
        "set arrow from first \($0), graph 0 to first \($0), graph 1 nohead "
          + "linewidth 1.5 linecolor rgb 'black' dashtype 2"
      ]
    }
    let axis =
      isLogarithmic
      ? Axis.logarithmic(
        around: (values.joined().compactMap { $0 } + [reference].compactMap { $0 }))
      : Axis(label: "", around: values.joined().compactMap { $0 }).commands("x")
    let names = rowNames(rows)
    return Panel(
      title: title, height: Double(rows.count) * 16, leftMargin: names.margin, bottomMargin: 38,
      blocks: blocks, hasPoints: values.joined().contains { $0 != nil },
      commands: (line ?? []) + axis + [
        "set yrange [-0.5:\(Double(rows.count) - 0.5)]",
        "set ytics scale 0 (\(tics(names.shown.reversed())))", "set grid x y",
        "set xlabel \(Gnuplot.quoted(x))", "plot \(points.joined(separator: ", "))",
      ])
  }

  private static func isShown(_ value: Double?, _ isLogarithmic: Bool) -> Bool {
    guard let value, Gnuplot.isDrawn(value) else { return false }
    return !isLogarithmic || value > 1e-300
  }
}

extension Run {
  /// The accuracies of the ensemble and of each member by corruption, and their distances from the
  /// members' mean; nil where there are no members or no corruptions.
  func memberDots() -> Figure? {
    guard !members.isEmpty, !corruptions.isEmpty else { return nil }
    let shown = [mainPredictor] + members
    let names = [Cell.clean.corruption] + corruptions
    let values = shown.map { predictor in
      names.map { name in
        mean(
          of: .accuracy, over: cells(of: name), predictor: predictor, calibration: calibrations[0])
      }
    }
    var data = DataTable([("corruption", .name)] + shown.map { ($0, .share) })
    for (index, name) in names.enumerated() { data.append([name], values.map { $0[index] }) }
    let gains = values.map { own in
      names.indices.map { index -> Double? in
        let mean = RunningMean.mean(of: values.dropFirst().map { $0[index] })
        return own[index].flatMap { value in mean.map { 100 * (value - $0) } }
      }
    }
    return Figure(
      name: "member-dots", title: "Members against the ensemble",
      caption:
        "Accuracy\(corruptionMeans), and its difference to the mean of the members. Right of 0 the ensemble "
        + "is more accurate than its members are on average.",
      panels: [
        .dots("accuracy", title: "accuracy", rows: names, x: "share of images", values: values),
        .dots(
          "gain", title: "difference to their mean", rows: names, x: "points",
          values: gains),
      ], panelsPerRow: (twoColumn: 2, oneColumn: 1), legend: shown, data: data)
  }

  /// What the accuracy of a corruption is taken over, in a caption.
  private var corruptionMeans: String {
    severities.count > 1 ? ", averaged over the severities of each corruption" : ""
  }

  /// The temperature fitted on each cell itself, beside the one fitted on clean images.
  ///
  /// Nil unless the run has corruptions and both calibrations.
  func temperatureDots() -> Figure? {
    func temperature(_ calibration: Calibration, _ cell: Cell) -> Double? {
      self.temperature(on: cell, predictor: mainPredictor, calibration: calibration.name)
    }
    guard !corruptions.isEmpty, calibrations.contains(Calibration.oracle.name),
      calibrations.contains(Calibration.temperature.name),
      let clean = temperature(.temperature, .clean)
    else { return nil }
    let names = [Cell.clean.corruption] + corruptions
    var data = DataTable([
      ("corruption", .name), ("severity", .name), ("predictor", .name),
      ("fitted_on_clean", .decimal), ("fitted_on_cell", .decimal),
    ])
    for cell in names.flatMap({ cells(of: $0) }) {
      data.append(
        [cell.corruption, "\(cell.severity)", mainPredictor],
        [temperature(.temperature, cell), temperature(.oracle, cell)])
    }
    let levels = [0] + severities
    let values = levels.map { severity in
      names.map { name in
        (name == Cell.clean.corruption) == (severity == 0)
          ? temperature(.oracle, Cell(corruption: name, severity: severity)) : nil
      }
    }
    return Figure(
      name: "temperature-dots", title: "The best temperature of each cell",
      caption:
        "Points are temperatures fitted on each cell itself (a bound, not a result); the dashed line "
        + "is the one fitted on clean images, which calibrates every cell. To the right of it the "
        + "confidence is still too high after calibration.",
      panels: [
        .dots(
          "temperatures", title: "", rows: names, x: "temperature", values: values,
          reference: clean, isLogarithmic: true)
      ], panelsPerRow: (twoColumn: 1, oneColumn: 1), legend: levels.map(Self.severityName),
      data: data)
  }
}
