import Foundation
import Scoring
import TestSupport
import Testing

struct SmoothCalibrationTests {
  private static func error(_ rows: [(Double, Bool)]) throws -> Double {
    let ranking = ConfidenceRanking(rows.map { (confidence: $0.0, isRight: $0.1) })
    return try #require(ranking.smoothCalibrationError)
  }

  @Test func `residuals of one sign do not cancel`() throws {
    let rows = (0..<50).map { (0.5 + Double($0) / 100, false) }
    // Mean confidence, in 50 roundings below 1.
    expectClose(try Self.error(rows), 0.745, absolute: 1e-14)
    #expect(try Self.error([(1, true), (0, false)]) == 0)
    #expect(try Self.error([(1, false)]) == 1)
  }

  /// ∫ |r_σ| of two opposite residuals ±w at 1/2 ± d, far from the ends: 2w·(2Φ(d/σ) − 1).
  @Test(arguments: [0.0005, 0.002, 0.01])
  func `two opposite residuals have a closed form`(distance: Double) throws {
    let (low, high) = (0.5 - distance, 0.5 + distance)
    // At `low` everything is wrong, at `high` right: n·low = m·(1 − high) for n = m.
    let rows = (0..<200).map { $0 % 2 == 0 ? (low, false) : (high, true) }
    let weight = low / 2
    let value = try Self.error(rows)
    let integral = 2 * weight * erf(distance / (value * 2.0.squareRoot()))
    // The documented error; the ends are eight bandwidths away.
    expectClose(value, integral, absolute: 1e-8)
  }

  @Test(arguments: [100, 50_000])
  func `it equals its bandwidth, by direct sums`(count: Int) throws {
    var source = SeededGenerator(seed: 9)
    let rows = (0..<count).map { _ in
      let confidence = (source.nextUnit() * 500).rounded() / 500
      return (confidence, source.nextUnit() < confidence * confidence)
    }
    let value = try Self.error(rows)
    var residuals = [Double](repeating: 0, count: 501)
    for (confidence, isRight) in rows {
      residuals[Int((confidence * 500).rounded())] +=
        (confidence - (isRight ? 1 : 0)) / Double(count)
    }
    let steps = 20_000
    let density = (0...steps).map { step in
      let t = Double(step) / Double(steps)
      return residuals.indices.reduce(0.0) { sum, i in
        let x = Double(i) / 500
        return sum + residuals[i]
          * [x, -x, 2 - x].reduce(0) { $0 + exp(-pow((t - $1) / value, 2) / 2) }
      } / (value * (2 * Double.pi).squareRoot())
    }
    let sum = density.reduce(-(abs(density[0]) + abs(density[steps])) / 2) { $0 + abs($1) }
    // The trapezoidal rule errs by a few (1/20000)² where the density changes its sign.
    expectClose(value, sum / Double(steps), absolute: 2e-8)
  }
}
