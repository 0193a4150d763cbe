import Scoring

extension Run {
  private static let coverages = (1...100).map { Double($0) / 100 }
  private static let shownLevels = [0, 1, 3, 5]

  /// Risk against coverage, clean and at three severities; nil unless the predictions of all their
  /// cells are stored.
  ///
  /// - Throws: what reading the predictions throws.
  func riskCoverage(_ scorer: Scorer) throws -> Figure? {
    let levels = Self.shownLevels.filter { $0 == 0 || severities.contains($0) }
    guard mainPredictor == Predictor.ensemble.name,
      let predictions = try RunPredictions(of: folder),
      predictions.hasLogits(of: cells(of: corruptions, severities: levels))
    else { return nil }
    var data = DataTable([
      ("severity", .name), ("coverage", .share), ("risk", .share),
    ])
    var lines: [Panel.Line] = []
    for (style, level) in levels.enumerated() {
      var detection = FailureDetection()
      for cell in cells(of: corruptions, severities: [level]) {
        let logits = try predictions.logits(
          corruption: cell.corruption, severity: cell.severity)
        detection.add(try scorer.rowScores(of: .ensemble, in: logits))
      }
      let risks = detection.ranking.risks(at: Self.coverages) ?? []
      for (coverage, risk) in zip(Self.coverages, risks) {
        data.append([level == 0 ? "clean" : "\(level)"], [coverage, risk])
      }
      lines.append(Panel.Line(style: style, points: zip(Self.coverages, risks).map { ($0, $1) }))
    }
    return Figure(
      name: "risk-coverage", title: "Risk against coverage",
      reading:
        "If only the most confident share of the images is answered (coverage), this share of "
        + "the answers is wrong (risk). A network that knows when it errs has a line that stays "
        + "low for long (ensemble, none; all corruptions of a severity pooled).",
      panels: [
        .lines(
          "risk", title: "risk", x: Panel.Axis(label: "coverage", around: [0, 1]), lines,
          pointsAreShown: false)
      ], across: (two: 1, one: 1), legend: levels.map { $0 == 0 ? "clean" : "severity \($0)" },
      data: data)
  }
}
