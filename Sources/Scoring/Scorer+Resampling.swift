extension Scorer {
  /// The metrics that `resample` gives spreads of, where a calibration leaves them defined.
  public var resampledMetrics: [Metric] {
    metrics.filter {
      $0.rowValue != nil || Bootstrap.weightedMetrics.contains($0)
        || Bootstrap.calibrationErrors.contains($0) || $0.needsClassProbabilities
        || $0.needsRefinementLoss || $0.resampling != nil
        || $0.needsSoftLabels
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
    let parts = try scores.folds.enumerated().map { place, fold in
      try spreads(
        of: predictors, fold, scores,
        in: fold.rows.map(cell.selecting(rows:)) ?? cell,
        temperatures: predictors.map { refinementTemperature(of: $0, scores, fold: place) },
        images: fold.rows.map { rows in images.map { images in rows.map { images[$0] } } ?? rows }
          ?? images, areIndependent: images == nil, by: bootstrap)
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
    in logits: LabeledLogits, temperatures: [Double?], images: [Int]?, areIndependent: Bool,
    by bootstrap: Bootstrap
  ) throws -> [Predictor: MetricSpreads] {
    let rows = try predictors.map {
      try rowScores(of: $0, in: logits, calibrations: fold.calibrations(of: $0))
    }
    let weighted = try bootstrap.distributions(of: rows, images: images)
    var all = try bootstrap.calibrationSpreads(
      of: rows, images: images, metrics: metrics.filter(Bootstrap.calibrationErrors.contains),
      binning: binning, bandwidths: bandwidths(of: predictors, scores))
    let curves = try predictors.indices.map { i in
      try temperatures[i].map { temperature in
        LossCurve(
          temperature: temperature,
          columns: try lossCurves(
            of: predictors[i], in: logits, calibrations: fold.calibrations(of: predictors[i]),
            at: temperature))
      }
    }
    let means = try means(
      of: rows, curves, classCount: logits.classCount, losses: weighted, images: images,
      by: bootstrap)
    let others = try bootstrap.spreads(
      of: metrics, rows, images: images, areIndependent: areIndependent)
    let soft = try softSpreads(of: predictors, fold, scores, in: logits, images: images, bootstrap)
    for index in predictors.indices {
      all[index].merge(soft[index]) { $1 }
      all[index].merge(others[index]) { $1 }
      all[index].merge(weighted[index].mapValues(MetricSpread.draws)) { $1 }
      all[index].merge(means[index]) { $1 }
      all[index] = all[index].filter {
        metrics.contains($0.key) && scores.calibration.defines($0.key)
      }
    }
    return Dictionary(uniqueKeysWithValues: zip(predictors, all))
  }

  /// The temperature that refinement was fitted with; nil where its metrics are not wanted.
  private func refinementTemperature(
    of predictor: Predictor, _ scores: CellScores, fold: Int
  ) -> Double? {
    guard metrics.contains(where: \.needsRefinementLoss) else { return nil }
    return scores.predictors.first { $0.predictor == predictor }?.refinementTemperatures[fold]
  }

  /// The smooth calibration errors that are known; a mean over folds is the bandwidth of none.
  private func bandwidths(of predictors: [Predictor], _ scores: CellScores) -> [Double?]? {
    guard scores.folds.count == 1 else { return nil }
    return predictors.map { predictor in
      scores.predictors.first { $0.predictor == predictor }?.values[.smoothCalibrationError]
    }
  }

  /// The losses of rows near a temperature.
  private struct LossCurve {
    let temperature: Double
    let columns: [[Double]]  // [3, N]
  }

  private func lossCurves(
    of predictor: Predictor, in logits: LabeledLogits, calibrations: RowCalibrations,
    at temperature: Double
  ) throws -> [[Double]] {
    try TemperatureObjective(
      PredictorLogits(predictor, of: logits, calibrations: calibrations),
      scaled: .calibratedLogits, blocks: blocks, isKeeping: false
    ).rowCurves(at: temperature)
  }

  /// The spreads of what is a mean over rows, or follows from some, for each predictor.
  private func means(
    of rows: [[RowScore]], _ curves: [LossCurve?], classCount: Int,
    losses: [MetricDistributions], images: [Int]?, by bootstrap: Bootstrap
  ) throws -> [MetricSpreads] {
    let entries = metrics.compactMap { metric in metric.rowValue.map { (metric, $0) } }
    let columns = zip(rows, curves).map { rows, curve in
      entries.map { _, rowValue in rows.map { rowValue($0, classCount) } }
        + (curve?.columns ?? [])
    }
    var rest = try bootstrap.means(of: columns.flatMap { $0 }, images: images)[...]
    return rows.indices.map { index in
      let own = Array(rest.prefix(columns[index].count))
      rest = rest.dropFirst(own.count)
      var spreads: MetricSpreads = [:]
      for ((metric, _), mean) in zip(entries, own) {
        spreads[metric] = mean.map(MetricSpread.draws)
      }
      if let curve = curves[index],
        let draws = RefinementDraws(
          loss: losses[index][.negativeLogLikelihood], curve: Array(own.suffix(3)),
          at: curve.temperature)
      {
        spreads[.refinementLoss] = draws.refinementLoss
        spreads[.calibrationLoss] = draws.calibrationLoss
      }
      return spreads
    }
  }

  private func mean(_ all: [MetricSpreads]) -> MetricSpreads {
    var means: MetricSpreads = [:]
    for metric in resampledMetrics { means[metric] = .mean(of: all.map { $0[metric] }) }
    return means
  }
}
