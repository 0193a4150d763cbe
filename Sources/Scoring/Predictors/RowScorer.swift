import Foundation

/// Scores the rows of one predictor at one temperature; owns the memory that takes.
///
/// P pooled distributions, K classes.
final class RowScorer {
  private let source: PredictorLogits
  private let scale: Double
  private let pooledCount: Int
  private let classCount: Int
  private let logProbabilities: UnsafeMutablePointer<Double>  // [P, K], first the logits
  private let probabilities: UnsafeMutablePointer<Double>  // [K]
  private let scratch: UnsafeMutablePointer<Double>  // [K]

  init(_ source: PredictorLogits, temperature: Double) {
    self.source = source
    scale = 1 / temperature
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
    let label = source.logits.labels[row]
    source.load(row, into: logProbabilities)
    // Logits tell classes apart that rounding or a high temperature would tie.
    var order = order(of: logProbabilities, label: label)
    probabilities.update(repeating: 0, count: classCount)
    for pooled in 0..<pooledCount { normalise(logProbabilities + pooled * classCount) }
    if pooledCount > 1 {
      averageMembers()
      order = self.order(of: scratch, label: label)
    }
    return measure(label: label, order: order)
  }

  /// Turns one row of logits into log-probabilities and adds its probabilities to the sum.
  private func normalise(_ row: UnsafeMutablePointer<Double>) {
    let softmax = Softmax(row, count: classCount, scale: scale, exponentials: scratch)
    let (maximum, sum, logSum) = (row[softmax.largest], softmax.sum, softmax.logSum)
    for c in 0..<classCount {
      row[c] = scale * (row[c] - maximum) - logSum
      probabilities[c] += scratch[c] / sum
    }
  }

  /// Averages the members' probabilities and leaves in `scratch` what orders the classes.
  ///
  /// Probabilities that underflow to 0 are ordered by their logarithms, all below 0.
  private func averageMembers() {
    for c in 0..<classCount {
      logProbabilities[c] = logMeanExponential(
        logProbabilities + c, count: pooledCount, stride: classCount)
      probabilities[c] /= Double(pooledCount)
      scratch[c] = probabilities[c] > 0 ? probabilities[c] : logProbabilities[c]
    }
  }

  private func order(
    of scores: UnsafeMutablePointer<Double>, label: Int
  ) -> (first: Int, labelRank: Int) {
    var (first, rank) = (0, 0)
    for c in 0..<classCount {
      if scores[c] > scores[first] { first = c }
      if scores[c] > scores[label] || (scores[c] == scores[label] && c < label) { rank += 1 }
    }
    return (first, rank)
  }

  private func measure(label: Int, order: (first: Int, labelRank: Int)) -> RowScore {
    var (squares, entropy) = (0.0, 0.0)
    for c in 0..<classCount {
      let error = c == label ? 1 - probabilities[c] : probabilities[c]
      squares += error * error
      entropy -= probabilities[c] * logProbabilities[c]
    }
    return RowScore(
      predictedClass: order.first, labelRank: order.labelRank,
      confidence: probabilities[order.first], negativeLogLikelihood: -logProbabilities[label],
      brierScore: squares, entropy: entropy)
  }
}
