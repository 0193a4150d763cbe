internal import Tensors

extension Bootstrap {
  /// The calibration errors of the top label that `calibrationSpreads` covers.
  public static let calibrationErrors: [Metric] = [
    .calibrationError, .maximumCalibrationError, .adaptiveCalibrationError,
    .debiasedCalibrationError, .smoothCalibrationError,
  ]

  /// What the intervals of calibration errors of several predictors' rows are made from.
  ///
  /// - Parameters:
  ///   - predictors: For each predictor its scores, as in `distributions(of:images:)`.
  ///   - images: The image that each row shows, by default image i in row i.
  ///   - metrics: Those of `calibrationErrors` that are wanted.
  ///   - binning: The bins of calibration errors.
  ///   - bandwidths: The smooth calibration error of each predictor, where it is known already.
  /// - Returns: For each predictor the spread of each metric that is defined on every draw.
  /// - Throws: `ScoringError` when rows and images do not match.
  public func calibrationSpreads(
    of predictors: [[RowScore]], images: [Int]? = nil,
    metrics: [Metric] = Bootstrap.calibrationErrors, binning: Binning = Binning(),
    bandwidths: [Double?]? = nil
  ) throws -> [MetricSpreads] {
    let isSmoothing = metrics.contains(.smoothCalibrationError)
    let resampled = try workers.map(predictors.count) { i in
      let rows = predictors[i]
      let images = try checked(images, rowCount: rows.count)
      let known = bandwidths.flatMap { $0[i] }
      let bandwidth =
        isSmoothing ? known ?? ConfidenceRanking(rows).smoothCalibrationError : nil
      return ResampledErrors(
        CalibrationRows(rows, images: images, binning: binning, bandwidth: bandwidth), metrics,
        norm: binning.norm, bandwidth: bandwidth)
    }
    let blocks = try workers.map(multiplicities.count) { block in
      multiplicities[block].withUnsafeBufferPointer { weights in
        resampled.map { $0.deviations(weights) }
      }
    }
    return predictors.indices.map { predictor in
      resampled[predictor].spreads(blocks.map { $0[predictor] }, drawCount: drawCount)
    }
  }
}

/// The calibration errors of one predictor, each as a norm of the errors of bins.
private struct ResampledErrors: Sendable {
  /// A norm of errors whose deviations are resampled.
  private struct Norm: Sendable {
    let metric: Metric
    let errors: BinErrors
    let isRootMeanSquare: Bool
    /// The value that deviations are of.
    let estimate: Double

    init(_ metric: Metric, _ errors: BinErrors, isRootMeanSquare: Bool, estimate: Double? = nil) {
      self.metric = metric
      self.errors = errors
      self.isRootMeanSquare = isRootMeanSquare
      self.estimate = estimate ?? (isRootMeanSquare ? errors.rootMeanSquare : errors.sum)
    }
  }

  private let segments: RowSegments
  private var norms: [Norm] = []
  private var bounds: [(metric: Metric, bounds: ErrorBounds)] = []

  init(_ rows: CalibrationRows, _ metrics: [Metric], norm: Binning.Norm, bandwidth: Double?) {
    segments = rows.segments
    for metric in metrics {
      switch metric {
      case .calibrationError: add(metric, rows.equalWidth, norm)
      case .maximumCalibrationError: add(metric, rows.equalWidth, .max)
      case .adaptiveCalibrationError: add(metric, rows.equalMass, norm)
      case .debiasedCalibrationError: add(metric, rows.equalWidth, .l2)
      case .smoothCalibrationError:
        guard let smooth = rows.smooth else { continue }
        norms.append(Norm(metric, smooth, isRootMeanSquare: false, estimate: bandwidth))
      default: continue
      }
    }
  }

  private mutating func add(_ metric: Metric, _ errors: BinErrors, _ norm: Binning.Norm) {
    switch norm {
    case .l1, .l2: norms.append(Norm(metric, errors, isRootMeanSquare: norm == .l2))
    case .max: ErrorBounds.largest(of: errors.rowBins).map { bounds.append((metric, $0)) }
    }
  }

  /// The deviations of each norm on eight draws, which give the images these weights.
  func deviations(_ weights: UnsafeBufferPointer<SIMD8<UInt8>>) -> [BinErrors.Deviations] {
    let sums = segments.sums(weights)
    let total = sums.reduce(Lanes.zero) { $0 + $1.count }
    return norms.map { norm in
      norm.isRootMeanSquare
        ? norm.errors.deviationsOfRootMeanSquare(sums, total: total)
        : norm.errors.deviationsOfSum(sums, total: total)
    }
  }

  /// The spreads of all metrics, from the deviations on each block of draws.
  func spreads(_ blocks: [[BinErrors.Deviations]], drawCount: Int) -> MetricSpreads {
    func draws(_ norm: Int, _ side: (BinErrors.Deviations) -> Lanes) -> [Double] {
      (0..<drawCount).map { draw in
        side(blocks[draw / Bootstrap.laneCount][norm])[draw % Bootstrap.laneCount]
      }
    }
    var spreads: MetricSpreads = [:]
    for (i, norm) in norms.enumerated() {
      spreads[norm.metric] = ErrorSpread(
        estimate: norm.estimate, above: draws(i, \.above), below: draws(i, \.below),
        belowQuantile: norm.metric == .smoothCalibrationError
          ? ErrorSpread.belowQuantileOfSmoothed : ErrorSpread.belowQuantileOfBins
      ).map(MetricSpread.errors)
    }
    for (metric, bounds) in bounds { spreads[metric] = .bounds(bounds) }
    return spreads
  }
}
