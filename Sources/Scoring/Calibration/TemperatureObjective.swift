// P scaled distributions, K classes.

import Foundation
internal import Tensors

/// The mean negative log-likelihood of a predictor as a function of a scale β = 1/T.
///
/// With d the deviations of a member's logits from their largest, under its softmax at β,
/// the derivatives of log p_y are d_y − E[d], and minus the second, third and fourth cumulant of d.
/// Those of averaged probabilities follow from p′/p = Σ w_m a_m, with weights w_m = p_m / Σ p and
/// the members' a_m = d_y − E[d], p″/p = Σ w_m (a_m² − v_m), and so on.
struct TemperatureObjective {
  /// The objective at one scale, with its derivatives with respect to the scale, and what bounds the
  /// scale: means over rows.
  struct Value: Sendable {
    var loss = 0.0
    var slope = 0.0
    var curvature = 0.0
    var thirdDerivative = 0.0
    var fourthDerivative = 0.0
    /// The square of the largest minus the mean logit.
    var squaredSpread = 0.0
    /// The label's logit minus the mean logit.
    var lead = 0.0
    /// The share of rows in which another class has a larger logit than the label.
    var lostShare = 0.0
    /// The share of rows whose predicted class, the first of the largest logits, is not the label.
    var wrongShare = 0.0

    static func += (sum: inout Value, value: Value) {
      sum.loss += value.loss
      sum.slope += value.slope
      sum.curvature += value.curvature
      sum.thirdDerivative += value.thirdDerivative
      sum.fourthDerivative += value.fourthDerivative
      sum.squaredSpread += value.squaredSpread
      sum.lead += value.lead
      sum.lostShare += value.lostShare
      sum.wrongShare += value.wrongShare
    }

    func divided(by count: Double) -> Value {
      Value(
        loss: loss / count, slope: slope / count, curvature: curvature / count,
        thirdDerivative: thirdDerivative / count, fourthDerivative: fourthDerivative / count,
        squaredSpread: squaredSpread / count, lead: lead / count, lostShare: lostShare / count,
        wrongShare: wrongShare / count)
    }
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
  /// What logits are divided by before a scale multiplies them.
  var unit: Double { logitUnit.size }
  private let logitUnit: LogitUnit

  /// With `isKeeping`, logits that many evaluations would compute again are kept.
  init(
    _ source: PredictorLogits, scaled: Scaled, blocks: RowBlocks, isKeeping: Bool = true
  ) throws {
    self.source = source
    self.scaled = scaled
    self.blocks = blocks
    kept =
      scaled == .calibratedLogits && isKeeping
      ? try CalibratedLogits(source, blocks: blocks) : nil
    logitUnit = RowObjective(source, scaled: scaled, kept: kept, unit: LogitUnit()).sampledUnit()
  }

  /// How many rows count.
  var rowCount: Int { (source.logits.rowCount + stride - 1) / stride }

  /// Whether the objective is known to be convex in the scale.
  var isConvex: Bool { scaled == .calibratedLogits || source.pooledCount == 1 }

  /// The objective at `scale` times the logits, which are divided by `unit`.
  ///
  /// With `counting`, the calibrated probabilities of the rows are counted in its accumulators; the scale must
  /// be that of calibrated logits.
  func value(
    atScale scale: Double, counting: AccumulatorPool<ThresholdedCalibration>? = nil
  ) throws -> Value {
    let sums = try sumsOfBlocks { rows in
      let objective = RowObjective(source, scaled: scaled, kept: kept, unit: logitUnit)
      guard let counting else {
        return rows.reduce(into: Value()) { $0 += objective.value(of: $1, scale: scale) }
      }
      return counting.withOne { thresholded in
        rows.reduce(into: Value()) { sum, row in
          sum += objective.value(of: row, scale: scale)
          objective.count(row, in: &thresholded)
        }
      }
    }
    return sums.reduce(into: Value(), +=).divided(by: Double(rowCount))
  }

  /// The losses at `scale`, 2·`scale`, 4·`scale`, …, with one exponential for each logit.
  func losses(atDoublingsOf scale: Double, count: Int) throws -> [Double] {
    let sums = try sumsOfBlocks { rows in
      let objective = RowObjective(source, scaled: scaled, kept: kept, unit: logitUnit)
      return rows.reduce(into: [Double](repeating: 0, count: count)) {
        objective.addLosses(of: $1, atDoublingsOf: scale, to: &$0)
      }
    }
    return (0..<count).map { i in sums.reduce(0) { $0 + $1[i] } / Double(rowCount) }
  }

  /// The loss of each row at `temperature`, and its first two derivatives with respect to 1/T, as three
  /// columns of one number a row.
  func rowCurves(at temperature: Double) throws -> [[Double]] {
    let unit = unit
    let parts = try blocks.map(rowCount) { rows in
      let objective = RowObjective(source, scaled: scaled, kept: kept, unit: logitUnit)
      var columns = [[Double]](repeating: [], count: 3)
      for row in rows {
        let value = objective.value(of: row, scale: unit / temperature)
        columns[0].append(value.loss)
        columns[1].append(value.slope * unit)
        columns[2].append(value.curvature * unit * unit)
      }
      return columns
    }
    return (0..<3).map { column in RowBlocks.joined(parts.map { $0[column] }) }
  }

  /// What `body` sums over blocks of the rows that count, in order.
  private func sumsOfBlocks<Sum: Sendable>(
    _ body: @Sendable (StrideTo<Int>) -> Sum
  ) throws -> [Sum] {
    try blocks.map(rowCount) { block in
      body(Swift.stride(from: block.lowerBound * stride, to: block.upperBound * stride, by: stride))
    }
  }
}

/// The negative log-likelihood of single rows as a function of a scale, in memory that it owns.
private final class RowObjective {
  private let source: PredictorLogits
  /// Computes the calibrated logits where the scale multiplies those.
  private let calibrated: RowScorer?
  private let kept: CalibratedLogits?
  private let unit: LogitUnit
  /// A power of two as well.
  private let inverseUnit: Double
  private let pooledCount: Int
  private let classCount: Int
  private let logits: UnsafeMutablePointer<Double>  // [P, K]
  private let exponentials: UnsafeMutablePointer<Double>  // [P, K]
  private let logLikelihoods: UnsafeMutablePointer<Double>  // [P]
  private let slopes: UnsafeMutablePointer<Double>  // [P], of the log-likelihoods
  private let variances: UnsafeMutablePointer<Double>  // [P]
  private let thirdCumulants: UnsafeMutablePointer<Double>  // [P]
  private let fourthCumulants: UnsafeMutablePointer<Double>  // [P]
  /// The deviations of the mean logits from the largest.
  private let meanDeviations: UnsafeMutablePointer<Double>  // [P]
  /// Those of the label's.
  private let labelDeviations: UnsafeMutablePointer<Double>  // [P]

  init(
    _ source: PredictorLogits, scaled: TemperatureObjective.Scaled, kept: CalibratedLogits?,
    unit: LogitUnit
  ) {
    self.source = source
    self.kept = kept
    self.unit = unit
    inverseUnit = 1 / unit.size
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
    meanDeviations = .allocate(capacity: pooledCount)
    labelDeviations = .allocate(capacity: pooledCount)
  }

  deinit {
    for memory in [
      logits, exponentials, logLikelihoods, slopes, variances, thirdCumulants, fourthCumulants,
      meanDeviations, labelDeviations,
    ] {
      memory.deallocate()
    }
  }

  func value(of row: Int, scale: Double) -> TemperatureObjective.Value {
    load(row)
    let label = source.logits.labels[row]
    var (isLost, isWrong) = (false, false)
    for pooled in 0..<pooledCount {
      let largest = differentiate(pooled, label: label, scale: scale)
      if labelDeviations[pooled] < 0 { isLost = true }
      if largest != label { isWrong = true }
    }
    var value = pooledCount > 1 ? average() : onlyValue
    let (means, labels) = (meanDeviations, labelDeviations)
    let squares = sortedSum(pooledCount) { means[$0] * means[$0] }
    let leads = sortedSum(pooledCount) { labels[$0] - means[$0] }
    value.squaredSpread = squares / Double(pooledCount)
    value.lead = leads / Double(pooledCount)
    value.lostShare = isLost ? 1 : 0
    value.wrongShare = isWrong ? 1 : 0
    return value
  }

  /// Adds the calibrated probabilities of the row whose value was computed last.
  func count(_ row: Int, in thresholded: inout ThresholdedCalibration) {
    guard let calibrated else { preconditionFailure("not of calibrated logits") }
    if kept != nil || !calibrated.holdsProbabilities(of: row) {
      calibrated.loadProbabilities(of: row)
    }
    thresholded.add(calibrated.classProbabilities, label: calibrated.label(of: row))
  }

  /// The unit of the logits, by some rows, evenly spaced.
  func sampledUnit() -> LogitUnit {
    let (rowCount, width) = (source.logits.rowCount, pooledCount * classCount)
    let step = max(1, rowCount / LogitUnit.sampleCount(width: width))
    var deviations: [Double] = []
    for row in stride(from: 0, to: rowCount, by: step) {
      load(row)
      for pooled in 0..<pooledCount {
        let row = UnsafeBufferPointer(start: logits + pooled * classCount, count: classCount)
        let largest = row.max() ?? 0
        deviations += row.lazy.map { $0 - largest }
      }
    }
    return LogitUnit(
      deviations: deviations, classCount: classCount,
      mayHoldZeros: source.mayHoldZeros)
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
    guard inverseUnit != 1 else { return }
    for i in 0..<pooledCount * classCount { logits[i] *= inverseUnit }
  }

  private func sumAndSquare(_ pooled: Int) -> Double {
    let exponentials = exponentials + pooled * classCount
    let sum = ProbabilityKernels.preferred.sum(of: exponentials, count: classCount)
    for c in 0..<classCount { exponentials[c] *= exponentials[c] }
    return sum
  }

  /// Computes what is known of one distribution; returns the lowest index of the largest logit.
  private func differentiate(_ pooled: Int, label: Int, scale: Double) -> Int {
    let row = logits + pooled * classCount
    let softmax = Softmax(row, count: classCount, scale: scale, exponentials: exponentials)
    let maximum = row[softmax.largest]
    let moments = ProbabilityKernels.preferred.softmaxMoments(
      row, numerators: exponentials, count: classCount, maximum: maximum)
    let share = 1 / softmax.sum
    // Deviations are at most 0, the kernel's at least.
    let (first, second) = (-moments.1 * share, moments.2 * share)
    let (third, fourth) = (-moments.3 * share, moments.4 * share)
    let square = first * first
    labelDeviations[pooled] = row[label] - maximum
    meanDeviations[pooled] =
      unit.floor == -.infinity
      ? -moments.0 / Double(classCount) : meanUnmaskedDeviation(row, maximum)
    logLikelihoods[pooled] = scale * (row[label] - maximum) - softmax.logSum
    slopes[pooled] = row[label] - maximum - first
    variances[pooled] = max(0, second - square)
    thirdCumulants[pooled] = third - first * (3 * second - 2 * square)
    fourthCumulants[pooled] =
      fourth - 4 * first * third - 3 * second * second + square * (12 * second - 6 * square)
    return softmax.largest
  }

  /// The mean deviation of the classes that are not masked; `exponentials` are lost.
  private func meanUnmaskedDeviation(_ row: UnsafePointer<Double>, _ maximum: Double) -> Double {
    var count = 0
    for c in 0..<classCount {
      let isCounted = row[c] - maximum >= unit.floor
      exponentials[c] = isCounted ? maximum - row[c] : 0
      count += isCounted ? 1 : 0
    }
    return -ProbabilityKernels.preferred.sum(of: exponentials, count: classCount) / Double(count)
  }

  private var onlyValue: TemperatureObjective.Value {
    .init(
      loss: -logLikelihoods[0], slope: -slopes[0], curvature: variances[0],
      thirdDerivative: thirdCumulants[0], fourthDerivative: fourthCumulants[0])
  }

  /// The derivatives of the logarithm of the averaged probabilities, from those of each.
  private func average() -> TemperatureObjective.Value {
    let logMean = logMeanExponential(logLikelihoods, count: pooledCount, stride: 1)
    let (slopes, variances, cumulants) = (slopes, variances, thirdCumulants)
    // Likelihoods become weights.
    let weights = logLikelihoods
    for m in 0..<pooledCount { weights[m] = exp(weights[m] - logMean) / Double(pooledCount) }
    func mean(_ term: (_ m: Int, _ square: Double) -> Double) -> Double {
      sortedSum(pooledCount) { m in weights[m] * term(m, slopes[m] * slopes[m]) }
    }
    let first = mean { m, _ in slopes[m] }
    let second = mean { m, square in square - variances[m] }
    let third = mean { m, square in slopes[m] * (square - 3 * variances[m]) - cumulants[m] }
    let fourth = mean { m, square in
      square * (square - 6 * variances[m]) - 4 * slopes[m] * cumulants[m]
        + 3 * variances[m] * variances[m] - fourthCumulants[m]
    }
    let square = first * first
    return .init(
      loss: -logMean, slope: -first, curvature: square - second,
      thirdDerivative: first * (3 * second - 2 * square) - third,
      fourthDerivative: 4 * first * third + 3 * second * second - fourth
        - square * (12 * second - 6 * square))
  }
}
