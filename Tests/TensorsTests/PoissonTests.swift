import Foundation
import Tensors
import TestSupport
import Testing

struct PoissonTests {
  /// A rate and its distribution, from SciPy; see `Fixtures/poisson.py`.
  struct Reference: Decodable {
    let rate: Double
    let ends: [Int]
    let probabilities: [Double]
    let critical: Double

    static func all() throws -> [Reference] {
      let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/poisson.json")
      return try JSONDecoder().decode([Reference].self, from: Data(contentsOf: file))
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

  @Test func `a rate of nought gives nought`() {
    #expect(Self.draws(0).allSatisfy { $0 == 0 })
  }
}
