import Predictions
import Runs
import Scoring

extension Run {
  private static let coverages = (1...100).map { Double($0) / 100 }

  /// Risk against coverage, on clean images and at three severities.
  ///
  /// Nil unless the predictions of all those cells are stored.
  ///
  /// - Throws: `RunsError`, `PredictionFileError`, `NumPyError` or `FileError` where predictions cannot
  ///   be read; `ScoringError`.
  func riskCoverage(_ scorer: Scorer) throws -> Figure? {
    let (levels, store) = (sampledSeverities, folder.predictions)
    let shown = cells(of: corruptions, severities: levels)
    guard shown.allSatisfy(store.contains) else { return nil }
    let labels = try store.labels()
    let memberCount = try store.logits(of: .clean, labels: labels).memberCount
    let predictor = Predictor.predicting(memberCount: memberCount)
      .first { $0.name == mainPredictor }
    guard let predictor else { return nil }
    var data = DataTable([
      ("severity", .name), ("coverage", .share), ("risk", .share),
    ])
    var lines: [Panel.Line] = []
    for (style, level) in levels.enumerated() {
      var rows: [RowScore] = []
      for cell in cells(of: corruptions, severities: [level]) {
        let logits = try store.logits(of: cell, labels: labels)
        rows += try scorer.rowScores(of: predictor, in: logits)
      }
      let risks = ConfidenceRanking(rows).risks(at: Self.coverages) ?? []
      for (coverage, risk) in zip(Self.coverages, risks) {
        data.append([level == 0 ? Cell.clean.corruption : "\(level)"], [coverage, risk])
      }
      lines.append(Panel.Line(style: style, points: zip(Self.coverages, risks).map { ($0, $1) }))
    }
    return Figure(
      name: "risk-coverage", title: "Risk against coverage",
      caption:
        "Risk is the share of wrong answers where only the most confident share of the images, the "
        + "coverage, is answered. A line that stays low tells right answers from wrong ones"
        + (corruptions.count > 1 ? " (the corruptions of a severity are pooled)." : "."),
      panels: [
        .lines(
          "risk", title: "risk", x: Panel.Axis(label: "coverage", around: [0, 1]), lines,
          pointsAreShown: false)
      ], panelsPerRow: (twoColumn: 1, oneColumn: 1), legend: levels.map(Self.severityName),
      data: data)
  }
}
