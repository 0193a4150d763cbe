// N rows, P pooled distributions, K classes.

import Foundation
internal import Tensors

/// A scale and a bias for each class, on what `TemperatureCalibrator` would divide: the mean logits, a
/// member's, or, the same for all members, each member's before their probabilities are averaged.
///
/// The loss is the mean negative log-likelihood plus 1e-4 · (Σ (scale − 1)² + Σ bias²), summed over
/// classes: without the penalty separable rows would have no minimum. The search starts at scale 1
/// and bias 0, and its result is never above the loss there; neither then is the negative
/// log-likelihood. It ends where the gradient is no longer than 1e-8, or where rounding hides any
/// descent. Of more than 65,536 rows an eighth is searched first, and the gradient may be 1e-6.
public struct VectorCalibrator: Calibrator {
  public let name = "vector"
  public let output = CalibratedOutput.distribution
  /// How many bytes the second derivatives at the start may take, which make the search about twice as
  /// fast on 5000 rows of 2 × 10 or 2 × 100 logits.
  ///
  /// 32·K² bytes for each 1024 rows that they are summed over, and twice as much to use them. Above
  /// 1672 classes there is no room in 256 MB, and the search does without.
  private let curvatureMemoryLimit: Int

  /// The calibrator.
  ///
  /// - Parameter curvatureMemoryLimit: How many bytes second derivatives may take.
  public init(curvatureMemoryLimit: Int = 1 << 28) {
    self.curvatureMemoryLimit = curvatureMemoryLimit
  }

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    .logits(try scaling(of: predictor, on: rows))
  }

  /// The scales and biases of `predictor` that minimize its penalized loss on `rows`.
  ///
  /// - Throws: `ScoringError` when there is no such predictor.
  public func scaling(of predictor: Predictor, on rows: FittingRows) throws -> VectorScaling {
    guard let logits = try rows.possible(for: predictor) else {
      return .identity(classCount: rows.logits.classCount)
    }
    let source = try PredictorLogits(
      predictor, of: logits, calibrations: RowCalibrations(.identity), asTheyAre: true)
    let objective = VectorObjective(
      source: source, blocks: rows.blocks, order: CanonicalOrder(of: source),
      curvatureMemoryLimit: curvatureMemoryLimit)
    return objective.scaling(of: try objective.minimum(from: objective.identity).parameters)
  }
}

/// A scale and a bias for each of K classes: logits z become scale·z + bias.
///
/// Guo, Pleiss, Sun and Weinberger 2017, "On calibration of modern neural networks".
public struct VectorScaling: LogitMap, Equatable {
  /// What each class's logit is multiplied by.
  public let scales: [Double]  // [K]
  /// What is added to it then.
  public let biases: [Double]  // [K]

  public var classCount: Int { scales.count }

  /// The map of as many scales as biases.
  public init(scales: [Double], biases: [Double]) {
    self.scales = scales
    self.biases = biases
  }

  /// The map that changes nothing.
  static func identity(classCount: Int) -> VectorScaling {
    VectorScaling(
      scales: [Double](repeating: 1, count: classCount),
      biases: [Double](repeating: 0, count: classCount))
  }

  public func apply(to logits: UnsafeMutableBufferPointer<Double>) {
    guard let start = logits.baseAddress else { return }
    apply(to: start, rowCount: logits.count / classCount, into: start)
  }

  /// Writes `rowCount` rows of logits, scaled and shifted, to `results`.
  func apply(
    to logits: UnsafePointer<Double>, rowCount: Int, into results: UnsafeMutablePointer<Double>
  ) {
    let classCount = scales.count
    scales.withUnsafeBufferPointer { scales in
      biases.withUnsafeBufferPointer { biases in
        for row in 0..<rowCount {
          let (logits, results) = (logits + row * classCount, results + row * classCount)
          for c in 0..<classCount { results[c] = scales[c] * logits[c] + biases[c] }
        }
      }
    }
  }
}

/// The mean negative log-likelihood of a predictor as a function of a scale and a bias for each of
/// K classes, plus 1e-4 · (Σ (scale − 1)² + Σ bias²).
///
/// Parameters are the K scales, then the K biases, both in canonical order. For one distribution it is convex. Where P are
/// averaged after scaling, their gradients have the weights of their likelihoods of the label.
private struct VectorObjective {
  let source: PredictorLogits
  let blocks: RowBlocks
  let order: CanonicalOrder
  let curvatureMemoryLimit: Int
  /// Only rows 0, `stride`, 2·`stride`, … count.
  var stride = 1

  private static let penalty = 1e-4

  /// Of more rows than this, every eighth is searched first, to start close to the minimum.
  private static let largestStart = 1 << 16
  private static let sampleStride = 8

  /// How many rows count.
  private var rowCount: Int { (source.logits.rowCount + stride - 1) / stride }

  /// How many rows give the curvature well enough, in the time of about three evaluations.
  private var curvatureRowCount: Int { min(max(32 * rowCount / classCount, 256), 1 << 16) }

  /// How many rows fit in memory: each block of them takes a matrix of 32·K² bytes, their sum and its
  /// factor one more each.
  private var curvatureRowLimit: Int {
    let matrixCount = curvatureMemoryLimit / 32 / classCount / classCount
    return max(0, matrixCount - 2) * RowBlocks.size
  }

  private var classCount: Int { source.logits.classCount }

  /// The parameters that change nothing.
  var identity: [Double] {
    [Double](repeating: 1, count: classCount) + [Double](repeating: 0, count: classCount)
  }

  func scaling(of parameters: [Double]) -> VectorScaling {
    VectorScaling(
      scales: order.natural(parameters[..<classCount]),
      biases: order.natural(parameters[classCount...]))
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

  func value(at parameters: [Double]) throws -> QuasiNewton.Value {
    let scaling = scaling(of: parameters)
    let blocks = try blocks.map(rowCount) { rows in
      let gradient = VectorGradient(source, order.distributions, scaling)
      for row in rows { gradient.add(row * stride) }
      return gradient.sums
    }
    var sums = blocks[0]
    for block in blocks.dropFirst() { for i in sums.indices { sums[i] += block[i] } }
    for i in sums.indices { sums[i] /= Double(rowCount) }
    var value = QuasiNewton.Value(
      loss: sums[2 * classCount], gradient: order.canonical(sums[..<(2 * classCount)]))
    for (i, neutral) in identity.enumerated() {
      let excess = parameters[i] - neutral
      value.loss += Self.penalty * excess * excess
      value.gradient[i] += 2 * Self.penalty * excess
    }
    return value
  }

  /// Approximate second derivatives at a point, from some of the rows, for a search from there.
  ///
  /// Nil where they do not fit in memory.
  func curvature(at parameters: [Double]) throws -> CholeskyFactor? {
    let limit = curvatureRowLimit
    guard limit > 0 else { return nil }
    let scaling = scaling(of: parameters)
    let step = max(1, rowCount / curvatureRowCount, (rowCount - 1) / limit + 1)
    let sampleCount = (rowCount + step - 1) / step
    let blocks = try blocks.map(sampleCount) { rows in
      let gradient = VectorGradient(source, order.distributions, scaling)
      var curvature = VectorCurvature(classCount: classCount)
      for row in rows { gradient.add(row * step * stride, to: &curvature) }
      curvature.finish()
      return curvature
    }
    let sums = blocks.dropFirst().reduce(into: blocks[0]) { $0.merge($1) }.sums
    let size = 2 * classCount
    let natural = order.classes + order.classes.map { $0 + classCount }
    var matrix = [Double](repeating: 0, count: size * size)
    for i in 0..<size {
      for j in 0...i {
        let (row, column) = (max(natural[i], natural[j]), min(natural[i], natural[j]))
        matrix[i * size + j] = sums[row * size + column] / Double(sampleCount)
      }
      matrix[i * size + i] += 2 * Self.penalty
    }
    return CholeskyFactor(matrix, size: size)
  }
}

/// The sum over rows of the loss and its gradient, in memory that it owns.
private final class VectorGradient {
  private let source: PredictorLogits
  /// The order in which distributions are added.
  private let distributions: [Int]  // [P]
  private let scaling: VectorScaling
  private let pooledCount: Int
  private let classCount: Int
  private let logits: UnsafeMutablePointer<Double>  // [P, K]
  private let scaled: UnsafeMutablePointer<Double>  // [P, K], then probabilities
  private let logLikelihoods: UnsafeMutablePointer<Double>  // [P]
  private let exponentials: UnsafeMutablePointer<Double>  // [K]
  private let total: UnsafeMutablePointer<Double>  // [2K + 1]: by scale, by bias, the loss

  init(_ source: PredictorLogits, _ distributions: [Int], _ scaling: VectorScaling) {
    self.source = source
    self.distributions = distributions
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
    for pooled in distributions {
      accumulate(pooled, label: label, weight: weight(of: pooled, logMean: logMean))
    }
  }

  /// Adds the second derivatives of a row.
  func add(_ row: Int, to curvature: inout VectorCurvature) {
    let logMean = load(row, label: source.logits.labels[row])
    for pooled in distributions {
      curvature.add(
        logits + pooled * classCount, scaled + pooled * classCount,
        weight: weight(of: pooled, logMean: logMean))
    }
  }

  /// Computes the probabilities of a row; returns the logarithm of the label's mean probability.
  private func load(_ row: Int, label: Int) -> Double {
    source.load(row, into: logits)
    scaling.apply(to: logits, rowCount: pooledCount, into: scaled)
    if source.logits.numbers == .probabilities { restoreZeros() }
    for pooled in 0..<pooledCount { normalize(pooled, label: label) }
    return logMeanExponential(logLikelihoods, count: pooledCount, stride: 1)
  }

  /// What was given the probability 0 keeps it, whatever its scale.
  private func restoreZeros() {
    for i in 0..<pooledCount * classCount where LogarithmOfZero.isMeant(by: logits[i]) {
      scaled[i] = LogarithmOfZero.value
    }
  }

  private func weight(of pooled: Int, logMean: Double) -> Double {
    exp(logLikelihoods[pooled] - logMean) / Double(pooledCount)
  }

  /// Replaces the scaled logits of one distribution by its probabilities.
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

/// The second derivatives of the loss of `VectorObjective` without its penalty, summed over rows.
///
/// Of one distribution, with p its probabilities and x the logits before scaling, those with
/// respect to (scale, scale), (scale, bias) and (bias, bias) of classes c and d are
/// p_c (δ_cd − p_d) times x_c·x_d, x_c and 1. Of averaged distributions, each counts with its weight,
/// and the terms that could make the sum indefinite are left out. Takes 32·K² bytes.
private struct VectorCurvature: Sendable {
  private let classCount: Int
  /// The lower triangle.
  private(set) var sums: [Double]  // [2K, 2K]
  /// Of distributions whose outer products are still to be subtracted, √weight · (p·x, p).
  private var directions: [Double]  // [4, 2K]
  private var directionCount = 0

  /// How many outer products are subtracted at once, so that the triangle is read and written less
  /// often.
  private static let batchSize = 4
  private var size: Int { 2 * classCount }

  init(classCount: Int) {
    self.classCount = classCount
    sums = [Double](repeating: 0, count: 4 * classCount * classCount)
    directions = [Double](repeating: 0, count: Self.batchSize * 2 * classCount)
  }

  /// Adds a distribution, given its logits before scaling and its probabilities.
  mutating func add(
    _ logits: UnsafePointer<Double>, _ probabilities: UnsafePointer<Double>, weight: Double
  ) {
    let (classCount, size, root) = (classCount, size, weight.squareRoot())
    let first = directionCount * size
    for c in 0..<classCount {
      let (bias, scale) = (probabilities[c], probabilities[c] * logits[c])
      directions[first + c] = root * scale
      directions[first + classCount + c] = root * bias
      sums[c * size + c] += weight * scale * logits[c]
      sums[(classCount + c) * size + c] += weight * scale
      sums[(classCount + c) * size + classCount + c] += weight * bias
    }
    directionCount += 1
    if directionCount == Self.batchSize { finish() }
  }

  /// Subtracts the outer products that are still to be subtracted.
  mutating func finish() {
    let size = size
    for i in directionCount * size..<directions.count { directions[i] = 0 }
    directionCount = 0
    sums.withUnsafeMutableBufferPointer { sums in
      directions.withUnsafeBufferPointer { directions in
        guard let sums = sums.baseAddress, let a = directions.baseAddress else { return }
        let (b, c, d) = (a + size, a + 2 * size, a + 3 * size)
        for i in 0..<size {
          let (row, ai, bi, ci, di) = (sums + i * size, a[i], b[i], c[i], d[i])
          let whole = (i + 1) & ~7
          for j in stride(from: 0, to: whole, by: 8) {
            let firstTwo = ai * a.lanes(at: j) + bi * b.lanes(at: j)
            let difference =
              row.lanes(at: j) - (firstTwo + (ci * c.lanes(at: j) + di * d.lanes(at: j)))
            UnsafeMutableRawPointer(row + j).storeBytes(of: difference, as: Lanes.self)
          }
          for j in whole..<(i + 1) { row[j] -= ai * a[j] + bi * b[j] + (ci * c[j] + di * d[j]) }
        }
      }
    }
  }

  mutating func merge(_ other: VectorCurvature) {
    for i in sums.indices { sums[i] += other.sums[i] }
  }
}
