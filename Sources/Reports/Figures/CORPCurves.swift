import Predictions
import Runs
import Scoring

extension Run {
  /// Recalibrated confidence against confidence, with its consistency band, on clean images and at three
  /// severities; nil where decompositions were not asked for, or predictions are not stored.
  ///
  /// - Throws: `RunsError`, `PredictionFileError`, `NumPyError` or `FileError` where predictions cannot
  ///   be read; `ScoringError`.
  func corpCurves(_ scorer: Scorer) throws -> Figure? {
    let (levels, store) = (sampledSeverities, folder.predictions)
    let shown = cells(of: corruptions, severities: levels)
    guard record.additions.metrics?.contains(MetricGroup.decompositions.name) ?? false,
      shown.allSatisfy(store.contains)
    else { return nil }
    let labels = try store.labels()
    var data = DataTable([
      ("severity", .name), ("predictor", .name), ("confidence", .decimal),
      ("recalibrated", .decimal), ("band_low", .decimal), ("band_high", .decimal),
    ])
    var panels: [Panel] = []
    for level in levels {
      var rows: [(confidence: Double, isRight: Bool)] = []
      for cell in cells(of: corruptions, severities: [level]) {
        let logits = try store.logits(of: cell, labels: labels)
        let predictor = Predictor.predicting(memberCount: logits.memberCount)
          .first { $0.name == mainPredictor }
        guard let predictor else { return nil }
        rows += try scorer.rowScores(of: predictor, in: logits).map { ($0.confidence, $0.isRight) }
      }
      let points = ReliabilityCurve(rows, seed: record.origin.seed).points
      for point in points {
        data.append(
          [Self.severityName(level), mainPredictor],
          [point.confidence, point.accuracy, point.band?.lowerBound, point.band?.upperBound])
      }
      let lines = [\ReliabilityCurve.Point.accuracy, \.low, \.high].enumerated().map {
        style, value in
        Panel.Line(
          style: min(style, 1), points: points.map { ($0.confidence, $0[keyPath: value]) })
      }
      panels.append(
        .lines(
          "corp\(panels.count)x", title: Self.severityName(level),
          x: Panel.Axis(label: "confidence", range: 0...1, step: 0.25),
          y: Panel.Axis(label: "", range: 0...1, step: 0.25), lines, pointsAreShown: false,
          hasDiagonal: true))
    }
    return Figure(
      name: "corp-reliability", title: "Reliability without bins (CORP)",
      caption:
        "Confidence recalibrated by isotonic regression (\(mainPredictor), without calibration). "
        + "Below the dashed line it is overconfident. Where confidence is right, the line lies in the "
        + "band with 90 % probability at each point"
        + (corruptions.count > 1 ? "; the corruptions of a severity are pooled." : "."),
      panels: panels, panelsPerRow: (twoColumn: levels.count, oneColumn: 2),
      legend: ["recalibrated", "90 % band of right confidence"], data: data)
  }

  /// The metrics of groups that were asked for beside those of every run, as means over severities; nil
  /// without any.
  func table(of groups: [MetricGroup]) -> DataTable? {
    let metrics = groups.filter(record.additions.has).flatMap(\.metrics)
    guard !metrics.isEmpty else { return nil }
    var data = DataTable(
      [("images", .name), ("calibration", .name)] + metrics.map { ($0.name, .decimal) })
    for calibration in shownCalibrations {
      for level in sampledSeverities {
        data.append(
          [Self.severityName(level), calibration],
          metrics.map { metric in
            mean(
              of: metric, over: cells(of: averagedCorruptions, severities: [level]),
              predictor: mainPredictor, calibration: calibration)
          })
      }
    }
    return data
  }
}

extension ReliabilityCurve.Point {
  fileprivate var low: Double { band?.lowerBound ?? accuracy }
  fileprivate var high: Double { band?.upperBound ?? accuracy }
}
