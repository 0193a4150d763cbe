internal import Tensors

extension Bootstrap {
  /// The metrics that `distributions(of:images:)` resamples in one pass.
  public static let weightedMetrics: [Metric] = [
    .accuracy, .negativeLogLikelihood, .brierScore, .calibrationError, .maximumCalibrationError,
    .adaptiveCalibrationError, .debiasedCalibrationError, .misclassificationAUROC,
    .errorAveragePrecision, .successAveragePrecision, .falsePositiveRateAt95, .riskCoverageArea,
    .excessRiskCoverageArea, .generalizedRiskCoverageArea,
  ]

  /// The `weightedMetrics` of several predictors' rows on every draw.
  ///
  /// Rows are sorted once; each draw is then a pass over them, weighed by how often it holds their
  /// images. The values are those of the drawn rows, to the rounding of their sums.
  ///
  /// - Parameters:
  ///   - predictors: For each predictor its scores on a cell, on part of its images, or on several
  ///     cells to be pooled. Many predictors at a time keep the draws in the processor's cache.
  ///   - images: The image that each row shows, by default row by row all of them.
  /// - Returns: For each predictor a distribution of each metric that is defined on every draw.
  /// - Throws: `ScoringError` when rows and images do not match.
  public func distributions(
    of predictors: [[RowScore]], images: [Int]? = nil
  ) throws -> [[Metric: BootstrapDistribution]] {
    let weighted = try workers.map(predictors.count) {
      WeightedRows(predictors[$0], images: try checked(images, rowCount: predictors[$0].count))
    }
    let blocks = try workers.map(multiplicities.count) { block in
      multiplicities[block].withUnsafeBufferPointer { weights in
        weighted.map { $0.scores(weights) }
      }
    }
    return try workers.map(predictors.count) { predictor in
      let figures = (0..<drawCount).map { draw in
        blocks[draw / Self.laneCount][predictor].figures(draw % Self.laneCount)
      }
      return Self.weightedMetrics.reduce(into: [:]) { distributions, metric in
        distributions[metric] = BootstrapDistribution(figures.map { $0[metric] })
      }
    }
  }
}
