import Foundation
internal import Tensors

/// Distributions of metrics over the draws of a bootstrap.
public typealias MetricDistributions = [Metric: BootstrapDistribution]

extension Bootstrap {
  /// The metrics that `distributions(of:images:)` resamples in one pass.
  public static let weightedMetrics: [Metric] = WeightedScores.metrics.map(\.metric)

  /// The `weightedMetrics` of several predictors' rows on every draw.
  ///
  /// Rows are sorted once; each draw is then a pass over them, weighted by how often it holds their
  /// images. The values are those of the drawn rows, up to the rounding of sums.
  ///
  /// - Parameters:
  ///   - predictors: For each predictor its scores on a cell, on part of its images, or on several
  ///     pooled cells. Several predictors in one call share the draws in the processor's cache.
  ///   - images: The image that each row shows, by default image i in row i.
  /// - Returns: For each predictor a distribution of each metric that is defined on every draw.
  /// - Throws: `ScoringError` when rows and images do not match.
  public func distributions(
    of predictors: [[RowScore]], images: [Int]? = nil
  ) throws -> [MetricDistributions] {
    let weighted = try workers.map(predictors.count) {
      RankedRows(
        predictors[$0], images: try checked(images, rowCount: predictors[$0].count))
    }
    let blocks = try workers.map(multiplicities.count) { block in
      multiplicities[block].withUnsafeBufferPointer { weights in
        weighted.map { WeightedScores($0.sums(under: weights)) }
      }
    }
    return try workers.map(predictors.count) { predictor in
      distributions(blocks.lazy.map { $0[predictor] })
    }
  }

  /// The distributions of one predictor, from its scores in each block of draws.
  private func distributions(_ blocks: some Sequence<WeightedScores>) -> MetricDistributions {
    let metrics = WeightedScores.metrics
    var values = metrics.map { _ in [Double?]() }
    for (block, scores) in blocks.enumerated() {
      for lane in 0..<min(Self.laneCount, drawCount - block * Self.laneCount) {
        for i in metrics.indices { values[i].append(metrics[i].value(scores, lane)) }
      }
    }
    return zip(metrics, values).reduce(into: [:]) { distributions, metric in
      distributions[metric.0.metric] = BootstrapDistribution(metric.1)
    }
  }
}

extension RankedRows {
  /// The rows of `scores`, each with the image that it shows.
  fileprivate init(_ scores: [RowScore], images: [Int]) {
    let order = scores.map { -$0.rankingScore }.risingOrder
    self.init()
    reserveCapacity(order.count)
    for (place, row) in order.enumerated() {
      let score = scores[row]
      let isLast = place == order.count - 1
      append(
        image: images[row], isRight: score.isRight, loss: score.negativeLogLikelihood,
        brierScore: score.brierScore,
        endsTie: isLast || score.rankingScore != scores[order[place + 1]].rankingScore)
    }
  }
}

/// The metrics under eight sets of weights.
private struct WeightedScores {
  private let sums: RankingSums

  init(_ sums: RankingSums) { self.sums = sums }

  /// The value of each metric in one lane; nil where it is undefined.
  static let metrics: [(metric: Metric, value: @Sendable (WeightedScores, Int) -> Double?)] = [
    (.accuracy, { $0.mean(of: $0.sums.right, $1) }),
    (.negativeLogLikelihood, { $0.mean(of: $0.sums.loss, $1) }),
    (.brierScore, { $0.mean(of: $0.sums.brierScore, $1) }),
    (.misclassificationAUROC, { $0.weightedAUROC($1) }),
    (.errorAveragePrecision, { $0.share($0.sums.errorPrecision[$1], of: $0.wrong($1)) }),
    (.successAveragePrecision, { $0.share($0.sums.successPrecision[$1], of: $0.sums.right[$1]) }),
    (.falsePositiveRateAt95, { $0.falsePositiveRate($1) }),
    (.riskCoverageArea, { $0.weightedRiskArea($1) }),
    (.excessRiskCoverageArea, { $0.weightedExcessArea($1) }),
    (.generalizedRiskCoverageArea, { $0.weightedGeneralizedArea($1) }),
  ]

  private func share(_ part: Double, of whole: Double) -> Double? {
    whole > 0 ? part / whole : nil
  }

  private func wrong(_ lane: Int) -> Double { sums.total[lane] - sums.right[lane] }

  private func mean(of numbers: Lanes, _ lane: Int) -> Double? {
    share(numbers[lane], of: sums.total[lane])
  }

  private func weightedAUROC(_ lane: Int) -> Double? {
    share(sums.twiceWins[lane], of: 2 * sums.right[lane] * wrong(lane))
  }

  private func falsePositiveRate(_ lane: Int) -> Double? {
    sums.right[lane] > 0 ? share(sums.falsePositives[lane], of: wrong(lane)) : nil
  }

  private func weightedRiskArea(_ lane: Int) -> Double? {
    share(sums.twiceArea[lane], of: 2 * sums.total[lane])
  }

  private func weightedExcessArea(_ lane: Int) -> Double? {
    weightedRiskArea(lane).map {
      $0 - Self.leastArea(right: sums.right[lane], wrong: wrong(lane))
    }
  }

  private func weightedGeneralizedArea(_ lane: Int) -> Double? {
    share(sums.twiceGeneralizedArea[lane], of: 2 * sums.total[lane] * sums.total[lane])
  }

  /// The area under the risk–coverage curve where all right rows come before all wrong ones.
  ///
  /// After j wrong rows the risk is j / (right + j). Its sum is wrong − right · (H(right + wrong) −
  /// H(right)), with H the harmonic numbers.
  private static func leastArea(right: Double, wrong: Double) -> Double {
    guard wrong > 0 else { return 0 }
    guard right > 0 else { return 1 }
    let risks = wrong - right * (harmonic(right + wrong) - harmonic(right))
    return (2 * risks - wrong / (right + wrong)) / (2 * (right + wrong))
  }

  /// 1 + 1/2 + … + 1/n less Euler's constant, to 1e-16, by the Euler–Maclaurin series from 16 on.
  private static func harmonic(_ n: Double) -> Double {
    var (n, less) = (n, 0.0)
    while n < 16 {
      n += 1
      less += 1 / n
    }
    let square = 1 / (n * n)
    let series = 1 / 12.0 - square * (1 / 120.0 - square * (1 / 252.0 - square / 240))
    return log(n) + 0.5 / n - square * series - less
  }
}
