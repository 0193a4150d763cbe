/// Rows by falling confidence, to be scored in one pass under eight sets of weights at once.
///
/// The weights are how often draws of a bootstrap hold the rows' images. Scores are those of the
/// rows repeated as often.
struct WeightedRows: Sendable {
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
    var (tie, bin) = (Sums(), Sums())
    for row in rows {
      let weight = weight(row)
      scores.add(loss: weight * row.loss, brierScore: weight * row.brierScore)
      tie.add(weight, row)
      if row.endsTie {
        scores.addTie(tie.count, right: tie.right, excess: tie.excess)
        bin.add(tie)
        tie = Sums()
      }
      if row.endsBin {
        scores.addBin(bin.count, right: bin.right, excess: bin.excess)
        bin = Sums()
      }
    }
    return scores
  }

  /// The weights of consecutive rows and of the right ones, and Σ of weight · (confidence − right).
  private struct Sums {
    var (count, right, excess) = (Lanes.zero, Lanes.zero, Lanes.zero)

    @inline(__always)
    mutating func add(_ weight: Lanes, _ row: Row) {
      count += weight
      right += weight * row.isRight
      excess += weight * row.excessConfidence
    }

    mutating func add(_ other: Sums) {
      count += other.count
      right += other.right
      excess += other.excess
    }
  }
}
