import Foundation
import Scoring
import TestSupport
import Testing

struct StatisticsTests {
  @Test func `Wilson's interval ends at 0 and 1 where the share does`() throws {
    let none = try #require(Interval.wilson(successes: 0, count: 50))
    let all = try #require(Interval.wilson(successes: 50, count: 50))
    #expect(none.low == 0)
    #expect(all.high == 1)
    // z²/(n + z²) with z = Φ⁻¹(0.975), to 30 digits 1.95996398454005423552459443052.
    let square = 1.95996398454005423552 * 1.95996398454005423552
    expectClose(none.high, square / (50 + square), absolute: 1e-15)
    expectClose(all.low, 1 - square / (50 + square), absolute: 1e-15)
    #expect(Interval.wilson(successes: 0, count: 0) == nil)
  }

  @Test func `Wilson's interval holds the shares that the score test accepts`() throws {
    // At its ends (share − p)² = z² p(1 − p)/n.
    for successes in [1, 17, 60, 99] {
      let interval = try #require(Interval.wilson(successes: successes, count: 100))
      for p in [interval.low, interval.high] {
        let score = (Double(successes) / 100 - p) / (p * (1 - p) / 100).squareRoot()
        // Cancellation in the share − p costs two digits.
        expectClose(abs(score), 1.959963984540054, absolute: 1e-12)
      }
    }
  }

  @Test(arguments: 0...40)
  func `McNemar's p-value sums the binomial distribution`(count: Int) {
    let coefficients = (0..<count).reduce(into: [1.0]) {
      $0.append($0[$1] * Double(count - $1) / Double($1 + 1))
    }
    for first in 0...count {
      let test = McNemarTest(onlyFirstRight: first, onlySecondRight: count - first)
      let tail = coefficients[...min(first, count - first)].reduce(0, +)
      let expected = min(1, 2 * tail / pow(2, Double(count)))
      // Coefficients up to C(40, 20) are whole numbers below 2^38, exact but for their ratios here.
      expectClose(test.pValue, expected, absolute: 1e-14 * expected)
    }
  }

  @Test func `McNemar's test counts who alone is right`() throws {
    let logits = try Problem(seed: 2, labelSeed: 102, rows: 300, members: 2, classes: 10).draw()
    let scorer = Scorer(threadCount: 1)
    let counts = ErrorContingency(
      try scorer.rows(of: .member(0), in: logits).rows,
      try scorer.rows(of: .member(1), in: logits).rows)
    let test = McNemarTest(counts)
    #expect(test.onlyFirstRight == counts.onlyFirstRight)
    #expect(test.onlySecondRight == counts.onlySecondRight)
    #expect(McNemarTest(onlyFirstRight: 0, onlySecondRight: 0).pValue == 1)
  }

  @Test func `a p-value too small for a number is 0, in little time`() {
    #expect(McNemarTest(onlyFirstRight: 0, onlySecondRight: 1_000_000_000).pValue == 0)
    #expect(McNemarTest(onlyFirstRight: 500_000_000, onlySecondRight: 500_000_000).pValue == 1)
  }

  @Test func `corrected p-values keep their order and never exceed 1`() {
    #expect(HolmCorrection.adjusted([]) == [])
    #expect(HolmCorrection.adjusted([0.25, 0.5, 0.0625]) == [0.5, 0.5, 0.1875])
    #expect(HolmCorrection.adjusted([0.75, 0.5]) == [1, 1])
  }

  @Test func `the p-value of a difference counts both sides and one more`() throws {
    func pValue(_ values: [Double]) throws -> Double {
      try #require(BootstrapDistribution(values)).pValue
    }
    #expect(try pValue([1, 2, 3]) == 0.5)
    #expect(try pValue([1, -2, 3, 4, 5, 6, 7]) == 0.5)
    #expect(try pValue([0, 0, 0]) == 1)
    #expect(try pValue([Double](repeating: -1, count: 999)) == 0.002)
  }

  @Test func `a distribution with an undefined draw is none`() throws {
    #expect(BootstrapDistribution([]) == nil)
    #expect(BootstrapDistribution([1, nil]) == nil)
    let (first, second) = (BootstrapDistribution([1, 2]), BootstrapDistribution([3, 6]))
    #expect(BootstrapDistribution.mean(of: [first, second])?.values == [2, 4])
    #expect(BootstrapDistribution.mean(of: [first, nil]) == nil)
    #expect(BootstrapDistribution.mean(of: [nil, first]) == nil)
    #expect(BootstrapDistribution.mean(of: []) == nil)
    #expect(try (#require(second) - #require(first)).values == [2, 4])
  }
}

/// Intervals and tests against statsmodels and NumPy.
struct StatisticsReferenceTests {
  struct Reference: Decodable, Sendable {
    struct Wilson: Decodable, Sendable {
      let successes: Int
      let count: Int
      let confidence: Double
      let interval: [Double]
    }
    struct McNemar: Decodable, Sendable {
      let counts: [Int]
      let p: Double
    }
    struct Holm: Decodable, Sendable {
      let values: [Double]
      let adjusted: [Double]
    }
    struct Percentile: Decodable, Sendable {
      let values: [Double]
      let confidence: Double
      let interval: [Double]
    }

    let wilson: [Wilson]
    let mcnemar: [McNemar]
    let holm: [Holm]
    let percentile: [Percentile]
  }

  private static let reference = Result { try fixtureValue("statistics.json", as: Reference.self) }

  @Test func `Wilson's interval is statsmodels'`() throws {
    for expected in try Self.reference.get().wilson {
      let interval = try #require(
        Interval.wilson(
          successes: expected.successes, count: expected.count, confidence: expected.confidence))
      // A dozen roundings of numbers at most N, divided by N.
      expectClose([interval.low, interval.high], expected.interval, absolute: 1e-14)
    }
  }

  @Test func `McNemar's exact test is statsmodels'`() throws {
    for expected in try Self.reference.get().mcnemar {
      let test = McNemarTest(
        onlyFirstRight: expected.counts[0], onlySecondRight: expected.counts[1])
      // Each coefficient is a product of at most some 10,000 rounded ratios that is not yet 0.
      expectClose(test.pValue, expected.p, absolute: 1e-11 * expected.p, "\(expected.counts)")
    }
  }

  @Test func `Holm's correction is statsmodels'`() throws {
    for expected in try Self.reference.get().holm {
      // One product each.
      expectClose(
        HolmCorrection.adjusted(expected.values), expected.adjusted, absolute: 0x1p-53)
    }
  }

  @Test func `percentiles are NumPy's`() throws {
    for expected in try Self.reference.get().percentile {
      let distribution = try #require(BootstrapDistribution(expected.values))
      let interval = distribution.interval(confidence: expected.confidence)
      // An interpolation of numbers below 9 at positions below 1000, each rounded a few times.
      expectClose([interval.low, interval.high], expected.interval, absolute: 1e-12)
    }
  }
}
