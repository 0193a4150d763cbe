import Foundation

/// Finds the temperature where an objective is least, as the root of its slope in log(1/T).
///
/// On 50,000 rows of 2 × 100 logits it is 3.9 times as fast for `ensemble`, 7.3 times for
/// `ensemble-probs` and 2.4 times for `temperature-after` as a safeguarded Newton method that
/// evaluates all rows at each step, and each of 21 temperatures where averages need not be convex.
struct TemperatureSearch {
  /// The objective at a scale 1/T, and a last short step to a better one.
  struct Point {
    /// log(1/T) of logits that are divided by `unit`.
    let position: Double
    let value: TemperatureObjective.Value
    /// What logits are divided by; see `TemperatureObjective.unit`.
    let unit: Double
    var step = 0.0

    /// The range of T; of the same rows that of every point.
    var range: TemperatureRange {
      TemperatureRange(scale: unit * value.squaredSpread.squareRoot())
    }

    /// The positions of `range`, from the hottest on.
    var positions: ClosedRange<Double> {
      let range = TemperatureRange(scale: value.squaredSpread.squareRoot())
      return -log(range.highest)...(-log(range.lowest))
    }

    /// Whether no two logits of a row differ, so that no temperature matters.
    var isIndifferent: Bool { value.squaredSpread == 0 }

    /// T after the step.
    var temperature: Double {
      switch bound {
      case .lowest: range.lowest
      case .highest: range.highest
      case nil: exp(-(position + step)) * unit
      }
    }

    /// The bound where `temperature` is one.
    var bound: TemperatureBound? {
      if isIndifferent { return nil }
      switch position + step {
      case positions.upperBound: return .lowest(isAllRight: value.wrongShare == 0)
      case positions.lowerBound:
        // Of labels that are exactly as good as chance, rounding leaves this much.
        let rounding = 1e-12 * value.squaredSpread.squareRoot()
        return .highest(isNoBetterThanChance: value.lead <= rounding)
      default: return nil
      }
    }

    /// The objective after the step.
    var loss: Double { loss(after: exp(position + step) - exp(position)) }

    /// The objective at `temperature` to a few 1e-11; nil where that is too far away for the series.
    func loss(at temperature: Double) -> Double? {
      let distance = unit / temperature - exp(position)
      return abs(distance) < 2e-2 * exp(position) ? loss(after: distance) : nil
    }

    /// The Taylor series to the fourth derivative.
    private func loss(after distance: Double) -> Double {
      let fourth = value.thirdDerivative / 6 + value.fourthDerivative / 24 * distance
      let third = value.curvature / 2 + fourth * distance
      return value.loss + distance * (value.slope + distance * third)
    }
  }

  private let objective: TemperatureObjective
  private let counting: FirstEvaluation?

  /// Accumulators that the first evaluation of all rows counts into.
  private final class FirstEvaluation {
    private var pool: AccumulatorPool<ThresholdedCalibration>?

    init(_ pool: AccumulatorPool<ThresholdedCalibration>) {
      self.pool = pool
    }

    /// The accumulators, once.
    func take() -> AccumulatorPool<ThresholdedCalibration>? {
      defer { pool = nil }
      return pool
    }
  }

  /// The step in log T that ends the search; the error left is about its fourth power.
  private var tolerance: Double { objective.rowCount > Self.largestStart ? 1e-2 : 1e-4 }

  /// By which fraction the curvature may change over the step that ends the search.
  ///
  /// Where losses fall exponentially, Householder's step then has a relative error below 1e-6.
  private static let largestBend = 0.1

  /// The width of a bracket in log T at which rounding ends the search.
  private static let smallestBracket = 1e-10

  /// Of more rows than this, every sixteenth is searched first, to start close to the minimum.
  ///
  /// Of 50,000 rows that is 1.5 times as fast for `ensemble`, 2.9 times for `ensemble-probs`.
  private static let largestStart = 4096
  private static let sampleStride = 16

  /// A search of `objective`, whose first evaluation counts probabilities where `counting` has accumulators
  /// for them.
  init(
    _ objective: TemperatureObjective, counting: AccumulatorPool<ThresholdedCalibration>? = nil
  ) {
    self.objective = objective
    self.counting = counting.map(FirstEvaluation.init)
  }

  /// The best temperature and the losses there and at T = 1; T = 1 where nothing is better.
  func fit() throws -> FittedTemperature {
    let unit = objective.unit
    let one = Point(position: log(unit), value: try objective.value(atScale: unit), unit: unit)
    let start = try sampleMinimum() ?? (unit == 1 ? one : point(at: 0))
    let found = try minimum(from: start)
    let isBetter =
      found.loss <= one.value.loss || !(found.positions.contains(one.position))
    return FittedTemperature(
      value: isBetter ? found.temperature : 1, range: found.range,
      bound: isBetter ? found.bound : nil, lossBefore: one.value.loss,
      lossAfter: isBetter ? found.loss : one.value.loss)
  }

  /// The best temperature, searched from `start` where that is given.
  func minimum(from start: Double? = nil) throws -> Point {
    try minimum(
      from: start.map { try point(at: -log($0 / objective.unit)) } ?? sampleMinimum()
        ?? point(at: 0))
  }

  private func point(at position: Double) throws -> Point {
    Point(
      position: position,
      value: try objective.value(atScale: exp(position), counting: counting?.take()),
      unit: objective.unit)
  }

  /// The minimum of a sixteenth of the rows where they are many, else nil.
  private func sampleMinimum() throws -> Point? {
    guard objective.rowCount > Self.largestStart else { return nil }
    var sample = objective
    sample.stride *= Self.sampleStride
    let found = try TemperatureSearch(sample).minimum()
    return try point(at: found.position + found.step)
  }

  private func minimum(from start: Point) throws -> Point {
    if start.isIndifferent { return start.position == 0 ? start : try point(at: 0) }
    let range = start.positions
    guard range.contains(start.position) else {
      return try minimum(
        from: point(at: min(max(start.position, range.lowerBound), range.upperBound)))
    }
    if objective.isConvex {
      // All rows are right, and exponentials underflow.
      let isFlat = start.value.slope == 0 && start.value.curvature == 0
      return try isFlat ? point(at: range.upperBound) : root(from: start, in: range)
    }
    if start.position != 0, let found = try rootNear(start) { return found }
    let best = try bestOfGrid(range)
    return try rootNear(best) ?? best
  }

  /// The best of the hottest temperature, its 19 halves, and the coldest, a millionth of it.
  private func bestOfGrid(_ range: ClosedRange<Double>) throws -> Point {
    let (hottest, coldest) = (range.lowerBound, range.upperBound)
    var positions = (0..<20).map { hottest + Double($0) * log(2) }
    var losses = try objective.losses(atDoublingsOf: exp(hottest), count: positions.count)
    positions.append(coldest)
    losses.append(try point(at: coldest).value.loss)
    // Among equal losses the coldest: where all rows are right, the bound.
    var best = 0
    for i in losses.indices where losses[i] <= losses[best] { best = i }
    return try point(at: positions[best])
  }

  /// A minimum within a factor of 2 of `start`, never worse than `start`; nil if there is none.
  private func rootNear(_ start: Point) throws -> Point? {
    let range = start.positions
    let lower = max(range.lowerBound, start.position - log(2))
    let upper = min(range.upperBound, start.position + log(2))
    let found = try root(from: start, in: lower...upper)
    let isInside = lower < found.position && found.position < upper
    let isBound = found.position == range.lowerBound || found.position == range.upperBound
    guard isInside || isBound else { return nil }
    return found.loss <= start.loss ? found : start
  }

  /// The point in `range` where the slope changes from falling to rising, or the end beyond which it
  /// would.
  ///
  /// Householder's step, or a simpler one, is taken where it stays within the bracket and is less
  /// than half the step before; else the middle of the bracket, or an end not yet evaluated.
  private func root(from start: Point, in range: ClosedRange<Double>) throws -> Point {
    var (lower, upper) = (range.lowerBound, range.upperBound)
    var (isLowerKnown, isUpperKnown) = (false, false)
    var (point, step) = (start, upper - lower)
    while point.value.slope != 0 {
      let isRising = point.value.slope > 0
      if point.position == (isRising ? range.lowerBound : range.upperBound) { break }
      if isRising {
        (upper, isUpperKnown) = (point.position, true)
      } else {
        (lower, isLowerKnown) = (point.position, true)
      }
      let (best, isAccurate) = Self.step(at: point)
      let target = point.position + best
      if isAccurate, abs(best) < tolerance, range.contains(target) {
        point.step = best
        break
      }
      if isLowerKnown, isUpperKnown, upper - lower < Self.smallestBracket { break }
      let isSafe = abs(best) < abs(step) / 2 && lower < target && target < upper
      let middle = (lower + upper) / 2
      let next =
        isSafe
        ? target
        : isRising ? (isLowerKnown ? middle : lower) : (isUpperKnown ? middle : upper)
      step = next - point.position
      point = try self.point(at: next)
    }
    return point
  }

  /// Householder's third-order step toward the root of the slope in log(1/T), or Halley's or
  /// Newton's where the higher derivatives change it much; infinite where the curvature is not
  /// positive.
  ///
  /// - Returns: The step, and whether the error after it is about its fourth power, which it is for
  ///   Householder's step alone.
  private static func step(at point: Point) -> (length: Double, isAccurate: Bool) {
    let (scale, value) = (exp(point.position), point.value)
    let slope = value.slope
    let curvature = value.curvature * scale
    let third = (value.curvature + value.thirdDerivative * scale) * scale
    let fourth =
      (value.curvature + (3 * value.thirdDerivative + value.fourthDerivative * scale) * scale)
      * scale
    guard curvature > 0 else { return (slope > 0 ? -.infinity : .infinity, false) }
    let newton = -slope / curvature
    // How much the third and the fourth derivative change Newton's step, relative to it.
    let (bend, twist) = (newton * third / curvature, newton * newton * fourth / curvature)
    guard bend > -1 else { return (newton, false) }
    let halley = 1 / (1 + bend / 2)
    let householder = (1 + bend / 2) / (1 + bend + twist / 6)
    guard abs(householder - halley) < halley / 2 else { return (newton * halley, false) }
    return (newton * householder, abs(bend) < largestBend)
  }
}
