import Foundation

/// What a predictor predicts for one row, and how good that is.
public struct RowScore: Sendable, Equatable {
  /// The class of the largest probability, the lowest index among equals.
  public let predictedClass: Int
  /// How many classes come before the label when sorted by probability, equals by index.
  public let labelRank: Int
  /// The largest probability.
  public internal(set) var confidence: Double
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
    return row
  }
}

/// Scores the rows of one calibrated predictor, in memory that it owns.
///
/// P pooled distributions, K classes.
final class RowScorer {
  private let source: PredictorLogits
  private let pooledCount: Int
  let classCount: Int
  /// While a row is scored, the logits of its pooled distributions; then its log-probabilities [K].
  let logProbabilities: UnsafeMutablePointer<Double>  // [P, K]
  /// Those of the row scored last.
  let probabilities: UnsafeMutablePointer<Double>  // [K]
  private let scratch: UnsafeMutablePointer<Double>  // [K]

  init(_ source: PredictorLogits) {
    self.source = source
    pooledCount = source.pooledCount
    classCount = source.logits.classCount
    logProbabilities = .allocate(capacity: pooledCount * classCount)
    probabilities = .allocate(capacity: classCount)
    scratch = .allocate(capacity: classCount)
  }

  deinit {
    logProbabilities.deallocate()
    probabilities.deallocate()
    scratch.deallocate()
  }

  func score(_ row: Int) -> RowScore {
    let (label, part) = (label(of: row), source.part(of: row))
    if part.isGiven { return scoreGiven(row, label: label, part) }
    source.load(row, into: logProbabilities)
    guard pooledCount > 1 else {
      // Logits distinguish classes whose probabilities rounding would make equal.
      let order = order(of: logProbabilities, count: classCount, label: label)
      normalizePooled(part)
      return measure(label: label, order: order)
    }
    normalizePooled(part)
    averageMembers()
    let order = order(of: scratch, count: classCount, label: label)
    if let scale = part.scaleAfterAveraging { renormalize(scale) }
    return measure(label: label, order: order)
  }

  /// Scores the probabilities that were given: they rank the classes.
  private func scoreGiven(_ row: Int, label: Int, _ part: PredictorLogits.Part) -> RowScore {
    loadGiven(row)
    let order = order(of: probabilities, count: classCount, label: label)
    if let scale = part.scaleAfterAveraging { renormalize(scale) }
    return measure(label: label, order: order)
  }

  private func loadGiven(_ row: Int) {
    source.loadGiven(row, into: probabilities)
    logarithms(ofProbabilities: probabilities, count: classCount, into: logProbabilities)
  }

  func label(of row: Int) -> Int { source.logits.labels[row] }

  /// Leaves the probabilities of `row` in `probabilities`, as `score` does.
  func loadProbabilities(of row: Int) {
    let part = source.part(of: row)
    if part.isGiven {
      loadGiven(row)
      if let scale = part.scaleAfterAveraging { renormalize(scale) }
      return
    }
    source.load(row, into: logProbabilities)
    if let scale = part.scaleAfterAveraging {
      normalizePooled(part)
      averageMembers()
      renormalize(scale)
      return
    }
    probabilities.update(repeating: 0, count: classCount)
    for pooled in 0..<pooledCount {
      Softmax.add(
        probabilitiesOf: logProbabilities + pooled * classCount, count: classCount,
        scale: part.scales[pooled], to: probabilities, scratch: scratch)
    }
    if pooledCount > 1 { divide() }
  }

  /// Writes K logits whose softmax is the calibrated distribution of `row`.
  func copyCalibratedLogits(of row: Int, to target: UnsafeMutablePointer<Double>) {
    let part = source.part(of: row)
    var scale = part.scales[0]
    if part.isGiven {
      loadGiven(row)
      scale = part.scaleAfterAveraging ?? 1
    } else {
      source.load(row, into: logProbabilities)
    }
    if pooledCount > 1, !part.isGiven {
      normalizePooled(part)
      averageMembers()
      scale = part.scaleAfterAveraging ?? 1
    }
    for c in 0..<classCount { target[c] = scale * logProbabilities[c] }
  }

  private func normalizePooled(_ part: PredictorLogits.Part) {
    probabilities.update(repeating: 0, count: classCount)
    for pooled in 0..<pooledCount {
      normalize(logProbabilities + pooled * classCount, scale: part.scales[pooled])
    }
  }

  /// Replaces one row of logits by log-probabilities and adds its probabilities to the sum.
  private func normalize(_ row: UnsafeMutablePointer<Double>, scale: Double) {
    Softmax.normalize(
      row, count: classCount, scale: scale, addingTo: probabilities, scratch: scratch)
  }

  private func divide() {
    let (probabilities, count) = (self.probabilities, Double(pooledCount))
    for c in 0..<classCount { probabilities[c] /= count }
  }

  /// Averages the members' probabilities, and leaves in `scratch` the numbers that rank the classes.
  ///
  /// Probabilities that underflow to 0 are ordered by their logarithms, all below 0.
  private func averageMembers() {
    divide()
    let (probabilities, scratch) = (self.probabilities, self.scratch)
    logMeans(
      logProbabilities, count: pooledCount, classCount: classCount, averages: probabilities,
      scratch: scratch)
    for c in 0..<classCount {
      scratch[c] = probabilities[c] > 0 ? probabilities[c] : logProbabilities[c]
    }
  }

  /// Divides averaged log-probabilities by a temperature and normalizes them again.
  private func renormalize(_ scale: Double) {
    probabilities.update(repeating: 0, count: classCount)
    normalize(logProbabilities, scale: scale)
  }

  private func measure(label: Int, order: (first: Int, labelRank: Int)) -> RowScore {
    let (squares, entropy) = brierScoreAndEntropy(
      probabilities, logProbabilities, count: classCount, label: label)
    return RowScore(
      predictedClass: order.first, labelRank: order.labelRank,
      confidence: probabilities[order.first],
      negativeLogLikelihood: loss(logProbability: logProbabilities[label]), brierScore: squares,
      entropy: entropy)
  }

  /// Whether probabilities of 0 may have been given.
  var mayHoldZeros: Bool { source.logits.numbers == .probabilities }

  private func loss(logProbability: Double) -> Double {
    mayHoldZeros && LogarithmOfZero.isMeant(by: logProbability) ? .infinity : -logProbability
  }
}

extension RowBlocks {
  /// The scores of every row of `source`.
  func scores(of source: PredictorLogits) throws -> [RowScore] {
    let blocks = try map(source.logits.rowCount) { block in
      let scorer = RowScorer(source)
      return block.map(scorer.score)
    }
    return source.calibrations.calibratingConfidences(of: Array(blocks.joined()))
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
    let scores = try blocks.scores(of: PredictorLogits(predictor, of: logits))
    known[predictor] = scores
    return scores
  }
}
