extension Run {
  /// What a line over severity is about: some corruptions of a run.
  private struct Group {
    let name: String
    let run: Run
    let corruptions: [String]
  }

  private static let curveMetrics: [ShownMetric] = [
    .accuracy, .negativeLogLikelihood, .calibrationError,
  ]

  /// Accuracy, NLL and ECE over severity, a line for each family of corruptions.
  func familyCurves() -> Figure? {
    let groups = families.map { Group(name: $0.name, run: self, corruptions: $0.corruptions) }
    return Self.curves(
      groups, kind: "family", name: "family-curves",
      title: "Families of corruptions over severity",
      reading: "Each line is the mean over the corruptions of a family (\(mainPredictor), "
        + "\(calibrations[0])). A line that falls, or in NLL and ECE rises, early shows what hurts "
        + "first.")
  }

  /// Accuracy, NLL and ECE over severity, a line for each run.
  static func severityCurves(_ runs: [Run]) -> Figure? {
    curves(
      runs.map { Group(name: $0.label, run: $0, corruptions: $0.corruptions) }, kind: "run",
      name: "severity-curves", title: "The runs over severity",
      reading: "Means over the corruptions at each severity (\(runs[0].mainPredictor), "
        + "\(runs[0].calibrations[0])). Where lines cross, which run is better depends on how bad "
        + "the images are.")
  }

  private static func curves(
    _ groups: [Group], kind: String, name: String, title: String, reading: String
  ) -> Figure? {
    guard let first = groups.first?.run, !first.corruptions.isEmpty else { return nil }
    let levels = [0] + first.severities
    var data = DataTable(
      [(kind, .name), ("severity", .name), ("predictor", .name), ("calibration", .name)]
        + curveMetrics.map { ($0.name, $0.style) })
    var lines = curveMetrics.map { _ in [Panel.Line]() }
    for (style, group) in groups.enumerated() {
      let (run, predictor) = (group.run, group.run.mainPredictor)
      let values = levels.map { level in
        curveMetrics.map {
          run.mean(
            $0.name, over: run.cells(of: group.corruptions, severities: [level]),
            predictor: predictor, calibration: run.calibrations[0])
        }
      }
      for (level, values) in zip(levels, values) {
        data.append([group.name, "\(level)", predictor, run.calibrations[0]], values)
      }
      for place in curveMetrics.indices {
        lines[place].append(
          Panel.Line(style: style, points: zip(levels, values).map { (Double($0), $1[place]) }))
      }
    }
    let panels = zip(curveMetrics, lines).map { metric, lines in
      Panel.lines(metric.name, title: metric.title, x: severityAxis, lines)
    }
    return Figure(
      name: name, title: title, reading: reading, panels: panels, across: (two: 3, one: 1),
      legend: groups.map(\.name), data: data)
  }

  private static var severityAxis: Panel.Axis { Panel.Axis(label: "severity (0: clean)", step: 1) }

  /// Figures of diversity over severity, as means over corruptions.
  func diversityCurves() -> Figure? {
    let figures = [
      ("disagreement", "disagreement"), ("ratio_of_errors", "ratio of errors"),
      ("mutual_information", "mutual information (nats)"), ("ensemble_gain", "ensemble gain"),
    ]
    guard !diversity.keys.isEmpty else { return nil }
    let (levels, calibration) = ([0] + severities, calibrations[0])
    var data = DataTable(
      [("severity", .name), ("calibration", .name)] + figures.map { ($0.0, .figure) })
    let values = levels.map { level in
      figures.map { name, _ in
        Self.mean(
          cells(of: corruptions, severities: [level]).map {
            diversity[[$0.corruption, "\($0.severity)", calibration, "mean"], name]?.value
          })
      }
    }
    for (level, values) in zip(levels, values) { data.append(["\(level)", calibration], values) }
    let panels = figures.enumerated().map { place, names in
      Panel.lines(
        "diversity\(place)", title: names.1, x: Self.severityAxis,
        [Panel.Line(style: 0, points: zip(levels, values).map { (Double($0), $1[place]) })],
        height: 110)
    }
    return Figure(
      name: "diversity-curves", title: "Diversity of the members over severity",
      reading: "How far the members differ, as means over pairs of members and over corruptions: "
        + "members that err on other images (disagreement, a high ratio of errors) are what an "
        + "ensemble gains from.",
      panels: panels, across: (two: 4, one: 2), data: data)
  }

  /// The training, epoch by epoch.
  func trainingCurves() -> Figure? {
    guard let log else { return nil }
    let shown: [(title: String, columns: [String])] = [
      ("loss", ["train/loss", "test/nll"]), ("accuracy", ["train/accuracy", "test/accuracy"]),
      ("test ECE", ["", "test/ece"]), ("learning rate", ["train/learning_rate"]),
    ].map { ($0.0, $0.1.map { log.numberColumns.contains($0) ? $0 : "" }) }
      .filter { !$0.1.allSatisfy(\.isEmpty) }
    let columns = shown.flatMap(\.columns).filter { !$0.isEmpty }
    let epochs = log.keys.compactMap { Double($0[0]) }
    guard !columns.isEmpty else { return nil }
    var data = DataTable([("epoch", .name)] + columns.map { ($0, .figure) })
    for key in log.keys { data.append(key, columns.map { log[key, $0]?.value }) }
    let panels = shown.enumerated().map { place, panel in
      Panel.lines(
        "log\(place)", title: panel.title, x: Panel.Axis(label: "epoch", around: epochs),
        panel.columns.enumerated().filter { !$0.element.isEmpty }.map { style, column in
          Panel.Line(
            style: style, points: zip(epochs, log.keys).map { ($0, log[$1, column]?.value) })
        }, pointsAreShown: epochs.count < 40, height: 110)
    }
    return Figure(
      name: "training-curves", title: "The training",
      reading: "Loss on mixed training images beside NLL on the test images, and the rest epoch by "
        + "epoch. Training accuracy is that of mixed images, so it may lie below that of the test "
        + "images.",
      panels: panels, across: (two: 4, one: 2), legend: ["training", "test"], data: data)
  }
}
