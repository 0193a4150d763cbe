extension Scorer {
  /// The metrics that `resample` gives distributions of, where a calibration leaves them defined.
  public var resampledMetrics: [Metric] {
    metrics.filter { Bootstrap.weightedMetrics.contains($0) || $0.rowValue != nil }
  }

  /// How the metrics of a cell under one calibration vary over the draws of `bootstrap`.
  ///
  /// Fits are kept: only the images that are scored vary. A metric of averaged folds is their mean on
  /// every draw, as its value is. Takes the time of `Bootstrap.distributions(of:images:)`.
  ///
  /// - Parameters:
  ///   - scores: The cell's numbers under the calibration.
  ///   - cell: Its logits.
  ///   - images: The image that each row shows; nil if row i shows image i.
  ///   - bootstrap: Draws of the images.
  /// - Returns: The distributions for each predictor, `members-mean` included.
  /// - Throws: `ScoringError` when logits and images do not match.
  public func resample(
    _ scores: CellScores, of cell: LabeledLogits, images: [Int]? = nil, by bootstrap: Bootstrap
  ) throws -> [Predictor: MetricDistributions] {
    let predictors = scores.predictors.map(\.predictor).filter { $0 != .membersMean }
    // Under `temperature-after` one member has none.
    guard !predictors.isEmpty else { return [:] }
    let parts = try scores.folds.map { fold in
      try distributions(
        of: predictors, fold, scores.calibration,
        in: fold.rows.map(cell.selecting(rows:)) ?? cell,
        images: fold.rows.map { rows in images.map { images in rows.map { images[$0] } } ?? rows }
          ?? images, by: bootstrap)
    }
    var means: [Predictor: MetricDistributions] = [:]
    for predictor in predictors { means[predictor] = mean(parts.compactMap { $0[predictor] }) }
    let members = (0..<cell.memberCount).compactMap { means[.member($0)] }
    if !members.isEmpty { means[.membersMean] = mean(members) }
    return means
  }

  private func distributions(
    of predictors: [Predictor], _ fold: CellFold, _ calibration: Calibration,
    in logits: LabeledLogits, images: [Int]?, by bootstrap: Bootstrap
  ) throws -> [Predictor: MetricDistributions] {
    let rows = try predictors.map {
      try rowScores(of: $0, in: logits, calibrations: fold.calibrations(of: $0))
    }
    let columns = metrics.compactMap { metric in metric.rowValue.map { (metric, $0) } }
    let means = try bootstrap.means(
      of: rows.flatMap { rows in
        columns.map { _, rowValue in rows.map { rowValue($0, logits.classCount) } }
      }, images: images)
    var all = try bootstrap.distributions(of: rows, images: images, binning: binning)
    for index in predictors.indices {
      for (column, (metric, _)) in columns.enumerated() {
        all[index][metric] = means[index * columns.count + column]
      }
      all[index] = all[index].filter { metrics.contains($0.key) && calibration.defines($0.key) }
    }
    return Dictionary(uniqueKeysWithValues: zip(predictors, all))
  }

  private func mean(_ all: [MetricDistributions]) -> MetricDistributions {
    var means: MetricDistributions = [:]
    for metric in resampledMetrics {
      means[metric] = BootstrapDistribution.mean(of: all.map { $0[metric] })
    }
    return means
  }
}
