import Scoring
import TestSupport
import Testing

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

  private static let reference = Result { try fixture("statistics", as: Reference.self) }

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
