internal import Tensors

/// How far the distribution p that is predicted for an image is from that of people, q.
public struct SoftScore: Sendable, Equatable {
  /// −Σ q log p, in nats; infinite where people give a class a share whose given probability is 0.
  public let crossEntropy: Double
  /// The Kullback–Leibler divergence Σ q log (q/p), in nats: the cross entropy less the people's entropy,
  /// at least 0 but for rounding.
  public let divergence: Double
  /// Σ (p − q)², in 0...2.
  public let brierScore: Double
  /// ½ Σ |p − q|, in 0...1.
  public let totalVariation: Double
  /// The entropy of p, in nats.
  public let entropy: Double
  /// The entropy of q, in nats.
  public let peopleEntropy: Double
}

extension RowScorer {
  /// Scores the distribution of a row against what people say of an image.
  fileprivate func softScore(_ row: Int, against labels: SoftLabels, image: Int) -> SoftScore {
    let entropy = score(row).entropy
    let (probabilities, logarithms) = (probabilities, logProbabilities)
    let squares = sum(of: labels, image) { index, share in
      (probabilities[index] - share) * (probabilities[index] - share)
    }
    let distances = sum(of: labels, image) { index, share in abs(probabilities[index] - share) }
    var isInfinite = false
    let finite = sum(of: labels, image) { index, share in
      guard share > 0 else { return 0 }
      let isZero = mayHoldZeros && LogarithmOfZero.isMeant(by: logarithms[index])
      isInfinite = isInfinite || isZero
      return isZero ? 0 : share * max(0, -logarithms[index])
    }
    let crossEntropy = isInfinite ? .infinity : finite
    let peopleEntropy = labels.entropies[image]
    return SoftScore(
      crossEntropy: crossEntropy, divergence: crossEntropy - peopleEntropy,
      brierScore: squares, totalVariation: distances / 2, entropy: entropy,
      peopleEntropy: peopleEntropy)
  }

  /// The sum over classes of a term of at least 0, in any order of classes.
  private func sum(
    of labels: SoftLabels, _ image: Int, _ term: (_ index: Int, _ share: Double) -> Double
  ) -> Double {
    labels.forEachProbability(of: image) { scratch[$0] = term($0, $1) }
    return ProbabilityKernels.preferred.sum(of: scratch, count: classCount)
  }
}

extension Scorer {
  /// The scores of `predictor` on every row against `labels`.
  ///
  /// - Parameters:
  ///   - predictor: Who predicts.
  ///   - logits: The rows.
  ///   - calibrations: What calibrates the distribution of each row.
  ///   - labels: What people say of N images.
  ///   - images: The image that each row shows; nil where row i shows image i mod N, as in cells of the
  ///     same images one after the other.
  /// - Returns: A score for each row.
  /// - Throws: `ScoringError` where labels are of other classes or images, when there is no such
  ///   predictor, or when a calibration is not for it.
  public func softScores(
    of predictor: Predictor, in logits: LabeledLogits,
    calibrations: RowCalibrations = RowCalibrations(.identity), against labels: SoftLabels,
    images: [Int]? = nil
  ) throws -> [SoftScore] {
    try labels.check(logits, images: images)
    let source = try PredictorLogits(predictor, of: logits, calibrations: calibrations)
    return blocks.flatMap(logits.rowCount) { block in
      let scorer = RowScorer(source)
      return block.map { row in
        scorer.softScore(row, against: labels, image: images?[row] ?? row % labels.imageCount)
      }
    }
  }
}
