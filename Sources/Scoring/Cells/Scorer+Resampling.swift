/// Distributions of metrics over the draws of a bootstrap.
public typealias MetricDistributions = [Metric: BootstrapDistribution]

extension Scorer {
  /// The metrics that `resample` gives distributions of, where a calibration leaves them defined.
  public static let resampledMetrics: [Metric] =
    Bootstrap.weightedMetrics + [.topFiveAccuracy, .brierScorePerClass, .overconfidence, .entropy]

  /// How the figures of a cell under one calibration vary over the draws of `bootstrap`.
  ///
  /// Temperatures and other fits are kept: what varies are the images that are scored. A figure of
  /// two halves is the mean of both on every draw, as its value is. Takes the time of
  /// `Bootstrap.distributions(of:images:)`.
  ///
  /// - Parameters:
  ///   - scores: The cell's numbers under the calibration.
  ///   - cell: Its logits.
  ///   - fitted: What was fitted; nil where nothing was.
  ///   - images: The image that each row shows; nil for row by row all of them.
  ///   - bootstrap: Draws of the images.
  /// - Returns: The distributions for each predictor, `members-mean` included; none where each cell
  ///   has several fits of its own, as under cross-validation.
  /// - Throws: `ScoringError` when logits, fits and images do not match.
  public func resample(
    _ scores: CellScores, of cell: LabeledLogits, with fitted: FittedCalibrations?,
    images: [Int]? = nil, by bootstrap: Bootstrap
  ) throws -> [Predictor: MetricDistributions] {
    let calibration = scores.calibration
    let predictors = scores.predictors.filter { $0.predictor != .membersMean }
    // Under `temperature-after` one member has none.
    guard !predictors.isEmpty else { return [:] }
    let folds = try folds(of: predictors, under: calibration, with: fitted)
    guard !folds.isEmpty else { return [:] }
    let parts = try folds.map { fold in
      try distributions(
        of: predictors.map(\.predictor), maps: fold.maps, calibration,
        in: fold.rows.map(cell.selecting(rows:)) ?? cell,
        images: fold.rows.map { rows in images.map { images in rows.map { images[$0] } } ?? rows }
          ?? images, by: bootstrap)
    }
    var means: [Predictor: MetricDistributions] = [:]
    for predictor in predictors.map(\.predictor) {
      means[predictor] = Self.mean(parts.compactMap { $0[predictor] })
    }
    let members = (0..<cell.memberCount).compactMap { means[.member($0)] }
    if !members.isEmpty { means[.membersMean] = Self.mean(members) }
    return means
  }

  /// The rows that each fit scores, with the fits of every predictor.
  private func folds(
    of predictors: [PredictorScores], under calibration: Calibration,
    with fitted: FittedCalibrations?
  ) throws -> [(rows: [Int]?, maps: [Predictor: CalibrationMap])] {
    switch calibration {
    case .none: return [(nil, [:])]
    case .oracle:
      let maps = predictors.map { ($0.predictor, CalibrationMap.temperature($0.temperature ?? 1)) }
      return [(nil, Dictionary(uniqueKeysWithValues: maps))]
    default: return fitted?.folds.map { ($0.rows, $0.maps[calibration] ?? [:]) } ?? []
    }
  }

  private func distributions(
    of predictors: [Predictor], maps: [Predictor: CalibrationMap], _ calibration: Calibration,
    in logits: LabeledLogits, images: [Int]?, by bootstrap: Bootstrap
  ) throws -> [Predictor: MetricDistributions] {
    let rows = try predictors.map {
      try scores(of: PredictorLogits($0, of: logits, calibration: maps[$0] ?? .identity))
    }
    let means = try bootstrap.means(
      of: rows.flatMap { rows in
        [
          rows.map { $0.labelRank < 5 ? 1 : 0 },
          rows.map { $0.brierScore / Double(logits.classCount) },
          rows.map { $0.confidence - ($0.isRight ? 1 : 0) }, rows.map(\.entropy),
        ]
      }, images: images)
    var all = try bootstrap.distributions(of: rows, images: images)
    let columns = Self.resampledMetrics.suffix(4)
    for index in predictors.indices {
      for (column, metric) in columns.enumerated() {
        all[index][metric] = means[index * columns.count + column]
      }
      all[index] = all[index].filter { calibration.defines($0.key) }
    }
    return Dictionary(uniqueKeysWithValues: zip(predictors, all))
  }

  private static func mean(_ all: [MetricDistributions]) -> MetricDistributions {
    var means: MetricDistributions = [:]
    for metric in resampledMetrics {
      means[metric] = BootstrapDistribution.mean(of: all.map { $0[metric] })
    }
    return means
  }
}
