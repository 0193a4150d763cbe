// N rows, P pooled distributions, K classes.

import Foundation

/// The mean negative log-likelihood of a predictor as a function of a scale and a bias for each of
/// K classes, plus 1e-4 · (Σ (scale − 1)² + Σ bias²).
///
/// Parameters are the K scales, then the K biases. For one distribution it is convex. Where P are
/// averaged after scaling, their gradients have the weights of their likelihoods of the label.
struct VectorObjective {
  /// The objective at one point.
  struct Value {
    var loss: Double
    var gradient: [Double]  // [2K]
  }

  let source: PredictorLogits
  let scorer: Scorer

  static let penalty = 1e-4

  private var classCount: Int { source.logits.classCount }

  /// The parameters that change nothing.
  var identity: [Double] {
    [Double](repeating: 1, count: classCount) + [Double](repeating: 0, count: classCount)
  }

  func scaling(of parameters: [Double]) -> VectorScaling {
    VectorScaling(
      scales: Array(parameters[..<classCount]), biases: Array(parameters[classCount...]))
  }

  func value(at parameters: [Double]) throws -> Value {
    let scaling = scaling(of: parameters)
    let blocks = try scorer.mapBlocks(source.logits.rowCount) { rows in
      let gradient = VectorGradient(source, scaling)
      for row in rows { gradient.add(row) }
      return gradient.sums
    }
    var sums = blocks[0]
    for block in blocks.dropFirst() { for i in sums.indices { sums[i] += block[i] } }
    for i in sums.indices { sums[i] /= Double(source.logits.rowCount) }
    var value = Value(loss: sums[2 * classCount], gradient: Array(sums[..<(2 * classCount)]))
    for (i, neutral) in identity.enumerated() {
      let excess = parameters[i] - neutral
      value.loss += Self.penalty * excess * excess
      value.gradient[i] += 2 * Self.penalty * excess
    }
    return value
  }
}

/// The sum over rows of the loss and its gradient; owns the memory that takes.
private final class VectorGradient {
  private let source: PredictorLogits
  private let scaling: VectorScaling
  private let pooledCount: Int
  private let classCount: Int
  private let logits: UnsafeMutablePointer<Double>  // [P, K]
  private let scaled: UnsafeMutablePointer<Double>  // [P, K], then probabilities
  private let logLikelihoods: UnsafeMutablePointer<Double>  // [P]
  private let exponentials: UnsafeMutablePointer<Double>  // [K]
  private let total: UnsafeMutablePointer<Double>  // [2K + 1]: by scale, by bias, the loss

  init(_ source: PredictorLogits, _ scaling: VectorScaling) {
    self.source = source
    self.scaling = scaling
    pooledCount = source.pooledCount
    classCount = source.logits.classCount
    logits = .allocate(capacity: pooledCount * classCount)
    scaled = .allocate(capacity: pooledCount * classCount)
    logLikelihoods = .allocate(capacity: pooledCount)
    exponentials = .allocate(capacity: classCount)
    total = .allocate(capacity: 2 * classCount + 1)
    total.initialize(repeating: 0, count: 2 * classCount + 1)
  }

  deinit {
    for memory in [logits, scaled, logLikelihoods, exponentials, total] { memory.deallocate() }
  }

  var sums: [Double] { Array(UnsafeBufferPointer(start: total, count: 2 * classCount + 1)) }

  func add(_ row: Int) {
    let label = source.logits.labels[row]
    source.load(row, into: logits)
    scaled.update(from: logits, count: pooledCount * classCount)
    scaling.apply(to: scaled, rowCount: pooledCount)
    for pooled in 0..<pooledCount { normalise(pooled, label: label) }
    let logMean = logMeanExponential(logLikelihoods, count: pooledCount, stride: 1)
    total[2 * classCount] -= logMean
    for pooled in 0..<pooledCount {
      let weight = exp(logLikelihoods[pooled] - logMean) / Double(pooledCount)
      accumulate(pooled, label: label, weight: weight)
    }
  }

  /// Makes the scaled logits of one distribution its probabilities.
  private func normalise(_ pooled: Int, label: Int) {
    let row = scaled + pooled * classCount
    let softmax = Softmax(row, count: classCount, scale: 1, exponentials: exponentials)
    logLikelihoods[pooled] = row[label] - row[softmax.largest] - softmax.logSum
    let share = 1 / softmax.sum
    for c in 0..<classCount { row[c] = exponentials[c] * share }
  }

  private func accumulate(_ pooled: Int, label: Int, weight: Double) {
    let (logits, probabilities) = (logits + pooled * classCount, scaled + pooled * classCount)
    probabilities[label] -= 1
    for c in 0..<classCount {
      let error = weight * probabilities[c]
      total[c] += error * logits[c]
      total[classCount + c] += error
    }
  }
}
