extension Scorer {
  /// The draws of the metrics that compare predictions with soft labels.
  func softSpreads(
    of predictors: [Predictor], _ fold: CellFold, _ scores: CellScores,
    in logits: LabeledLogits, images: [Int]?, _ bootstrap: Bootstrap
  ) throws -> [MetricSpreads] {
    var all = predictors.map { _ in MetricSpreads() }
    guard scores.calibration.defines(.entropyCorrelation) else { return all }
    let rows = try predictors.compactMap {
      try softScores(of: $0, in: logits, fold, images: images)
    }
    guard !rows.isEmpty else { return all }
    let columns = metrics.compactMap { metric -> (Metric, @Sendable (SoftScore) -> Double)? in
      if case .softMean(let value) = metric.input { (metric, value) } else { nil }
    }
    let means = try bootstrap.means(
      of: rows.flatMap { rows in columns.map { rows.map($0.1) } }, images: images)
    let correlations = try bootstrap.entropyCorrelations(of: rows, images: images)
    for index in predictors.indices {
      for (column, (metric, _)) in columns.enumerated() {
        all[index][metric] = means[index * columns.count + column].map(MetricSpread.draws)
      }
      all[index][.entropyCorrelation] = correlations[index].map(MetricSpread.draws)
    }
    return all
  }
}
