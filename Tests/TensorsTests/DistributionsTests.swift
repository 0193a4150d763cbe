import Foundation
import Tensors
import TestSupport
import Testing

struct DistributionsTests {
  static let count = 100_000
  /// By the inequality of Dvoretzky, Kiefer and Wolfowitz, a sample of the distribution deviates
  /// this far once in 10⁹ tests.
  static let largestDeviation = (log(2e9) / Double(2 * count)).squareRoot()

  struct Reference: Decodable {
    struct Distribution: Decodable {
      let parameters: [Double]
      let percentiles: [Double]
    }
    let gamma: [Distribution]
    let beta: [Distribution]
  }

  static func reference() throws -> Reference {
    try fixtureValue("distributions.json")
  }

  static func expectSample(_ sample: [Double], follows percentiles: [Double], _ name: String) {
    let shares = percentiles.map { limit in
      Double(sample.count { $0 <= limit }) / Double(sample.count)
    }
    expectClose(shares, (1...99).map { Double($0) / 100 }, absolute: largestDeviation, name)
  }

  @Test func `gamma variates follow the percentiles of SciPy`() throws {
    for distribution in try Self.reference().gamma {
      var stream = RandomStream(seed: 1, purpose: "gamma")
      let sample = (0..<Self.count).map { _ in stream.gamma(shape: distribution.parameters[0]) }
      Self.expectSample(sample, follows: distribution.percentiles, "\(distribution.parameters)")
    }
  }

  @Test func `beta variates follow the percentiles of SciPy`() throws {
    for distribution in try Self.reference().beta {
      let (first, second) = (distribution.parameters[0], distribution.parameters[1])
      var stream = RandomStream(seed: 2, purpose: "beta")
      let sample = (0..<Self.count).map { _ in stream.beta(first, second) }
      Self.expectSample(sample, follows: distribution.percentiles, "\(distribution.parameters)")
    }
  }

  @Test func `a part of three Dirichlet parts follows the beta distribution`() throws {
    let beta = try #require(Self.reference().beta.first { $0.parameters == [2, 4] })
    var stream = RandomStream(seed: 3, purpose: "dirichlet")
    let sample = (0..<Self.count).map { _ in stream.dirichlet([2, 2, 2]) }
    for part in 0..<3 {
      Self.expectSample(sample.map { $0[part] }, follows: beta.percentiles, "part \(part)")
    }
    // Three roundings of a number near 1.
    #expect(sample.allSatisfy { abs($0.reduce(0, +) - 1) < 3 * 0x1p-52 })
  }

  @Test(arguments: [Double.leastNonzeroMagnitude, 1e-3, 1e300])
  func `extreme concentrations give proportions`(concentration: Double) {
    var stream = RandomStream(seed: 4, purpose: "extreme")
    for _ in 0..<100 {
      let parts = stream.dirichlet([concentration, concentration])
      #expect(parts.allSatisfy { (0...1).contains($0) })
      expectClose(parts[0] + parts[1], 1, absolute: 0x1p-51)  // two roundings
    }
  }
}

struct PoissonTests {
  /// A rate and its distribution, from SciPy; see `Fixtures/poisson.py`.
  struct Reference: Decodable {
    let rate: Double
    let ends: [Int]
    let probabilities: [Double]
    let critical: Double

    static func all() throws -> [Reference] {
      try fixtureValue("poisson.json")
    }
  }

  static let count = 200_000

  static func draws(_ rate: Double) -> [Int] {
    var stream = RandomStream(seed: 11, purpose: "poisson")
    return (0..<count).map { _ in stream.nextPoisson(rate: rate) }
  }

  @Test func `frequencies agree with SciPy's probabilities`() throws {
    for reference in try Reference.all() {
      var frequencies = [Int](repeating: 0, count: reference.probabilities.count)
      for draw in Self.draws(reference.rate) {
        frequencies[reference.ends.firstIndex { draw <= $0 } ?? reference.ends.count] += 1
      }
      // Pearson's chi-square.
      let statistic = zip(frequencies, reference.probabilities).reduce(0) { sum, entry in
        let expected = entry.1 * Double(Self.count)
        return sum + (Double(entry.0) - expected) * (Double(entry.0) - expected) / expected
      }
      #expect(statistic < reference.critical, "rate \(reference.rate)")
    }
  }

  @Test(arguments: [0.01, 0.5, 3, 9.99, 10, 12.3, 50, 250, 500])
  func `mean and variance are the rate`(rate: Double) {
    let draws = Self.draws(rate).map(Double.init)
    let count = Double(Self.count)
    let mean = draws.reduce(0, +) / count
    let variance = draws.reduce(0) { $0 + ($1 - rate) * ($1 - rate) } / count
    // Five standard errors: the variance of (x − rate)² is rate + 2 rate².
    expectClose(mean, rate, absolute: 5 * (rate / count).squareRoot())
    expectClose(
      variance, rate, absolute: 5 * ((rate + 2 * rate * rate) / count).squareRoot())
  }

  @Test func `a rate of zero gives zero`() {
    #expect(Self.draws(0).allSatisfy { $0 == 0 })
  }
}
