/// The mean negative log-likelihood of a predictor as a function of its scale β = 1/T.
///
/// With d the deviations of a member's logits from their largest, under its softmax at β,
/// d/dβ log p_y = d_y − E[d] and d²/dβ² log p_y = −Var[d]. Of averaged probabilities,
/// log Σ_m p_m has the derivative Σ w_m a_m with weights w_m = p_m / Σ p, a_m = d_y − E[d].
struct TemperatureObjective {
  /// The objective at one scale, with its derivatives with respect to the scale.
  struct Value: Sendable {
    var loss = 0.0
    var slope = 0.0
    var curvature = 0.0
  }

  let source: PredictorLogits
  let scorer: Scorer

  /// Whether the objective is sure to be convex in the scale.
  var isConvex: Bool { source.pooledCount == 1 }

  func value(atScale scale: Double) throws -> Value {
    let sums = try sumOverRows { rows in
      let objective = RowObjective(source)
      return rows.reduce(into: [0, 0, 0]) { sums, row in
        let value = objective.value(of: row, scale: scale)
        sums[0] += value.loss
        sums[1] += value.slope
        sums[2] += value.curvature
      }
    }
    return Value(loss: sums[0], slope: sums[1], curvature: sums[2])
  }

  /// The losses at `scale`, 2·`scale`, 4·`scale`, …, from one exponential for each logit.
  func losses(atDoublingsOf scale: Double, count: Int) throws -> [Double] {
    try sumOverRows { rows in
      let objective = RowObjective(source)
      return rows.reduce(into: [Double](repeating: 0, count: count)) {
        objective.addLosses(of: $1, atDoublingsOf: scale, to: &$0)
      }
    }
  }

  /// The means over all rows of what `body` sums over blocks of them.
  private func sumOverRows(_ body: @Sendable (Range<Int>) -> [Double]) throws -> [Double] {
    let blocks = try scorer.mapBlocks(source.logits.rowCount, body)
    return blocks[0].indices.map { i in
      blocks.reduce(0) { $0 + $1[i] } / Double(source.logits.rowCount)
    }
  }
}
