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
  /// Rows 0, `stride`, 2·`stride`, … count.
  var stride = 1

  static let penalty = 1e-4

  /// Of more rows than this, every eighth tells where to start, and less of the gradient may be left.
  private static let largestStart = 1 << 16
  private static let sampleStride = 8

  /// How many rows count.
  private var rowCount: Int { (source.logits.rowCount + stride - 1) / stride }

  /// So many rows tell the curvature well enough, in the time of about three evaluations.
  private var curvatureRowCount: Int { min(max(32 * rowCount / classCount, 256), 1 << 16) }

  /// So many rows at most have room: each block of them takes a matrix of 32·K² bytes, and two more
  /// their sum and its factor.
  private var curvatureRowLimit: Int {
    let matrixCount = scorer.curvatureMemoryLimit / 32 / classCount / classCount
    return max(0, matrixCount - 2) * Scorer.blockSize
  }

  private var classCount: Int { source.logits.classCount }

  /// The parameters that change nothing.
  var identity: [Double] {
    [Double](repeating: 1, count: classCount) + [Double](repeating: 0, count: classCount)
  }

  func scaling(of parameters: [Double]) -> VectorScaling {
    VectorScaling(
      scales: Array(parameters[..<classCount]), biases: Array(parameters[classCount...]))
  }

  /// The minimum that is found from `start`, never above the loss there.
  func minimum(from start: [Double]) throws -> QuasiNewton.Point {
    guard rowCount > Self.largestStart else { return try minimum(from: start, tolerance: 1e-8) }
    var sample = self
    sample.stride *= Self.sampleStride
    let near = try sample.minimum(from: start, tolerance: 1e-4).parameters
    let found = try minimum(from: near, tolerance: 1e-6)
    let before = QuasiNewton.Point(parameters: start, value: try value(at: start))
    return found.value.loss <= before.value.loss ? found : before
  }

  private func minimum(
    from start: [Double], tolerance: Double
  ) throws -> QuasiNewton.Point {
    try QuasiNewton.minimum(
      from: start, curvature: curvature(at: start), tolerance: tolerance, of: value(at:))
  }

  func value(at parameters: [Double]) throws -> Value {
    let scaling = scaling(of: parameters)
    let blocks = try scorer.mapBlocks(rowCount) { rows in
      let gradient = VectorGradient(source, scaling)
      for row in rows { gradient.add(row * stride) }
      return gradient.sums
    }
    var sums = blocks[0]
    for block in blocks.dropFirst() { for i in sums.indices { sums[i] += block[i] } }
    for i in sums.indices { sums[i] /= Double(rowCount) }
    var value = Value(loss: sums[2 * classCount], gradient: Array(sums[..<(2 * classCount)]))
    for (i, neutral) in identity.enumerated() {
      let excess = parameters[i] - neutral
      value.loss += Self.penalty * excess * excess
      value.gradient[i] += 2 * Self.penalty * excess
    }
    return value
  }

  /// About the second derivatives at a point, by some of the rows: a metric for a search from there.
  ///
  /// Nil where there is no room for them.
  func curvature(at parameters: [Double]) throws -> CholeskyFactor? {
    let limit = curvatureRowLimit
    guard limit > 0 else { return nil }
    let scaling = scaling(of: parameters)
    let step = max(1, rowCount / curvatureRowCount, (rowCount - 1) / limit + 1)
    let sampleCount = (rowCount + step - 1) / step
    let blocks = try scorer.mapBlocks(sampleCount) { rows in
      let gradient = VectorGradient(source, scaling)
      var curvature = VectorCurvature(classCount: classCount)
      for row in rows { gradient.add(row * step * stride, to: &curvature) }
      curvature.finish()
      return curvature
    }
    var matrix = blocks.dropFirst().reduce(into: blocks[0]) { $0.merge($1) }.sums
    let size = 2 * classCount
    for i in matrix.indices { matrix[i] /= Double(sampleCount) }
    for i in 0..<size { matrix[i * size + i] += 2 * Self.penalty }
    return CholeskyFactor(matrix, size: size)
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

  /// Adds the loss of a row, and its gradient.
  func add(_ row: Int) {
    let label = source.logits.labels[row]
    let logMean = load(row, label: label)
    total[2 * classCount] -= logMean
    for pooled in 0..<pooledCount {
      accumulate(pooled, label: label, weight: weight(of: pooled, logMean: logMean))
    }
  }

  /// Adds the second derivatives of a row.
  func add(_ row: Int, to curvature: inout VectorCurvature) {
    let logMean = load(row, label: source.logits.labels[row])
    for pooled in 0..<pooledCount {
      curvature.add(
        logits + pooled * classCount, scaled + pooled * classCount,
        weight: weight(of: pooled, logMean: logMean))
    }
  }

  /// Makes the probabilities of a row; returns the logarithm of the label's mean one.
  private func load(_ row: Int, label: Int) -> Double {
    source.load(row, into: logits)
    scaling.apply(to: logits, rowCount: pooledCount, into: scaled)
    for pooled in 0..<pooledCount { normalize(pooled, label: label) }
    return logMeanExponential(logLikelihoods, count: pooledCount, stride: 1)
  }

  private func weight(of pooled: Int, logMean: Double) -> Double {
    exp(logLikelihoods[pooled] - logMean) / Double(pooledCount)
  }

  /// Makes the scaled logits of one distribution its probabilities.
  private func normalize(_ pooled: Int, label: Int) {
    let row = scaled + pooled * classCount
    let softmax = Softmax(row, count: classCount, scale: 1, exponentials: exponentials)
    logLikelihoods[pooled] = row[label] - row[softmax.largest] - softmax.logSum
    let (share, exponentials) = (1 / softmax.sum, exponentials)
    for c in 0..<classCount { row[c] = exponentials[c] * share }
  }

  private func accumulate(_ pooled: Int, label: Int, weight: Double) {
    let (logits, probabilities) = (logits + pooled * classCount, scaled + pooled * classCount)
    let (scales, biases) = (total, total + classCount)
    probabilities[label] -= 1
    for c in 0..<classCount {
      let error = weight * probabilities[c]
      scales[c] += error * logits[c]
      biases[c] += error
    }
  }
}
