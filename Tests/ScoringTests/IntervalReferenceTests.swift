import Scoring
import TestSupport
import Testing

/// Intervals of calibration errors, losses and figures that are asked for against NumPy and SciPy.
struct IntervalReferenceTests {
  struct Reference: Decodable, Sendable {
    struct Share: Decodable, Sendable {
      let successes: Double
      let count: Double
      let tail: Double
      let interval: [Double]
    }
    struct Deviation: Decodable, Sendable {
      let count: Int
      let probability: Double
      let value: Double
    }
    struct Rows: Decodable, Sendable {
      let problem: Problem
      let calibration: String
      let bins: Int
      let norm: String
      let draws: Int
      let seed: UInt64
      /// The image of each row; nil for one row of each.
      let images: [Int]?
      /// By metric its value, and the ends of its interval.
      let intervals: [String: [Double]]
    }

    let clopperPearson: [Share]
    let deviations: [Deviation]
    let cells: [Rows]
  }

  private static let reference = Result { try fixtureValue("intervals.json", as: Reference.self) }

  @Test func `exact intervals of shares are SciPy's`() throws {
    for expected in try Self.reference.get().clopperPearson {
      let interval = Interval.clopperPearson(
        successes: expected.successes, count: expected.count, tail: expected.tail)
      // Of 100,000 trials the logarithms of gamma functions reach 1e6, and their rounding is 1e-10 of a
      // probability; the density of the share is some 100 there.
      expectClose(
        [interval.low, interval.high], expected.interval, absolute: 1e-12,
        "\(expected.successes) of \(expected.count)")
    }
  }

  @Test func `deviations of binomial numbers are sums over SciPy's probabilities`() throws {
    for expected in try Self.reference.get().deviations {
      let n = Double(expected.count)
      let bin = ClassErrors.Bin(
        count: expected.count, labelCount: 0, excess: n * expected.probability)
      let errors = ClassErrors(ofClass: [bin])
      // SciPy's probabilities have some 1e-13 of rounding, relative to each; a mean of n·p rounded at
      // n has n · 2⁻⁵³.
      expectClose(
        errors.chanceMean, expected.value, absolute: 1e-12 * expected.value + n * 0x1p-50,
        "\(expected.count), \(expected.probability)")
    }
  }

  @Test func `intervals are NumPy's`() throws {
    for expected in try Self.reference.get().cells {
      let norm = try #require(Binning.Norm(rawValue: expected.norm))
      let metrics =
        Metric.all + [MetricGroup.selective, .decompositions].flatMap(\.metrics)
      let scorer = Scorer(
        threadCount: 2, metrics: metrics, binning: Binning(count: expected.bins, norm: norm))
      let logits = try expected.problem.draw()
      let bootstrap = try Bootstrap(
        imageCount: (expected.images?.max()).map { $0 + 1 } ?? logits.rowCount,
        drawCount: expected.draws, seed: expected.seed, threadCount: 2)
      let calibration = try #require(Calibration(name: expected.calibration))
      let scores = try #require(
        try scorer.score(logits, with: scorer.fit([calibration], on: logits)).first)
      let spreads = try #require(
        try scorer.resample(scores, of: logits, images: expected.images, by: bootstrap)[
          scores.predictors[0].predictor])
      let values = scores.predictors[0].values
      for (name, numbers) in expected.intervals {
        let metric = try #require(metrics.first { $0.name == name })
        let value = try #require(values[metric])
        let interval = try #require(spreads[metric]).interval(around: value)
        // Temperatures agree to some 1e-10; the smooth error is known to 1e-8 alone.
        expectClose(
          [value, interval.low, interval.high], numbers,
          absolute: metric == .smoothCalibrationError ? 1e-7 : 1e-9,
          "\(expected.problem) \(expected.calibration) \(expected.images == nil) \(name)")
      }
      let named = Set(expected.intervals.keys)
      let all: [Metric] =
        Bootstrap.calibrationErrors
        + [
          .classwiseCalibrationError, .thresholdedCalibrationError, .refinementLoss,
          .calibrationLoss,
        ] + MetricGroup.all.flatMap(\.metrics)
      for metric in all where !named.contains(metric.name) {
        #expect(spreads[metric] == nil, "\(metric.name)")
      }
    }
  }
}
