import Foundation

/// Finds the temperature where an objective is least, as the root of its slope in log(1/T).
struct TemperatureSearch {
  private typealias Value = TemperatureObjective.Value

  private let objective: TemperatureObjective
  private let atOne: Value
  private let coldest = FittedTemperature.bounds.lowerBound
  private let hottest = FittedTemperature.bounds.upperBound

  /// In log T; a halved bracket is this good, and a Newton step leaves about its square.
  private static let tolerance = 1e-7

  init(_ objective: TemperatureObjective) throws {
    self.objective = objective
    atOne = try objective.value(atScale: 1)
  }

  func fit() throws -> FittedTemperature {
    let found = try minimum()
    let after = try objective.value(atScale: 1 / found.temperature).loss
    guard after <= atOne.loss else {
      return FittedTemperature(
        value: 1, isAtBound: false, lossBefore: atOne.loss, lossAfter: atOne.loss)
    }
    return FittedTemperature(
      value: found.temperature, isAtBound: found.isAtBound, lossBefore: atOne.loss,
      lossAfter: after)
  }

  private func minimum() throws -> (temperature: Double, isAtBound: Bool) {
    if try atOne.slope == 0 && objective.value(atScale: 1 / hottest).slope == 0 {
      return (1, false)
    }
    return try objective.isConvex ? convexMinimum() : minimumNearBestOfGrid()
  }

  private func convexMinimum() throws -> (temperature: Double, isAtBound: Bool) {
    if atOne.slope > 0 {
      if try objective.value(atScale: 1 / hottest).slope >= 0 { return (hottest, true) }
      return (exp(-(try root(in: -log(hottest)...0, from: 0, atOne))), false)
    }
    if try objective.value(atScale: 1 / coldest).slope <= 0 { return (coldest, true) }
    return (exp(-(try root(in: 0...(-log(coldest)), from: 0, atOne))), false)
  }

  private func minimumNearBestOfGrid() throws -> (temperature: Double, isAtBound: Bool) {
    var scales = (0..<20).map { Double(1 << $0) / hottest }
    var losses = try objective.losses(atDoublingsOf: scales[0], count: scales.count)
    let atColdest = try objective.value(atScale: 1 / coldest)
    scales.append(1 / coldest)
    losses.append(atColdest.loss)
    // Among equals the last, which is the coldest: where all rows are right, the bound.
    var best = 0
    for i in losses.indices where losses[i] <= losses[best] { best = i }
    let value = try objective.value(atScale: scales[best])
    if best == 0, value.slope >= 0 { return (hottest, true) }
    if best == scales.count - 1, value.slope <= 0 { return (coldest, true) }
    let neighbour = log(scales[value.slope > 0 ? best - 1 : best + 1])
    let start = log(scales[best])
    let bracket = min(neighbour, start)...max(neighbour, start)
    let found = try root(in: bracket, from: start, value)
    let isLower = try objective.value(atScale: exp(found)).loss <= value.loss
    return (isLower ? exp(-found) : 1 / scales[best], false)
  }

  /// The logarithm of the scale in `bracket` where the slope changes from falling to rising.
  ///
  /// Newton's step is taken where it stays in the bracket and is under half the step before; else
  /// the bracket is halved.
  private func root(
    in bracket: ClosedRange<Double>, from start: Double, _ first: Value
  ) throws -> Double {
    var (lower, upper, position) = (bracket.lowerBound, bracket.upperBound, start)
    var (step, value) = (upper - lower, first)
    while value.slope != 0 {
      if value.slope > 0 { upper = position } else { lower = position }
      let newton = -value.slope / (value.curvature * exp(position))
      let isSafe =
        abs(newton) < abs(step) / 2
        && lower <= position + newton && position + newton <= upper
      step = isSafe ? newton : (lower + upper) / 2 - position
      position += step
      if abs(step) < Self.tolerance { break }
      value = try objective.value(atScale: exp(position))
    }
    return position
  }
}
