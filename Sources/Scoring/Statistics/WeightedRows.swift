/// Rows by falling confidence, to be scored in one pass under eight sets of weights at once.
///
/// The weights are how often draws of a bootstrap hold the rows' images. Scores are those of the
/// rows repeated as often.
struct WeightedRows: Sendable {
  typealias Lanes = SIMD8<Double>

  private struct Row: Sendable {
    let image: Int
    let isRight: Double
    let excessConfidence: Double
    let loss: Double
    let brierScore: Double
    /// Whether the next row falls in another bin.
    let endsBin: Bool
    /// Whether the next row has another confidence.
    let endsTie: Bool
  }

  private let rows: [Row]

  init(_ scores: [RowScore], images: [Int]) {
    let order = scores.indices.sorted {
      (scores[$1].confidence, $0) < (scores[$0].confidence, $1)
    }
    let table = ReliabilityTable()
    let bins = order.map { table.index(of: scores[$0].confidence) }
    rows = order.indices.map { i in
      let score = scores[order[i]]
      let isLast = i == order.count - 1
      return Row(
        image: images[order[i]], isRight: score.isRight ? 1 : 0,
        excessConfidence: score.confidence - (score.isRight ? 1 : 0),
        loss: score.negativeLogLikelihood, brierScore: score.brierScore,
        endsBin: isLast || bins[i] != bins[i + 1],
        endsTie: isLast || score.confidence != scores[order[i + 1]].confidence)
    }
  }

  /// The scores under `weights`, indexed by image.
  func scores(_ weights: UnsafeBufferPointer<SIMD8<UInt8>>) -> WeightedScores {
    var scores = WeightedScores()
    var (tied, tiedRight, excess) = (Lanes.zero, Lanes.zero, Lanes.zero)
    for row in rows {
      let weight = Lanes(SIMD8<Int32>(truncatingIfNeeded: weights[row.image]))
      scores.loss += weight * row.loss
      scores.brierScore += weight * row.brierScore
      excess += weight * row.excessConfidence
      tied += weight
      tiedRight += weight * row.isRight
      if row.endsBin {
        scores.addBin(excess)
        excess = .zero
      }
      if row.endsTie {
        scores.addTie(tied, right: tiedRight)
        (tied, tiedRight) = (.zero, .zero)
      }
    }
    return scores
  }
}

/// What one pass over weighted rows leaves, in each lane under one set of weights.
struct WeightedScores {
  typealias Lanes = SIMD8<Double>

  var loss = Lanes.zero
  var brierScore = Lanes.zero
  private var total = Lanes.zero
  private var right = Lanes.zero
  private var calibrationError = Lanes.zero
  private var twiceWins = Lanes.zero
  private var area = Lanes.zero
  private var risk = Lanes.zero
  private var hasBegun = false

  /// Adds a bin's Σ of weight · (confidence − right).
  mutating func addBin(_ excess: Lanes) {
    calibrationError += pointwiseMax(excess, -excess)
  }

  /// Adds the weight of rows that are less confident than those before, and as confident as each
  /// other.
  mutating func addTie(_ tied: Lanes, right tiedRight: Lanes) {
    twiceWins += (tied - tiedRight) * (2 * right + tiedRight)
    total += tied
    right += tiedRight
    var newRisk = (total - right) / total
    if !hasBegun {
      newRisk.replace(with: 0, where: total .== 0)
      // Down to coverage 0 the risk is that of the most confident.
      risk.replace(with: newRisk, where: total .== tied)
      hasBegun = all(total .> 0)
    }
    area += tied * (risk + newRisk)
    risk = newRisk
  }

  /// The metrics that are defined in one lane.
  func figures(_ lane: Int) -> Figures<Metric> {
    var figures = Figures<Metric>()
    let (total, right) = (total[lane], right[lane])
    guard total > 0 else { return figures }
    figures[.accuracy] = right / total
    figures[.negativeLogLikelihood] = loss[lane] / total
    figures[.brierScore] = brierScore[lane] / total
    figures[.calibrationError] = calibrationError[lane] / total
    figures[.riskCoverageArea] = area[lane] / (2 * total)
    guard right > 0, right < total else { return figures }
    figures[.misclassificationAUROC] = twiceWins[lane] / (2 * right * (total - right))
    return figures
  }
}
