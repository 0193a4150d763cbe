// N rows, K classes.

import Foundation
internal import Tensors

/// Ensemble temperature scaling (Zhang, Kailkhura and Han 2020, "Mix-n-match"): the most likely mixture of
/// the distribution at the fitted temperature, the uncalibrated one and the uniform one; for all
/// predictors.
///
/// The temperature is that of `TemperatureCalibrator`. The loss is convex in the weights, and all rows
/// count: a label that is given the probability 0 has one in the uniform distribution.
public struct EnsembleTemperatureCalibrator: Calibrator {
  public let name = "ets"
  public let output = CalibratedOutput.distribution

  /// The calibrator.
  public init() {}

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    let map = try rows.map(by: TemperatureCalibrator(), for: predictor)
    let temperature = map.temperature ?? 1
    let plain = try rows.scores(of: predictor)
    let tempered = try rows.blocks.scores(
      of: PredictorLogits(predictor, of: rows.logits, calibration: .temperature(temperature)))
    let objective = MixtureObjective(
      zip(tempered, plain).map { ($0.negativeLogLikelihood, $1.negativeLogLikelihood) },
      classCount: rows.logits.classCount, blocks: rows.blocks)
    return .distribution(
      TemperatureMixture(
        weights: try objective.minimum(), temperature: temperature,
        bound: map.temperatureBounds.first, classCount: rows.logits.classCount))
  }
}

/// w₁ softmax(z/T) + w₂ softmax(z) + w₃/K, where members are pooled before they are mixed.
public struct TemperatureMixture: DistributionMap {
  /// w₁, w₂ and w₃, each at least 0, of sum 1.
  public let weights: [Double]  // [3]
  /// T.
  public let fittedTemperature: Double
  public let temperatureBound: TemperatureBound?
  public let classCount: Int

  public var temperature: Double? { fittedTemperature }

  /// The mixture of these weights, three of them.
  public init(
    weights: [Double], temperature: Double, bound: TemperatureBound? = nil, classCount: Int
  ) {
    self.weights = weights
    fittedTemperature = temperature
    temperatureBound = bound
    self.classCount = classCount
  }

  public func keepsOrder(ofAverage count: Int) -> Bool { count == 1 || weights[0] == 0 }

  public func apply(to row: DistributionRow) {
    let (first, second, third) = (weights[0], weights[1], weights[2] / Double(classCount))
    guard let (probabilities, logarithms) = row.memory else { return }
    var least = Double.infinity
    for c in 0..<classCount {
      let sum = first * row.temperedProbabilities[c] + second * probabilities[c] + third
      probabilities[c] = sum
      least = min(least, sum)
    }
    if least >= 1e-300 {
      ProbabilityKernels.preferred.logarithms(
        of: probabilities, count: classCount, into: logarithms)
    } else {
      let (firstLog, secondLog) = (log(first), log(second))
      for c in 0..<classCount {
        logarithms[c] =
          third == 0 && probabilities[c] < 1e-300
          ? Self.logSum(
            first > 0 ? firstLog + row.temperedLogarithms[c] : -.infinity,
            second > 0 ? secondLog + logarithms[c] : -.infinity)
          : log(probabilities[c])
      }
    }
    keepDigitsNearOne(row)
  }

  /// Computes the logarithm of a probability near 1 from those of the others.
  private func keepDigitsNearOne(_ row: DistributionRow) {
    guard let largest = row.probabilities.firstIndex(where: { $0 > 0.5 }) else { return }
    let probability = row.probabilities[largest]
    guard let start = row.probabilities.baseAddress else { return }
    start[largest] = 0
    row.logarithms[largest] = log1p(
      -ProbabilityKernels.preferred.sum(of: start, count: classCount))
    start[largest] = probability
  }

  /// log(exp(first) + exp(second)), of which one is finite.
  private static func logSum(_ first: Double, _ second: Double) -> Double {
    max(first, second) + log1p(exp(-abs(first - second)))
  }
}

/// The mean loss of a mixture as a function of its three weights, which are at least 0 and sum to 1.
private struct MixtureObjective {
  /// The components' probabilities of each row's label, relative to the largest.
  private let ratios: [SIMD3<Double>]  // [N]
  private let blocks: RowBlocks

  /// Of the first two components, the loss of each row; that of the uniform one is log K.
  init(_ losses: [(Double, Double)], classCount: Int, blocks: RowBlocks) {
    let uniform = log(Double(classCount))
    ratios = losses.map { first, second in
      let least = min(first, second, uniform)
      return SIMD3(exp(least - first), exp(least - second), exp(least - uniform))
    }
    self.blocks = blocks
  }

  /// The best weights; of equally good ones, with the fewest components, the later ones first.
  func minimum() throws -> [Double] {
    var best = (weights: SIMD3<Double>(0, 1, 0), loss: try value(at: SIMD3(0, 1, 0)).loss)
    for components in [[0], [2], [1, 2], [0, 2], [0, 1], [0, 1, 2]] {
      let (weights, loss) = try minimum(of: components)
      // Rounding of a mean is no improvement.
      if loss < best.loss - 1e-15 * max(1, abs(loss)) { best = (weights, loss) }
    }
    return [best.weights[0], best.weights[1], best.weights[2]]
  }

  /// The loss up to a constant, and its derivatives.
  private struct Value {
    var loss = 0.0
    var gradient = SIMD3<Double>.zero
    /// The second derivatives: a row of them for each weight.
    var curvature = (SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)

    static func += (sum: inout Value, part: Value) {
      sum.loss += part.loss
      sum.gradient += part.gradient
      sum.curvature.0 += part.curvature.0
      sum.curvature.1 += part.curvature.1
      sum.curvature.2 += part.curvature.2
    }

    mutating func add(_ ratios: SIMD3<Double>, weights: SIMD3<Double>) {
      let mixture = (ratios * weights).sum()
      let slope = ratios / mixture
      loss -= log(mixture)
      gradient -= slope
      curvature.0 += slope * slope[0]
      curvature.1 += slope * slope[1]
      curvature.2 += slope * slope[2]
    }
  }

  private func value(at weights: SIMD3<Double>) throws -> Value {
    let parts = try blocks.map(ratios.count) { rows in
      rows.reduce(into: Value()) { $0.add(ratios[$1], weights: weights) }
    }
    var sum = parts.reduce(into: Value(), +=)
    let share = 1 / Double(ratios.count)
    sum.loss *= share
    sum.gradient *= share
    sum.curvature = (
      sum.curvature.0 * share, sum.curvature.1 * share, sum.curvature.2 * share
    )
    return sum
  }

  /// The best weights of some components, others 0, by Newton's method among positive weights.
  private func minimum(of components: [Int]) throws -> (SIMD3<Double>, Double) {
    var weights = SIMD3<Double>.zero
    for k in components { weights[k] = 1 / Double(components.count) }
    var value = try value(at: weights)
    for _ in 0..<100 {
      guard let step = Self.step(value, among: components) else { break }
      let slope = (value.gradient * step).sum()
      guard -slope > 1e-18 else { break }
      // Weights stay above 0; those that would be 0 are another choice of components.
      var length = 1.0
      for k in components where step[k] < 0 { length = min(length, -0.99 * weights[k] / step[k]) }
      var next = try self.value(at: weights + length * step)
      while !(next.loss <= value.loss + 1e-4 * length * slope), length > 1e-12 {
        length /= 2
        next = try self.value(at: weights + length * step)
      }
      guard next.loss < value.loss else { break }
      (weights, value) = (weights + length * step, next)
    }
    return (weights / weights.sum(), value.loss)
  }

  /// Newton's step that keeps the sum of the weights; nil where there is none.
  private static func step(_ value: Value, among components: [Int]) -> SIMD3<Double>? {
    guard components.count > 1, value.loss.isFinite else { return nil }
    let rows = [value.curvature.0, value.curvature.1, value.curvature.2]
    let (last, free) = (components[components.count - 1], components.dropLast())
    // Each free weight grows at the cost of the last one.
    let size = free.count
    var matrix = [Double](repeating: 0, count: size * size)
    var step = free.map { -(value.gradient[$0] - value.gradient[last]) }
    for (i, k) in free.enumerated() {
      for (j, l) in free.enumerated() {
        matrix[i * size + j] = rows[k][l] - rows[k][last] - rows[last][l] + rows[last][last]
      }
      matrix[i * size + i] *= 1 + 1e-12
    }
    guard let factor = CholeskyFactor(matrix, size: size) else { return nil }
    factor.solve(&step)
    var whole = SIMD3<Double>.zero
    for (i, k) in free.enumerated() {
      whole[k] = step[i]
      whole[last] -= step[i]
    }
    return whole
  }
}
