import Scoring

extension Run {
  /// The picture of a page's first screen: accuracy and mean confidence over severity, before and after
  /// calibration; without corruptions, accuracy against confidence.
  func overview() -> Figure? {
    corruptions.isEmpty ? cleanOverview() : confidenceOverSeverity()
  }

  private func confidenceOverSeverity() -> Figure? {
    let levels = [0] + severities
    let calibrations = shownCalibrations
    func mean(_ metric: Metric, _ level: Int, _ calibration: String) -> Double? {
      self.mean(
        of: metric, over: cells(of: averagedCorruptions, severities: [level]),
        predictor: mainPredictor, calibration: calibration)
    }
    let accuracies = levels.map { mean(.accuracy, $0, calibrations[0]) }
    let confidences = calibrations.map { calibration in
      levels.map { level in
        mean(.accuracy, level, calibration).flatMap { accuracy in
          mean(.overconfidence, level, calibration).map { accuracy + $0 }
        }
      }
    }
    let names = ["accuracy"] + calibrations.map(Self.confidenceName)
    var data = DataTable(
      [("severity", .name), ("predictor", .name)] + names.map { ($0, .share) })
    for (index, level) in levels.enumerated() {
      data.append(
        ["\(level)", mainPredictor], [accuracies[index]] + confidences.map { $0[index] })
    }
    let lines = ([accuracies] + confidences).enumerated().map { style, values in
      Panel.Line(style: style, points: zip(levels, values).map { (Double($0), $1) })
    }
    return Figure(
      name: "overview", title: "Accuracy and confidence over severity",
      caption: "\(remarkOnMeans) Confidence above accuracy is overconfidence.",
      panels: [
        .lines("overview", title: "share", x: Self.severityAxis, lines, height: 145)
      ], panelsPerRow: (twoColumn: 1, oneColumn: 1), legend: names, data: data)
  }

  private static func confidenceName(_ calibration: String) -> String {
    calibration == Calibration.none.name ? "mean confidence" : "mean confidence, \(calibration)"
  }

  private func cleanOverview() -> Figure? {
    Self.accuracyByConfidence(
      shownCalibrations.map {
        ($0 == Calibration.none.name ? "uncalibrated" : $0, self, $0)
      }, kind: "calibration")
  }

  /// Accuracy against confidence on clean images, a line for each of `groups`.
  private static func accuracyByConfidence(
    _ groups: [(name: String, run: Run, calibration: String)], kind: String
  ) -> Figure? {
    var data = DataTable([
      (kind, .name), ("bin", .name), ("count", .count), ("confidence", .decimal),
      ("accuracy", .decimal),
    ])
    let lines = groups.enumerated().map { style, group -> Panel.Line in
      let bins = group.run.pooledBins(severity: 0, calibration: group.calibration).enumerated()
        .filter { $0.element.count > 0 }
      for (index, bin) in bins {
        data.append([group.name, "\(index)"], [bin.count, bin.confidence, bin.accuracy])
      }
      return Panel.Line(
        style: style, points: bins.map { ($0.element.confidence ?? .nan, $0.element.accuracy) })
    }
    return Figure(
      name: "overview", title: "Accuracy by confidence, clean images",
      caption: "Below the dashed line confidence is too high.",
      panels: [
        .lines(
          "overview", title: "accuracy",
          x: Panel.Axis(label: "confidence", range: 0...1, step: 0.5),
          y: Panel.Axis(label: "", range: 0...1, step: 0.5), lines, hasDiagonal: true, height: 145)
      ], panelsPerRow: (twoColumn: 1, oneColumn: 1),
      legend: groups.map(\.name), data: data)
  }

  /// The picture of several runs: their accuracies over severity; without corruptions, against
  /// confidence.
  static func overview(of runs: [Run]) -> Figure? {
    guard let first = runs.first, !first.corruptions.isEmpty else {
      return accuracyByConfidence(
        runs.map { ($0.label, $0, $0.calibrations[0]) }, kind: "run")
    }
    let levels = [0] + first.severities
    let values = runs.map { run in
      levels.map { level in
        run.mean(
          of: .accuracy, over: run.cells(of: run.averagedCorruptions, severities: [level]),
          predictor: run.mainPredictor, calibration: run.calibrations[0])
      }
    }
    var data = DataTable([("severity", .name)] + runs.map { ($0.label, .share) })
    for (index, level) in levels.enumerated() {
      data.append(["\(level)"], values.map { $0[index] })
    }
    let lines = values.enumerated().map { style, values in
      Panel.Line(style: style, points: zip(levels, values).map { (Double($0), $1) })
    }
    return Figure(
      name: "overview", title: "Accuracy over severity",
      caption: first.remarkOnMeans,
      panels: [
        .lines("overview", title: "accuracy", x: severityAxis, lines, height: 145)
      ], panelsPerRow: (twoColumn: 1, oneColumn: 1), legend: runs.map(\.label), data: data)
  }
}
