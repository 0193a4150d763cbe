import Scoring

extension Panel {
  /// A line through points.
  struct Line: Sendable {
    /// The index of its name in the figure's legend, which decides color, dash and point shape.
    let style: Int
    let points: [(x: Double, y: Double?)]
  }

  /// Lines over a numeric axis; `name` is the stem of the names of their data blocks.
  ///
  /// The axis `y` is one around the points by default; `hasDiagonal` adds the line of equal x and y.
  static func lines(
    _ name: String, title: String, x: Axis, y: Axis? = nil, _ lines: [Line],
    pointsAreShown: Bool = true, hasDiagonal: Bool = false, height: Double = 150
  ) -> Panel {
    let blocks = lines.enumerated().map { index, line in
      Block(
        name: "\(name)\(index)",
        lines: line.points.map { "\(Gnuplot.field($0.x))\t\(Gnuplot.field($0.y))" })
    }
    let curves = lines.enumerated().map { index, line in
      "$\(name)\(index) using 1:2 with \(pointsAreShown ? "linespoints" : "lines") "
        + "linetype \(line.style + 1) notitle"
    }
    let points = lines.flatMap(\.points).filter {
      Gnuplot.isDrawn($0.x) && Gnuplot.isDrawn($0.y)
    }
    return Panel(
      title: title, height: height, leftMargin: 50, bottomMargin: 36, blocks: blocks,
      hasPoints: !points.isEmpty,
      commands: x.commands("x")
        + (y ?? Axis(label: "", around: points.compactMap(\.y))).commands("y")
        + (hasDiagonal
          ? ["set arrow from 0, 0 to 1, 1 nohead linecolor rgb 'black' dashtype 2"] : [])
        + ["set grid y", "plot \(curves.joined(separator: ", "))"])
  }
}

extension Run {
  /// What one line over severity shows: the mean over some corruptions of a run.
  private struct Group {
    let name: String
    let run: Run
    let corruptions: [String]
  }

  /// Accuracy, NLL and ECE over severity, a line for each family of corruptions.
  func familyCurves() -> Figure? {
    let groups = families.map { Group(name: $0.name, run: self, corruptions: $0.corruptions) }
    return Self.curves(
      groups, kind: "family", name: "family-curves",
      title: "Families of corruptions over severity",
      caption: "Each line is the mean over the corruptions of a family (\(mainPredictor), "
        + "\(calibrations[0])). Lower accuracy is worse, as are higher NLL and ECE.")
  }

  /// Accuracy, NLL and ECE over severity, a line for each run.
  static func severityCurves(_ runs: [Run]) -> Figure? {
    curves(
      runs.map { Group(name: $0.label, run: $0, corruptions: $0.averagedCorruptions) }, kind: "run",
      name: "severity-curves", title: "The runs over severity",
      caption: "\(runs[0].remarkOnMeans) \(runs[0].mainPredictor.capitalizedFirst), "
        + "calibration \(runs[0].calibrations[0]). Where lines cross, which run is better depends on the "
        + "severity.")
  }

  private static func curves(
    _ groups: [Group], kind: String, name: String, title: String, caption: String
  ) -> Figure? {
    guard let first = groups.first?.run, !first.corruptions.isEmpty else { return nil }
    let metrics = ShownMetric.headline
    let levels = [0] + first.severities
    var data = DataTable(
      [(kind, .name), ("severity", .name), ("predictor", .name), ("calibration", .name)]
        + metrics.map { ($0.name, $0.style) })
    var lines = metrics.map { _ in [Panel.Line]() }
    for (style, group) in groups.enumerated() {
      let (run, predictor) = (group.run, group.run.mainPredictor)
      let values = levels.map { level in
        metrics.map {
          run.mean(
            of: $0.metric, over: run.cells(of: group.corruptions, severities: [level]),
            predictor: predictor, calibration: run.calibrations[0])
        }
      }
      for (level, values) in zip(levels, values) {
        data.append([group.name, "\(level)", predictor, run.calibrations[0]], values)
      }
      for index in metrics.indices {
        lines[index].append(
          Panel.Line(style: style, points: zip(levels, values).map { (Double($0), $1[index]) }))
      }
    }
    let panels = zip(metrics, lines).map { metric, lines in
      Panel.lines(metric.name, title: metric.title, x: severityAxis, lines)
    }
    return Figure(
      name: name, title: title, caption: caption, panels: panels,
      panelsPerRow: (twoColumn: 3, oneColumn: 1), legend: groups.map(\.name), data: data)
  }

  static var severityAxis: Panel.Axis { Panel.Axis(label: "severity (0: clean)", step: 1) }

  /// Diversity metrics over severity, as means over corruptions.
  func diversityCurves() -> Figure? {
    let metrics: [(metric: DiversityMetric, title: String)] = [
      (.disagreement, "disagreement"), (.ratioOfErrors, "ratio of errors"),
      (.mutualInformation, "mutual information (nats)"), (.ensembleGain, "ensemble gain"),
    ]
    guard !diversity.keys.isEmpty else { return nil }
    let (levels, calibration) = ([0] + severities, calibrations[0])
    var data = DataTable(
      [("severity", .name), ("calibration", .name)]
        + metrics.map { ($0.metric.name, .decimal) })
    let values = levels.map { level in
      metrics.map { metric, _ in
        RunningMean.mean(
          of: cells(of: averagedCorruptions, severities: [level]).map {
            diversity[
              [$0.corruption, "\($0.severity)", calibration, "mean"], metric.name]?.value
          })
      }
    }
    for (level, values) in zip(levels, values) { data.append(["\(level)", calibration], values) }
    let panels = metrics.enumerated().map { index, metric in
      Panel.lines(
        "diversity\(index)", title: metric.title, x: Self.severityAxis,
        [Panel.Line(style: 0, points: zip(levels, values).map { (Double($0), $1[index]) })],
        height: 110)
    }
    return Figure(
      name: "diversity-curves", title: "Diversity of the members over severity",
      caption:
        "Means over pairs of members. \(remarkOnMeans) An ensemble gains from members that err on different images: high disagreement, a high "
        + "ratio of errors.",
      panels: panels, panelsPerRow: (twoColumn: 4, oneColumn: 2), data: data)
  }

  /// Losses, scores and the learning rate by epoch; nil where training left no log.
  func trainingCurves() -> Figure? {
    guard let log else { return nil }
    let shown: [(title: String, columns: [String])] = [
      ("loss", ["train/loss", "test/nll", "validation/nll"]),
      ("accuracy", ["train/accuracy", "test/accuracy", "validation/accuracy"]),
      ("test ECE", ["", "test/ece"]), ("learning rate", ["train/learning_rate"]),
    ].map { ($0.0, $0.1.map { log.numberColumns.contains($0) ? $0 : "" }) }
      .filter { !$0.1.allSatisfy(\.isEmpty) }
    let columns = shown.flatMap(\.columns).filter { !$0.isEmpty }
    let epochs = log.keys.compactMap { Double($0[0]) }
    guard !columns.isEmpty else { return nil }
    var data = DataTable([("epoch", .name)] + columns.map { ($0, .decimal) })
    for key in log.keys { data.append(key, columns.map { log[key, $0]?.value }) }
    let panels = shown.enumerated().map { index, panel in
      Panel.lines(
        "log\(index)", title: panel.title, x: Panel.Axis(label: "epoch", around: epochs),
        panel.columns.enumerated().filter { !$0.element.isEmpty }.map { style, column in
          Panel.Line(
            style: style, points: zip(epochs, log.keys).map { ($0, log[$1, column]?.value) })
        }, pointsAreShown: epochs.count < 40, height: 110)
    }
    return Figure(
      name: "training-curves", title: "The training",
      caption: "Loss of the training images and NLL of the test images, and other scores, by epoch."
        + (members.isEmpty
          ? ""
          : " Training images are mixed, so that their accuracy may be below that of test images."),
      panels: panels, panelsPerRow: (twoColumn: 4, oneColumn: 2),
      legend: ["training", "test"]
        + (columns.contains { $0.hasPrefix("validation/") } ? ["validation"] : []),
      data: data)
  }
}
