extension Scorer {
  /// The metrics that `resample` gives spreads of, where a calibration leaves them defined.
  public var resampledMetrics: [Metric] {
    metrics.filter {
      $0.rowValue != nil || Bootstrap.weightedMetrics.contains($0)
        || Bootstrap.calibrationErrors.contains($0) || $0.needsClassProbabilities
    }
  }

  /// What the intervals of the metrics of a cell under one calibration are made from.
  ///
  /// Fits are kept: only the images that are scored vary. A metric of averaged folds is their mean on
  /// every draw, as its value is. Takes the time of `Bootstrap.distributions(of:images:)` and of
  /// `Bootstrap.calibrationSpreads(of:images:metrics:binning:bandwidths:)`.
  ///
  /// - Parameters:
  ///   - scores: The cell's numbers under the calibration.
  ///   - cell: Its logits.
  ///   - images: The image that each row shows; nil if row i shows image i.
  ///   - bootstrap: Draws of the images.
  /// - Returns: The spreads for each predictor, `members-mean` included. Where images have several rows,
  ///   classwise errors have none: their rows are not independent.
  /// - Throws: `ScoringError` when logits and images do not match.
  public func resample(
    _ scores: CellScores, of cell: LabeledLogits, images: [Int]? = nil, by bootstrap: Bootstrap
  ) throws -> [Predictor: MetricSpreads] {
    let predictors = scores.predictors.map(\.predictor).filter { $0 != .membersMean }
    // Under `temperature-after` one member has none.
    guard !predictors.isEmpty else { return [:] }
    let parts = try scores.folds.map { fold in
      try spreads(
        of: predictors, fold, scores,
        in: fold.rows.map(cell.selecting(rows:)) ?? cell,
        images: fold.rows.map { rows in images.map { images in rows.map { images[$0] } } ?? rows }
          ?? images, by: bootstrap)
    }
    var means: [Predictor: MetricSpreads] = [:]
    for predictor in predictors { means[predictor] = mean(parts.compactMap { $0[predictor] }) }
    if images == nil {
      for row in scores.predictors where row.predictor != .membersMean {
        means[row.predictor]?.merge(row.classBounds.mapValues(MetricSpread.bounds)) { $1 }
      }
    }
    let members = (0..<cell.memberCount).compactMap { means[.member($0)] }
    if !members.isEmpty { means[.membersMean] = mean(members) }
    return means
  }

  private func spreads(
    of predictors: [Predictor], _ fold: CellFold, _ scores: CellScores,
    in logits: LabeledLogits, images: [Int]?, by bootstrap: Bootstrap
  ) throws -> [Predictor: MetricSpreads] {
    let rows = try predictors.map {
      try rowScores(of: $0, in: logits, calibrations: fold.calibrations(of: $0))
    }
    let columns = metrics.compactMap { metric in metric.rowValue.map { (metric, $0) } }
    let means = try bootstrap.means(
      of: rows.flatMap { rows in
        columns.map { _, rowValue in rows.map { rowValue($0, logits.classCount) } }
      }, images: images)
    let weighted = try bootstrap.distributions(of: rows, images: images)
    // A mean over folds is the bandwidth of none.
    let bandwidths =
      scores.folds.count > 1
      ? nil
      : predictors.map { predictor in
        scores.predictors.first { $0.predictor == predictor }?.values[.smoothCalibrationError]
      }
    var all = try bootstrap.calibrationSpreads(
      of: rows, images: images, metrics: metrics.filter(Bootstrap.calibrationErrors.contains),
      binning: binning, bandwidths: bandwidths)
    for index in predictors.indices {
      all[index].merge(weighted[index].mapValues(MetricSpread.draws)) { $1 }
      for (column, (metric, _)) in columns.enumerated() {
        all[index][metric] = means[index * columns.count + column].map(MetricSpread.draws)
      }
      all[index] = all[index].filter {
        metrics.contains($0.key) && scores.calibration.defines($0.key)
      }
    }
    return Dictionary(uniqueKeysWithValues: zip(predictors, all))
  }

  private func mean(_ all: [MetricSpreads]) -> MetricSpreads {
    var means: MetricSpreads = [:]
    for metric in resampledMetrics { means[metric] = .mean(of: all.map { $0[metric] }) }
    return means
  }
}
