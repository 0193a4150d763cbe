// P scaled distributions, K classes.

import Foundation

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

  private let source: PredictorLogits
  private let scaled: Scaled
  private let blocks: RowBlocks
  /// Only rows 0, `stride`, 2·`stride`, … count.
  var stride = 1
  private let kept: CalibratedLogits?

  init(_ source: PredictorLogits, scaled: Scaled, blocks: RowBlocks) throws {
    self.source = source
    self.scaled = scaled
    self.blocks = blocks
    kept = scaled == .calibratedLogits ? try CalibratedLogits(source, blocks: blocks) : nil
  }

  /// How many rows count.
  var rowCount: Int { (source.logits.rowCount + stride - 1) / stride }

  /// Whether the objective is known to be convex in the scale.
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

  /// The losses at `scale`, 2·`scale`, 4·`scale`, …, with one exponential for each logit.
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
    let blocks = try blocks.map(rowCount) { block in
      body(Swift.stride(from: block.lowerBound * stride, to: block.upperBound * stride, by: stride))
    }
    return blocks[0].indices.map { i in
      blocks.reduce(0) { $0 + $1[i] } / Double(rowCount)
    }
  }
}

/// The negative log-likelihood of single rows as a function of a scale, in memory that it owns.
private final class RowObjective {
  private let source: PredictorLogits
  /// Computes the calibrated logits where the scale multiplies those.
  private let calibrated: RowScorer?
  private let kept: CalibratedLogits?
  private let pooledCount: Int
  private let classCount: Int
  private let logits: UnsafeMutablePointer<Double>  // [P, K]
  private let exponentials: UnsafeMutablePointer<Double>  // [P, K]
  private let logLikelihoods: UnsafeMutablePointer<Double>  // [P]
  private let slopes: UnsafeMutablePointer<Double>  // [P], of the log-likelihoods
  private let variances: UnsafeMutablePointer<Double>  // [P]
  private let thirdCumulants: UnsafeMutablePointer<Double>  // [P]
  private let fourthCumulants: UnsafeMutablePointer<Double>  // [P]

  init(
    _ source: PredictorLogits, scaled: TemperatureObjective.Scaled, kept: CalibratedLogits?
  ) {
    self.source = source
    self.kept = kept
    calibrated = scaled == .calibratedLogits ? RowScorer(source) : nil
    pooledCount = scaled == .calibratedLogits ? 1 : source.pooledCount
    classCount = source.logits.classCount
    logits = .allocate(capacity: pooledCount * classCount)
    exponentials = .allocate(capacity: pooledCount * classCount)
    logLikelihoods = .allocate(capacity: pooledCount)
    slopes = .allocate(capacity: pooledCount)
    variances = .allocate(capacity: pooledCount)
    thirdCumulants = .allocate(capacity: pooledCount)
    fourthCumulants = .allocate(capacity: pooledCount)
  }

  deinit {
    for memory in [
      logits, exponentials, logLikelihoods, slopes, variances, thirdCumulants, fourthCumulants,
    ] {
      memory.deallocate()
    }
  }

  func value(of row: Int, scale: Double) -> TemperatureObjective.Value {
    load(row)
    let label = source.logits.labels[row]
    for pooled in 0..<pooledCount { differentiate(pooled, label: label, scale: scale) }
    guard pooledCount > 1 else {
      return .init(
        loss: -logLikelihoods[0], slope: -slopes[0], curvature: variances[0],
        thirdDerivative: thirdCumulants[0], fourthDerivative: fourthCumulants[0])
    }
    return average()
  }

  /// Adds the row's losses at `scale`, 2·`scale`, 4·`scale`, … to `losses`.
  ///
  /// Doubling the scale squares the exponentials, and their relative error doubles: 20 doublings
  /// leave 1e-10.
  func addLosses(of row: Int, atDoublingsOf scale: Double, to losses: inout [Double]) {
    load(row)
    let label = source.logits.labels[row]
    for pooled in 0..<pooledCount {
      let row = logits + pooled * classCount
      let softmax = Softmax(
        row, count: classCount, scale: scale, exponentials: exponentials + pooled * classCount)
      slopes[pooled] = row[label] - row[softmax.largest]
    }
    var scale = scale
    for i in losses.indices {
      for pooled in 0..<pooledCount {
        logLikelihoods[pooled] = scale * slopes[pooled] - log(sumAndSquare(pooled))
      }
      losses[i] -= logMeanExponential(logLikelihoods, count: pooledCount, stride: 1)
      scale *= 2
    }
  }

  private func load(_ row: Int) {
    if let kept {
      kept.copy(row, to: logits)
    } else if let calibrated {
      calibrated.copyCalibratedLogits(of: row, to: logits)
    } else {
      source.load(row, into: logits)
    }
  }

  private func sumAndSquare(_ pooled: Int) -> Double {
    let exponentials = exponentials + pooled * classCount
    var sum = 0.0
    for c in 0..<classCount {
      sum += exponentials[c]
      exponentials[c] *= exponentials[c]
    }
    return sum
  }

  private func differentiate(_ pooled: Int, label: Int, scale: Double) {
    let row = logits + pooled * classCount
    let softmax = Softmax(row, count: classCount, scale: scale, exponentials: exponentials)
    let (maximum, exponentials) = (row[softmax.largest], exponentials)
    var moments = Moments()
    let whole = classCount & ~7
    for c in stride(from: 0, to: whole, by: 8) {
      moments.add(exponentials.lanes(at: c), row.lanes(at: c) - maximum)
    }
    for c in whole..<classCount { moments.add(exponentials[c], row[c] - maximum, lane: c - whole) }
    let share = 1 / softmax.sum
    let (first, second) = (moments.first.sum() * share, moments.second.sum() * share)
    let (third, fourth) = (moments.third.sum() * share, moments.fourth.sum() * share)
    let square = first * first
    logLikelihoods[pooled] = scale * (row[label] - maximum) - softmax.logSum
    slopes[pooled] = row[label] - maximum - first
    variances[pooled] = max(0, second - square)
    thirdCumulants[pooled] = third - first * (3 * second - 2 * square)
    fourthCumulants[pooled] =
      fourth - 4 * first * third - 3 * second * second + square * (12 * second - 6 * square)
  }

  /// The derivatives of the logarithm of the averaged probabilities, from those of each.
  private func average() -> TemperatureObjective.Value {
    let logMean = logMeanExponential(logLikelihoods, count: pooledCount, stride: 1)
    var (first, second, third, fourth) = (0.0, 0.0, 0.0, 0.0)
    for m in 0..<pooledCount {
      let (slope, variance, cumulant) = (slopes[m], variances[m], thirdCumulants[m])
      let square = slope * slope
      let weight = exp(logLikelihoods[m] - logMean) / Double(pooledCount)
      first += weight * slope
      second += weight * (square - variance)
      third += weight * (slope * (square - 3 * variance) - cumulant)
      fourth +=
        weight
        * (square * (square - 6 * variance) - 4 * slope * cumulant + 3 * variance * variance
          - fourthCumulants[m])
    }
    let square = first * first
    return .init(
      loss: -logMean, slope: -first, curvature: square - second,
      thirdDerivative: first * (3 * second - 2 * square) - third,
      fourthDerivative: 4 * first * third + 3 * second * second - fourth
        - square * (12 * second - 6 * square))
  }
}

/// Σ e·dⁿ of one distribution, eight classes at a time.
private struct Moments {
  var (first, second, third, fourth) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)

  @inline(__always)
  mutating func add(_ exponentials: Lanes, _ deviations: Lanes) {
    let one = exponentials * deviations
    let two = one * deviations
    let three = two * deviations
    first += one
    second += two
    third += three
    fourth += three * deviations
  }

  @inline(__always)
  mutating func add(_ exponential: Double, _ deviation: Double, lane: Int) {
    var (exponentials, deviations) = (Lanes.zero, Lanes.zero)
    (exponentials[lane], deviations[lane]) = (exponential, deviation)
    add(exponentials, deviations)
  }
}

/// The logarithms of the averaged probabilities of all rows, computed once for all evaluations of a
/// search, which is then twice as fast on 5000 rows of 2 × 10 or 2 × 100 logits.
private struct CalibratedLogits: Sendable {
  private let blocks: [[Double]]  // [RowBlocks.size, K] each
  private let classCount: Int

  /// How many logits are kept at most: 32 MB.
  private static let largestCount = 1 << 22

  /// The logits of every row; nil where they are too many, or where nothing is averaged.
  init?(_ source: PredictorLogits, blocks: RowBlocks) throws {
    let (rowCount, classCount) = (source.logits.rowCount, source.logits.classCount)
    guard source.pooledCount > 1, rowCount <= Self.largestCount / classCount else { return nil }
    self.blocks = try blocks.map(rowCount) { rows in
      let scorer = RowScorer(source)
      return [Double](unsafeUninitializedCapacity: rows.count * classCount) { buffer, count in
        guard var next = buffer.baseAddress else { return }
        for row in rows {
          scorer.copyCalibratedLogits(of: row, to: next)
          next += classCount
        }
        count = rows.count * classCount
      }
    }
    self.classCount = classCount
  }

  func copy(_ row: Int, to target: UnsafeMutablePointer<Double>) {
    let start = row % RowBlocks.size * classCount
    blocks[row / RowBlocks.size].withUnsafeBufferPointer { block in
      for c in 0..<classCount { target[c] = block[start + c] }
    }
  }
}
