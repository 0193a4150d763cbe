import Foundation
internal import Tensors

/// What a predictor predicts for one row, and how good that is.
public struct RowScore: Sendable, Equatable {
  /// The class of the largest probability, the lowest index among equals.
  public let predictedClass: Int
  /// How many classes come before the label when sorted by probability, equals by index.
  public let labelRank: Int
  /// The label's share of the first five places by probability: 1 or 0 but where classes that are
  /// equal to it are on both sides of the last.
  public let topFiveShare: Double
  /// The largest probability.
  public private(set) var confidence: Double
  /// What confidence is ranked by, among rows of one predictor: the larger, the more confident.
  ///
  /// A confidence that was given or mapped ranks itself. One of a softmax has no digits left near 1;
  /// from 1 − 2⁻¹⁰ on it is ranked by what is left for the other classes, as one divided by it.
  public private(set) var rankingScore: Double
  /// −log p of the label, in nats, from the log-softmax; infinite where a given probability is 0.
  public let negativeLogLikelihood: Double
  /// Σ over classes of (p − 1[label])².
  public let brierScore: Double
  /// −Σ p log p, in nats.
  public let entropy: Double

  /// Whether the predicted class is the label.
  public var isRight: Bool { labelRank == 0 }

  /// The same with a calibrated confidence.
  func calibrated(by map: some ConfidenceMap) -> RowScore {
    var row = self
    row.confidence = map.value(at: confidence)
    row.rankingScore = row.confidence
    return row
  }
}

/// Scores the rows of one calibrated predictor, in memory that it owns.
///
/// P pooled distributions, K classes.
final class RowScorer {
  let source: PredictorLogits
  let pooledCount: Int
  let classCount: Int
  /// While a row is scored, the logits of its pooled distributions; then its log-probabilities [K].
  let logProbabilities: UnsafeMutablePointer<Double>  // [P, K]
  /// Those of the row scored last.
  let probabilities: UnsafeMutablePointer<Double>  // [K]
  let memberProbabilities: UnsafeMutablePointer<Double>  // [P, K], P > 1
  private var softmaxes: [Softmax] = []  // [P], P > 1
  let scratch: UnsafeMutablePointer<Double>  // [K]
  /// Where a map needs them, the logarithms at its temperature; before, logits.
  let temperedLogarithms: UnsafeMutablePointer<Double>  // [P, K]
  let temperedProbabilities: UnsafeMutablePointer<Double>  // [K]

  init(_ source: PredictorLogits) {
    self.source = source
    pooledCount = source.pooledCount
    classCount = source.logits.classCount
    logProbabilities = .allocate(capacity: pooledCount * classCount)
    probabilities = .allocate(capacity: classCount)
    memberProbabilities = .allocate(capacity: pooledCount > 1 ? pooledCount * classCount : 0)
    scratch = .allocate(capacity: classCount)
    let temperedCount = source.needsTempered ? classCount : 0
    temperedLogarithms = .allocate(capacity: pooledCount * temperedCount)
    temperedProbabilities = .allocate(capacity: temperedCount)
  }

  deinit {
    for memory in [
      logProbabilities, probabilities, memberProbabilities, scratch, temperedLogarithms,
      temperedProbabilities,
    ] {
      memory.deallocate()
    }
  }

  func score(_ row: Int) -> RowScore {
    let (label, part) = (label(of: row), source.part(of: row))
    if part.pointee.isRemapped { return scoreRemapped(row, label: label, part) }
    if part.pointee.isGiven { return scoreGiven(row, label: label, part) }
    source.load(row, into: logProbabilities)
    guard pooledCount > 1 else {
      // Logits distinguish classes whose probabilities rounding would make equal.
      let order = ClassOrder(of: logProbabilities, count: classCount, label: label)
      let softmax = normalize(scale: part.pointee.scales[0])
      return measure(label: label, order, uncertainty: softmax.uncertainty)
    }
    averageMembers(part)
    let order = ClassOrder(of: scratch, count: classCount, label: label)
    let softmax = part.pointee.scaleAfterAveraging.map(normalize(scale:))
    return measure(
      label: label, order, uncertainty: softmax?.uncertainty ?? pooledUncertainty(order.first))
  }

  /// Scores the probabilities that were given: they rank the classes.
  private func scoreGiven(_ row: Int, label: Int, _ part: UnsafePointer<PredictorLogits.Part>)
    -> RowScore
  {
    loadGiven(row)
    let order = ClassOrder(of: probabilities, count: classCount, label: label)
    let softmax = part.pointee.scaleAfterAveraging.map(normalize(scale:))
    return measure(label: label, order, uncertainty: softmax?.uncertainty)
  }

  func loadGiven(_ row: Int) {
    source.loadGiven(row, into: probabilities)
    logarithms(ofProbabilities: probabilities, count: classCount, into: logProbabilities)
  }

  func label(of row: Int) -> Int { source.logits.labels[row] }

  /// Leaves the probabilities of `row` in `probabilities`, as `score` does.
  func loadProbabilities(of row: Int) {
    let part = source.part(of: row)
    if part.pointee.isRemapped { return loadRemapped(row, part) }
    if part.pointee.isGiven {
      loadGiven(row)
      if let scale = part.pointee.scaleAfterAveraging { _ = normalize(scale: scale) }
      return
    }
    source.load(row, into: logProbabilities)
    if let scale = part.pointee.scaleAfterAveraging {
      averageMembers(part)
      _ = normalize(scale: scale)
      return
    }
    let target = pooledCount > 1 ? memberProbabilities : probabilities
    for pooled in 0..<pooledCount {
      Softmax.probabilities(
        of: logProbabilities + pooled * classCount, count: classCount,
        scale: part.pointee.scales[pooled],
        into: target + pooled * classCount)
    }
    if pooledCount > 1 { averageProbabilities() }
  }

  /// Writes K logits whose softmax is the calibrated distribution of `row`.
  func copyCalibratedLogits(of row: Int, to target: UnsafeMutablePointer<Double>) {
    let part = source.part(of: row)
    var scale = part.pointee.scales[0]
    if part.pointee.isRemapped {
      loadRemapped(row, part)
      scale = 1
    } else if part.pointee.isGiven {
      loadGiven(row)
      scale = part.pointee.scaleAfterAveraging ?? 1
    } else {
      source.load(row, into: logProbabilities)
    }
    if pooledCount > 1, !part.pointee.isGiven, !part.pointee.isRemapped {
      averageMembers(part)
      scale = part.pointee.scaleAfterAveraging ?? 1
    }
    for c in 0..<classCount { target[c] = scale * logProbabilities[c] }
  }

  /// Whether `copyCalibratedLogits` leaves the row's probabilities, as `loadProbabilities` does.
  func holdsProbabilities(of row: Int) -> Bool {
    let part = source.part(of: row)
    if part.pointee.isRemapped { return true }
    return (part.pointee.isGiven || pooledCount > 1) && part.pointee.scaleAfterAveraging == nil
  }

  /// The probabilities that are there.
  var classProbabilities: UnsafeBufferPointer<Double> {
    UnsafeBufferPointer(start: probabilities, count: classCount)
  }

  /// Replaces K logits by their log-probabilities and probabilities.
  func normalize(scale: Double) -> Softmax {
    Softmax.normalize(logProbabilities, count: classCount, scale: scale, into: probabilities)
  }

  /// Averages the members' probabilities, and leaves in `scratch` the numbers that rank the classes.
  ///
  /// Probabilities that underflow to 0 are ordered by their logarithms, all below 0.
  func averageMembers(_ part: UnsafePointer<PredictorLogits.Part>) {
    let (probabilities, scratch) = (self.probabilities, self.scratch)
    softmaxes.removeAll(keepingCapacity: true)
    for pooled in 0..<pooledCount {
      let first = pooled * classCount
      softmaxes.append(
        Softmax.normalize(
          logProbabilities + first, count: classCount, scale: part.pointee.scales[pooled],
          into: memberProbabilities + first))
    }
    averageProbabilities()
    logMeans(
      logProbabilities, count: pooledCount, classCount: classCount, averages: probabilities,
      scratch: scratch)
    for c in 0..<classCount {
      scratch[c] = probabilities[c] > 0 ? probabilities[c] : logProbabilities[c]
    }
  }

  private func averageProbabilities() {
    ProbabilityKernels.preferred.meanOfColumns(
      memberProbabilities, rowCount: pooledCount, count: classCount, into: probabilities)
  }

  /// The probability of the classes but `first`.
  func otherProbability(than first: Int) -> Double {
    let confidence = probabilities[first]
    probabilities[first] = 0
    defer { probabilities[first] = confidence }
    return ProbabilityKernels.preferred.sum(of: probabilities, count: classCount)
  }

  /// The mean probability of the classes but `first`: of members that all predict it the mean of
  /// theirs, so that equal members have an equal mean.
  private func pooledUncertainty(_ first: Int) -> Double {
    if softmaxes.allSatisfy({ $0.largest == first }) {
      return sortedSum(pooledCount) { softmaxes[$0].uncertainty } / Double(pooledCount)
    }
    return otherProbability(than: first)
  }

  /// The scores of the row whose distribution is there; `uncertainty` is nil where its confidence
  /// was given.
  func measure(
    label: Int, _ order: ClassOrder, uncertainty: @autoclosure () -> Double?
  ) -> RowScore {
    let (brierScore, entropy) = ProbabilityKernels.preferred.brierScoreAndEntropy(
      of: .init(probabilities: probabilities, logarithms: logProbabilities), count: classCount,
      label: label)
    let confidence = probabilities[order.first]
    let isSaturated = confidence >= RowScore.leastSaturatedConfidence
    return RowScore(
      predictedClass: order.first, labelRank: order.labelRank, topFiveShare: order.topFiveShare,
      confidence: confidence,
      rankingScore: (isSaturated ? uncertainty().map { 1 / $0 } : nil) ?? confidence,
      negativeLogLikelihood: loss(logProbability: logProbabilities[label]), brierScore: brierScore,
      entropy: entropy)
  }

  /// Whether probabilities of 0 may have been given.
  var mayHoldZeros: Bool { source.mayHoldZeros }

  private func loss(logProbability: Double) -> Double {
    mayHoldZeros && LogarithmOfZero.isMeant(by: logProbability) ? .infinity : -logProbability
  }
}

extension RowScore {
  /// From here on confidences are ranked by what is left for the other classes; above the edges of
  /// any `Binning`, so that the rows of a bin are neighbors by rank.
  fileprivate static let leastSaturatedConfidence = 1 - 0x1p-10
}

extension RowBlocks {
  /// The scores of every row of `source`.
  func scores(of source: PredictorLogits) -> [RowScore] {
    let scores = flatMap(source.logits.rowCount) { block in
      let scorer = RowScorer(source)
      return block.map(scorer.score)
    }
    return source.calibrations.calibratingConfidences(of: scores)
  }
}

/// The uncalibrated scores of some rows by predictor, each computed when it is first asked for.
final class UncalibratedScores {
  private let logits: LabeledLogits
  private let blocks: RowBlocks
  private let isReusing: Bool
  private var known: [Predictor: [RowScore]] = [:]

  /// With `isReusing`, scores that are offered are kept, because they will be asked for.
  init(_ logits: LabeledLogits, blocks: RowBlocks, isReusing: Bool = false) {
    self.logits = logits
    self.blocks = blocks
    self.isReusing = isReusing
  }

  /// Offers scores that were computed for another purpose.
  func offer(_ scores: [RowScore], of predictor: Predictor) {
    if isReusing { known[predictor] = scores }
  }

  /// The scores of every row.
  func scores(of predictor: Predictor) throws -> [RowScore] {
    if let scores = known[predictor] { return scores }
    let scores = blocks.scores(of: try PredictorLogits(predictor, of: logits))
    known[predictor] = scores
    return scores
  }
}
