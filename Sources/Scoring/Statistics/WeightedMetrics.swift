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
      WeightedRows(
        predictors[$0], images: try checked(images, rowCount: predictors[$0].count))
    }
    let blocks = try workers.map(multiplicities.count) { block in
      multiplicities[block].withUnsafeBufferPointer { weights in
        weighted.map { $0.scores(weights) }
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

/// Rows by falling confidence, to be scored in one pass under eight sets of weights at once.
///
/// The weights are how often draws of a bootstrap hold the rows' images. Scores are those of rows that
/// are repeated as often.
private struct WeightedRows: Sendable {
  private struct Row: Sendable {
    let image: Int
    let isRight: Double
    let loss: Double
    let brierScore: Double
    /// Whether the next row has another confidence.
    let endsTie: Bool
  }

  private let rows: [Row]

  init(_ scores: [RowScore], images: [Int]) {
    let order = scores.indices.sorted {
      (scores[$1].rankingScore, $0) < (scores[$0].rankingScore, $1)
    }
    rows = order.indices.map { i in
      let score = scores[order[i]]
      let isLast = i == order.count - 1
      return Row(
        image: images[order[i]], isRight: score.isRight ? 1 : 0,
        loss: score.negativeLogLikelihood, brierScore: score.brierScore,
        endsTie: isLast || score.rankingScore != scores[order[i + 1]].rankingScore)
    }
  }

  /// The scores under `weights`, indexed by image.
  func scores(_ weights: UnsafeBufferPointer<SIMD8<UInt8>>) -> WeightedScores {
    func weight(_ row: Row) -> Lanes {
      Lanes(SIMD8<Int32>(truncatingIfNeeded: weights[row.image]))
    }
    var (total, right) = (Lanes.zero, Lanes.zero)
    for row in rows {
      let weight = weight(row)
      total += weight
      right += weight * row.isRight
    }
    var scores = WeightedScores(total: total, right: right)
    var tie = Sums()
    for row in rows {
      let weight = weight(row)
      scores.add(loss: weight * row.loss, brierScore: weight * row.brierScore)
      tie.add(weight, row)
      if row.endsTie {
        scores.addTie(tie.count, right: tie.right)
        tie = Sums()
      }
    }
    return scores
  }

  /// The weights of consecutive rows and of the right ones.
  private struct Sums {
    var (count, right) = (Lanes.zero, Lanes.zero)

    @inline(__always)
    mutating func add(_ weight: Lanes, _ row: Row) {
      count += weight
      right += weight * row.isRight
    }
  }
}

/// The sums of a pass over rows by falling confidence, in each lane under one set of weights.
private struct WeightedScores {
  /// The weights of all rows, and of the right ones.
  private let total: Lanes
  private let right: Lanes
  private(set) var loss = Lanes.zero
  private(set) var brierScore = Lanes.zero
  private var covered = Lanes.zero
  private var coveredRight = Lanes.zero
  private var twiceWins = Lanes.zero
  private var area = Lanes.zero
  private var risk = Lanes.zero
  private var hasBegun = false
  private var twiceGeneralizedArea = Lanes.zero
  private var successPrecision = Lanes.zero
  private var errorPrecision = Lanes.zero
  private var falsePositives = Lanes.zero

  init(total: Lanes, right: Lanes) {
    (self.total, self.right) = (total, right)
  }

  /// Adds to the sums over rows.
  @inline(__always)
  mutating func add(loss: Lanes, brierScore: Lanes) {
    self.loss += loss
    self.brierScore += brierScore
  }

  /// Adds the rows of one confidence, lower than that of the rows before: their weight, and that of the
  /// right ones.
  mutating func addTie(_ tied: Lanes, right tiedRight: Lanes) {
    let (tiedWrong, coveredWrong) = (tied - tiedRight, covered - coveredRight)
    twiceWins += tiedWrong * (2 * coveredRight + tiedRight)
    twiceGeneralizedArea += tied * (2 * coveredWrong + tiedWrong)
    // Average precision of "wrong" counts from the lowest confidence up: these rows and those below.
    let errors = tiedWrong * ((total - right - coveredWrong) / (total - covered))
    errorPrecision += errors.replacing(with: 0, where: tiedWrong .== 0)
    let isBelow = 100 * coveredRight .< 95 * right
    covered += tied
    coveredRight += tiedRight
    falsePositives.replace(with: covered - coveredRight, where: isBelow)
    let successes = tiedRight * (coveredRight / covered)
    successPrecision += successes.replacing(with: 0, where: tiedRight .== 0)
    addRisk(of: tied)
  }

  private mutating func addRisk(of tied: Lanes) {
    var newRisk = (covered - coveredRight) / covered
    if !hasBegun {
      newRisk.replace(with: 0, where: covered .== 0)
      // Down to coverage 0 the risk is that of the most confident rows.
      risk.replace(with: newRisk, where: covered .== tied)
      hasBegun = all(covered .> 0)
    }
    area += tied * (risk + newRisk)
    risk = newRisk
  }

  /// The value of each metric in one lane; nil where it is undefined.
  static let metrics: [(metric: Metric, value: @Sendable (WeightedScores, Int) -> Double?)] = [
    (.accuracy, { $0.mean(of: $0.right, $1) }),
    (.negativeLogLikelihood, { $0.mean(of: $0.loss, $1) }),
    (.brierScore, { $0.mean(of: $0.brierScore, $1) }),
    (.misclassificationAUROC, { $0.weightedAUROC($1) }),
    (.errorAveragePrecision, { $0.share($0.errorPrecision[$1], of: $0.total[$1] - $0.right[$1]) }),
    (.successAveragePrecision, { $0.share($0.successPrecision[$1], of: $0.right[$1]) }),
    (.falsePositiveRateAt95, { $0.falsePositiveRate($1) }),
    (.riskCoverageArea, { $0.weightedRiskArea($1) }),
    (.excessRiskCoverageArea, { $0.weightedExcessArea($1) }),
    (.generalizedRiskCoverageArea, { $0.weightedGeneralizedArea($1) }),
  ]

  private func share(_ part: Double, of whole: Double) -> Double? {
    whole > 0 ? part / whole : nil
  }

  private func mean(of sums: Lanes, _ lane: Int) -> Double? {
    share(sums[lane], of: total[lane])
  }

  private func weightedAUROC(_ lane: Int) -> Double? {
    let (right, wrong) = (right[lane], total[lane] - right[lane])
    return right > 0 && wrong > 0 ? twiceWins[lane] / (2 * right * wrong) : nil
  }

  private func falsePositiveRate(_ lane: Int) -> Double? {
    let (right, wrong) = (right[lane], total[lane] - right[lane])
    return right > 0 && wrong > 0 ? falsePositives[lane] / wrong : nil
  }

  private func weightedRiskArea(_ lane: Int) -> Double? {
    share(area[lane], of: 2 * total[lane])
  }

  private func weightedExcessArea(_ lane: Int) -> Double? {
    weightedRiskArea(lane).map {
      $0 - Self.leastArea(right: right[lane], wrong: total[lane] - right[lane])
    }
  }

  private func weightedGeneralizedArea(_ lane: Int) -> Double? {
    share(twiceGeneralizedArea[lane], of: 2 * total[lane] * total[lane])
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
