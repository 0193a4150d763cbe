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
  private let thirdMoments: UnsafeMutablePointer<Double>  // [P]

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
    thirdMoments = .allocate(capacity: pooledCount)
  }

  deinit {
    for memory in [logits, exponentials, logLikelihoods, slopes, variances, thirdMoments] {
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
        thirdDerivative: thirdMoments[0])
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
    let maximum = row[softmax.largest]
    var (first, second, third) = (0.0, 0.0, 0.0)
    for c in 0..<classCount {
      let deviation = row[c] - maximum
      let moment = exponentials[c] * deviation
      first += moment
      second += moment * deviation
      third += moment * deviation * deviation
    }
    let (mean, square) = (first / softmax.sum, second / softmax.sum)
    logLikelihoods[pooled] = scale * (row[label] - maximum) - softmax.logSum
    slopes[pooled] = row[label] - maximum - mean
    variances[pooled] = max(0, square - mean * mean)
    thirdMoments[pooled] = third / softmax.sum - 3 * mean * square + 2 * mean * mean * mean
  }

  private func average() -> TemperatureObjective.Value {
    let logMean = logMeanExponential(logLikelihoods, count: pooledCount, stride: 1)
    var (first, second, third) = (0.0, 0.0, 0.0)
    for m in 0..<pooledCount {
      let (slope, variance) = (slopes[m], variances[m])
      let weight = exp(logLikelihoods[m] - logMean) / Double(pooledCount)
      first += weight * slope
      second += weight * (slope * slope - variance)
      third += weight * (slope * (slope * slope - 3 * variance) - thirdMoments[m])
    }
    return .init(
      loss: -logMean, slope: -first, curvature: first * first - second,
      thirdDerivative: 3 * first * second - third - 2 * first * first * first)
  }
}
