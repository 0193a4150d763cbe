import Foundation

/// The negative log-likelihood of single rows as a function of a scale; owns the memory that takes.
///
/// P scaled distributions, K classes.
final class RowObjective {
  private let source: PredictorLogits
  /// Where the scale is of calibrated logits, what makes them.
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

  /// From the moments of the averaged probabilities' derivatives to those of their logarithm.
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
