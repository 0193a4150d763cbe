/// The mean negative log-likelihood of a predictor as a function of a scale β = 1/T.
///
/// With d the deviations of a member's logits from their largest, under its softmax at β,
/// the derivatives of log p_y are d_y − E[d], and minus the second, third and fourth cumulant of d.
/// Those of averaged probabilities follow from p′/p = Σ w_m a_m, with weights w_m = p_m / Σ p and
/// the members' a_m = d_y − E[d], p″/p = Σ w_m (a_m² − v_m), and so on.
struct TemperatureObjective {
  /// The objective at one scale, with its derivatives with respect to the scale.
  struct Value: Sendable {
    var loss = 0.0
    var slope = 0.0
    var curvature = 0.0
    var thirdDerivative = 0.0
    var fourthDerivative = 0.0
  }

  /// What the scale multiplies.
  enum Scaled {
    /// The logits of each pooled distribution.
    case logits
    /// Logits of the calibrated distribution, which are log-probabilities where members are pooled.
    case calibratedLogits
  }

  let source: PredictorLogits
  let scaled: Scaled
  let scorer: Scorer
  /// Rows 0, `stride`, 2·`stride`, … count.
  var stride = 1
  private let kept: CalibratedLogits?

  init(_ source: PredictorLogits, scaled: Scaled, scorer: Scorer) throws {
    self.source = source
    self.scaled = scaled
    self.scorer = scorer
    kept = scaled == .calibratedLogits ? try CalibratedLogits(source, scorer: scorer) : nil
  }

  /// How many rows count.
  var rowCount: Int { (source.logits.rowCount + stride - 1) / stride }

  /// Whether the objective is sure to be convex in the scale.
  var isConvex: Bool { scaled == .calibratedLogits || source.pooledCount == 1 }

  func value(atScale scale: Double) throws -> Value {
    let sums = try sumOverRows { rows in
      let objective = RowObjective(source, scaled: scaled, kept: kept)
      return rows.reduce(into: [0, 0, 0, 0, 0]) { sums, row in
        let value = objective.value(of: row, scale: scale)
        sums[0] += value.loss
        sums[1] += value.slope
        sums[2] += value.curvature
        sums[3] += value.thirdDerivative
        sums[4] += value.fourthDerivative
      }
    }
    return Value(
      loss: sums[0], slope: sums[1], curvature: sums[2], thirdDerivative: sums[3],
      fourthDerivative: sums[4])
  }

  /// The losses at `scale`, 2·`scale`, 4·`scale`, …, from one exponential for each logit.
  func losses(atDoublingsOf scale: Double, count: Int) throws -> [Double] {
    try sumOverRows { rows in
      let objective = RowObjective(source, scaled: scaled, kept: kept)
      return rows.reduce(into: [Double](repeating: 0, count: count)) {
        objective.addLosses(of: $1, atDoublingsOf: scale, to: &$0)
      }
    }
  }

  /// The means over all rows of what `body` sums over blocks of them.
  private func sumOverRows(
    _ body: @Sendable (StrideTo<Int>) -> [Double]
  ) throws -> [Double] {
    let blocks = try scorer.mapBlocks(rowCount) { block in
      body(Swift.stride(from: block.lowerBound * stride, to: block.upperBound * stride, by: stride))
    }
    return blocks[0].indices.map { i in
      blocks.reduce(0) { $0 + $1[i] } / Double(rowCount)
    }
  }
}
