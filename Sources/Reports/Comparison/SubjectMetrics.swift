import Scoring

/// Metrics of runs that are computed where they are asked for, and are no means over images.
struct SubjectMetrics {
  private let parts: [[Int]]
  private let bootstrap: Bootstrap?
  /// The metrics of the groups that the calibration leaves defined.
  let figures: [Metric]

  /// - Parameters:
  ///   - groups: Those whose metrics are compared.
  ///   - calibration: That of the runs.
  ///   - parts: The image of each row of each part whose metrics are averaged.
  ///   - bootstrap: Draws of images; nil for no intervals.
  init(
    _ groups: [MetricGroup], under calibration: Calibration, parts: [[Int]],
    _ bootstrap: Bootstrap?
  ) {
    figures = groups.flatMap(\.metrics).filter(calibration.defines)
    (self.parts, self.bootstrap) = (parts, bootstrap)
  }

  /// The metrics of each run on a cell; the draws are of the same images for all.
  ///
  /// - Throws: `ScoringError` where a part has more or fewer rows than images.
  func numbers(
    of scores: [ComparisonTally.PartedRows]
  ) throws -> [[Metric: DrawnFigure]] {
    guard !figures.isEmpty else { return scores.map { _ in [:] } }
    return try scores.map { rows in
      let values = MetricValues.mean(rows.map { $0.values(of: figures) })
      let draws = try zip(rows, parts).map { rows, images in
        try bootstrap?.distributions(of: figures, rows.rows, images: images) ?? [:]
      }
      return figures.reduce(into: [:]) { numbers, figure in
        guard let value = values[figure] else { return }
        numbers[figure] = DrawnFigure(
          value: value,
          spread: BootstrapDistribution.mean(of: draws.map { $0[figure] })
            .map(MetricSpread.draws))
      }
    }
  }
}
