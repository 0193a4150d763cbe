import Foundation

/// Scores the rows of one calibrated predictor; owns the memory that takes.
///
/// P pooled distributions, K classes.
final class RowScorer {
  private let source: PredictorLogits
  private let scales: [Double]  // [P]
  private let scaleAfterAveraging: Double?
  private let pooledCount: Int
  let classCount: Int
  /// Those of the row scored last, [K]; longer, and first the logits, where rows are pooled.
  let logProbabilities: UnsafeMutablePointer<Double>  // [P, K]
  /// Those of the row scored last.
  let probabilities: UnsafeMutablePointer<Double>  // [K]
  private let scratch: UnsafeMutablePointer<Double>  // [K]

  init(_ source: PredictorLogits) {
    self.source = source
    scales = source.temperatures.map { 1 / $0 }
    scaleAfterAveraging = source.calibration.scaleAfterAveraging
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
    let label = label(of: row)
    source.load(row, into: logProbabilities)
    guard pooledCount > 1 else {
      // Logits tell classes apart that rounding or a high temperature would tie.
      let order = order(of: logProbabilities, count: classCount, label: label)
      normalizePooled()
      return measure(label: label, order: order)
    }
    normalizePooled()
    averageMembers()
    let order = order(of: scratch, count: classCount, label: label)
    if let scaleAfterAveraging { renormalize(scaleAfterAveraging) }
    return measure(label: label, order: order)
  }

  func label(of row: Int) -> Int { source.logits.labels[row] }

  /// Leaves the probabilities of `row` in `probabilities`, as `score` does.
  func loadProbabilities(of row: Int) {
    source.load(row, into: logProbabilities)
    if let scaleAfterAveraging {
      normalizePooled()
      averageMembers()
      renormalize(scaleAfterAveraging)
      return
    }
    probabilities.update(repeating: 0, count: classCount)
    for pooled in 0..<pooledCount {
      Softmax.add(
        probabilitiesOf: logProbabilities + pooled * classCount, count: classCount,
        scale: scales[pooled], to: probabilities, scratch: scratch)
    }
    if pooledCount > 1 { divide() }
  }

  /// Writes K logits whose softmax is the calibrated distribution of `row`.
  func copyCalibratedLogits(of row: Int, to target: UnsafeMutablePointer<Double>) {
    source.load(row, into: logProbabilities)
    var scale = scales[0]
    if pooledCount > 1 {
      normalizePooled()
      averageMembers()
      scale = scaleAfterAveraging ?? 1
    }
    for c in 0..<classCount { target[c] = scale * logProbabilities[c] }
  }

  private func normalizePooled() {
    probabilities.update(repeating: 0, count: classCount)
    for pooled in 0..<pooledCount {
      normalize(logProbabilities + pooled * classCount, scale: scales[pooled])
    }
  }

  /// Turns one row of logits into log-probabilities and adds its probabilities to the sum.
  private func normalize(_ row: UnsafeMutablePointer<Double>, scale: Double) {
    Softmax.normalize(
      row, count: classCount, scale: scale, addingTo: probabilities, scratch: scratch)
  }

  private func divide() {
    let (probabilities, count) = (self.probabilities, Double(pooledCount))
    for c in 0..<classCount { probabilities[c] /= count }
  }

  /// Averages the members' probabilities and leaves in `scratch` what orders the classes.
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

  /// Divides averaged log-probabilities by a temperature, and makes probabilities of them again.
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
      negativeLogLikelihood: -logProbabilities[label], brierScore: squares, entropy: entropy)
  }
}

extension CalibrationMap {
  fileprivate var scaleAfterAveraging: Double? {
    if case .temperatureAfterAveraging(let value) = self { 1 / value } else { nil }
  }
}
