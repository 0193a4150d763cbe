import Foundation

/// Finds the temperature where an objective is least, as the root of its slope in log(1/T).
struct TemperatureSearch {
  /// The objective at a scale 1/T, and a short step to a better one.
  struct Point {
    /// log(1/T).
    let position: Double
    let value: TemperatureObjective.Value
    var step = 0.0

    /// T after the step.
    var temperature: Double {
      switch position {
      case TemperatureSearch.coldest: FittedTemperature.bounds.lowerBound
      case TemperatureSearch.hottest: FittedTemperature.bounds.upperBound
      default: exp(-(position + step))
      }
    }

    /// The objective after the step.
    var loss: Double { loss(after: exp(position + step) - exp(position)) }

    /// The objective at `temperature` to a few 1e-11, nil where that is too far to tell.
    func loss(at temperature: Double) -> Double? {
      let distance = 1 / temperature - exp(position)
      return abs(distance) < 2e-2 * exp(position) ? loss(after: distance) : nil
    }

    /// The Taylor series, which is cut off after the fourth derivative.
    private func loss(after distance: Double) -> Double {
      let fourth = value.thirdDerivative / 6 + value.fourthDerivative / 24 * distance
      let third = value.curvature / 2 + fourth * distance
      return value.loss + distance * (value.slope + distance * third)
    }
  }

  private let objective: TemperatureObjective

  private static let coldest = -log(FittedTemperature.bounds.lowerBound)
  private static let hottest = -log(FittedTemperature.bounds.upperBound)

  /// The step in log T that ends the search: it leaves about its fourth power.
  private var tolerance: Double { objective.rowCount > Self.largestStart ? 1e-2 : 1e-4 }

  /// By how much of itself the curvature may change over the step that ends the search.
  ///
  /// Where losses fall exponentially, Householder's step then errs by less than 1e-6 of itself.
  private static let largestBend = 0.1

  /// A bracket in log T that rounding lets shrink no more.
  private static let smallestBracket = 1e-10

  /// Of more rows than this, every sixteenth tells where to start.
  private static let largestStart = 4096
  private static let sampleStride = 16

  init(_ objective: TemperatureObjective) {
    self.objective = objective
  }

  /// The best temperature and the losses there and at T = 1; T = 1 where nothing is better.
  func fit() throws -> FittedTemperature {
    let one = try point(at: 0)
    let found = try minimum(from: sampleMinimum() ?? one)
    guard found.loss <= one.value.loss else {
      return FittedTemperature(value: 1, lossBefore: one.value.loss, lossAfter: one.value.loss)
    }
    return FittedTemperature(
      value: found.temperature, lossBefore: one.value.loss, lossAfter: found.loss)
  }

  /// The best temperature, searched from `start` where that is given.
  func minimum(from start: Double? = nil) throws -> Point {
    try minimum(from: start.map { try point(at: -log($0)) } ?? sampleMinimum() ?? point(at: 0))
  }

  private func point(at position: Double) throws -> Point {
    Point(position: position, value: try objective.value(atScale: exp(position)))
  }

  /// The minimum by a sixteenth of the rows where they are many, else nil.
  private func sampleMinimum() throws -> Point? {
    guard objective.rowCount > Self.largestStart else { return nil }
    var sample = objective
    sample.stride *= Self.sampleStride
    let found = try TemperatureSearch(sample).minimum()
    return try point(at: found.position + found.step)
  }

  private func minimum(from start: Point) throws -> Point {
    if start.value.slope == 0, start.value.curvature == 0 {
      // Nothing matters, or all is right by so much that exponentials underflow.
      if try point(at: Self.hottest).value.slope == 0 { return try point(at: 0) }
      if objective.isConvex { return try point(at: Self.coldest) }
    }
    if objective.isConvex { return try root(from: start, in: Self.hottest...Self.coldest) }
    if start.position != 0, let found = try rootNear(start) { return found }
    let best = try bestOfGrid()
    return try rootNear(best) ?? best
  }

  /// The best of 1e3, its 19 halves, and 1e-3.
  private func bestOfGrid() throws -> Point {
    var positions = (0..<20).map { Self.hottest + Double($0) * log(2) }
    var losses = try objective.losses(atDoublingsOf: exp(Self.hottest), count: positions.count)
    positions.append(Self.coldest)
    losses.append(try point(at: Self.coldest).value.loss)
    // Among equals the last, which is the coldest: where all rows are right, the bound.
    var best = 0
    for i in losses.indices where losses[i] <= losses[best] { best = i }
    return try point(at: positions[best])
  }

  /// A minimum within a factor of 2 of `start`, never worse than `start`; nil if there is none.
  private func rootNear(_ start: Point) throws -> Point? {
    let lower = max(Self.hottest, start.position - log(2))
    let upper = min(Self.coldest, start.position + log(2))
    let found = try root(from: start, in: lower...upper)
    let isInside = lower < found.position && found.position < upper
    let isBound = found.position == Self.hottest || found.position == Self.coldest
    guard isInside || isBound else { return nil }
    return found.loss <= start.loss ? found : start
  }

  /// The point in `range` where the slope changes from falling to rising, or the end where it
  /// still points out.
  ///
  /// Householder's step, or a simpler one, is taken where it stays between the points known and is
  /// under half the step before; else their middle, or an end not tried yet.
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

  /// Householder's third-order step towards the root of the slope in log(1/T); Halley's or Newton's
  /// where that is far from it; or one too long.
  ///
  /// - Returns: The step, and whether it leaves no more than its fourth power: never a simpler one.
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
    // Relative to Newton's step: what the third and the fourth derivative change.
    let (bend, twist) = (newton * third / curvature, newton * newton * fourth / curvature)
    guard bend > -1 else { return (newton, false) }
    let halley = 1 / (1 + bend / 2)
    let householder = (1 + bend / 2) / (1 + bend + twist / 6)
    guard abs(householder - halley) < halley / 2 else { return (newton * halley, false) }
    return (newton * householder, abs(bend) < largestBend)
  }
}
