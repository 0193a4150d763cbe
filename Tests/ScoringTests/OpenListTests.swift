import Foundation
import Scoring
import TestSupport
import Testing

/// Calibrations and metrics that only these tests have are fitted, scored and resampled by the
/// scorer that production uses.
struct OpenListTests {
  /// Confidences halfway to the accuracy on the rows that were fitted.
  private struct ShrinkingCalibrator: Calibrator {
    let name = "shrinking"
    let output = CalibratedOutput.confidence

    func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
      .confidence(Shrinking(center: Accuracy(try rows.scores(of: predictor)).value ?? 0))
    }
  }

  private struct Shrinking: ConfidenceMap {
    let center: Double

    func value(at confidence: Double) -> Double { (confidence + center) / 2 }
  }

  /// The logarithms of the classes' shares of the labels, added to logits that have the fitted
  /// temperature; for `ensemble`.
  private struct PriorCalibrator: Calibrator {
    let name = "prior"
    let output = CalibratedOutput.distribution

    func applies(to predictor: Predictor, memberCount: Int) -> Bool { predictor == .ensemble }

    func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
      let temperature = try rows.map(by: TemperatureCalibrator(), for: predictor).temperature ?? 1
      let shares = (0..<rows.logits.classCount).map { label in
        Double(rows.logits.labels.count { $0 == label } + 1) / Double(rows.logits.rowCount)
      }
      return .logits(Prior(temperature: temperature, logShares: shares.map { log($0) }))
    }
  }

  private struct Prior: LogitMap {
    let temperature: Double
    let logShares: [Double]  // [K]

    var classCount: Int { logShares.count }

    func apply(to logits: UnsafeMutableBufferPointer<Double>) {
      for i in logits.indices {
        logits[i] = logits[i] / temperature + logShares[i % logShares.count]
      }
    }
  }

  /// Logits divided by 2, whatever the rows.
  private struct HalvingCalibrator: Calibrator {
    let name = "halving"
    let output = CalibratedOutput.distribution
    let fitting = CalibrationFitting.nothing

    func fit(_ predictor: Predictor, on rows: FittingRows) -> CalibrationMap { .temperature(2) }
  }

  private static let shrinking = Calibration(ShrinkingCalibrator())
  private static let prior = Calibration(PriorCalibrator())

  /// The share of rows whose confidence is above 0.7.
  private static let sureness = Metric(
    "sureness", of: .rows(needsDistribution: false) { rows in share(rows.map(sure)) },
    better: .none
  ) { row, _ in sure(row) }

  /// The largest loss of a row.
  private static let worstLoss = Metric(
    "worst_loss", of: .rows(needsDistribution: true) { $0.map(\.negativeLogLikelihood).max() })

  private static func sure(_ row: RowScore) -> Double { row.confidence > 0.7 ? 1 : 0 }

  private static func share(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  private static let calibrations = Calibration.all + [shrinking, prior]
  private static let scorer = Scorer(
    threadCount: 2, calibrations: calibrations, metrics: Metric.all + [sureness, worstLoss])

  private static func logits() throws -> LabeledLogits {
    try Problem(seed: 1, labelSeed: 2, rows: 101, members: 2, classes: 5, exponent: -16).draw()
  }

  @Test func `rows of added calibrations come last, and change no other row`() throws {
    let logits = try Self.logits()
    let scores = try Self.scorer.score(
      logits, with: Self.scorer.fit([Self.prior, Self.shrinking] + Calibration.all, on: logits))
    #expect(scores.map(\.calibration) == Self.calibrations)
    let plain = Scorer(threadCount: 1)
    let expected = try plain.score(logits, with: plain.fit(Calibration.all, on: logits))
    for (scores, expected) in zip(scores, expected) {
      #expect(scores.predictors.map(\.predictor) == expected.predictors.map(\.predictor))
      for (row, expected) in zip(scores.predictors, expected.predictors) {
        for metric in Metric.all { #expect(row.values[metric] == expected.values[metric]) }
      }
    }
    #expect(scores.last?.predictors.map(\.predictor) == [.ensemble])
    #expect(throws: ScoringError.unknownCalibration("prior")) {
      try plain.fit([Self.prior], on: logits)
    }
  }

  @Test func `an added calibration of confidences scores each half by the other`() throws {
    let logits = try Self.logits()
    let fitted = try Self.scorer.fit([Self.shrinking], on: logits)
    let scores = try Self.scorer.score(logits, with: fitted)[0]
    for row in scores.predictors where row.predictor != .membersMean {
      let rows = try Self.scorer.rowScores(of: row.predictor, in: logits)
      let halves = try CleanHalves(rowCount: 101).rows.map { half in half.map { rows[$0] } }
      let sure = zip(halves, halves.reversed()).flatMap { scored, fitted in
        let center = Accuracy(fitted).value ?? 0
        return scored.map { ($0.confidence + center) / 2 > 0.7 ? 1.0 : 0 }
      }
      #expect(row.values[Self.sureness] == Self.share(sure))
      #expect(row.values[.accuracy] != nil)
      // It needs the distribution, of which nothing is left.
      #expect(row.values[Self.worstLoss] == nil && row.values[.negativeLogLikelihood] == nil)
    }
  }

  @Test func `an added calibration of logits builds on another's fit`() throws {
    let logits = try Self.logits()
    let fitted = try Self.scorer.fit([.temperature, Self.prior], onValidationSet: logits)
    let temperature = try #require(fitted.maps(of: .temperature, for: .ensemble)[0].temperature)
    let row = try Self.scorer.score(logits, with: fitted)[1].predictors[0]
    let losses = (0..<101).map { n -> Double in
      let weights = (0..<5).map { c -> Double in
        let mean = (Double(logits.values[10 * n + c]) + Double(logits.values[10 * n + 5 + c])) / 2
        return exp(mean / temperature) * Double(logits.labels.count { $0 == c } + 1)
      }
      return -log(weights[logits.labels[n]] / weights.reduce(0, +))
    }
    // Sums and quotients of five exponentials below e²⁰, then 101 losses.
    expectClose(
      try #require(row.values[.negativeLogLikelihood]), losses.reduce(0, +) / 101, absolute: 1e-13)
    expectClose(
      try #require(row.values[Self.worstLoss]), try #require(losses.max()), absolute: 1e-13)
  }

  @Test func `an added metric that is a mean has a distribution`() throws {
    let logits = try Self.logits()
    let scores = try Self.scorer.score(logits)
    let draws = try Bootstrap(imageCount: 101, drawCount: 20)
    let distributions = try Self.scorer.resample(scores, of: logits, by: draws)
    let rows = try Self.scorer.rowScores(of: .ensemble, in: logits)
    let expected = try draws.distribution { images in
      Self.share(images.map { Self.sure(rows[$0]) })
    }
    // Quotients of counts.
    expectClose(
      try #require(distributions[.ensemble]?[Self.sureness]?.distribution).values,
      try #require(expected).values, absolute: 1e-15)
    #expect(distributions[.ensemble]?[Self.worstLoss] == nil)
    #expect(distributions[.ensemble]?[.accuracy] != nil)
  }

  @Test func `an added calibration that fits nothing acts on the rows that are scored`() throws {
    let logits = try Self.logits()
    let halving = Calibration(HalvingCalibrator())
    let scorer = Scorer(threadCount: 2, calibrations: [.none, halving])
    let scores = try scorer.score(logits, with: scorer.fit([.none, halving], on: logits))
    let halved = try LabeledLogits(
      logits.values.map { $0 / 2 }, memberCount: 2, classCount: 5, labels: logits.labels)
    let expected = try scorer.score(halved)
    for (row, expected) in zip(scores[1].predictors, expected.predictors) {
      // Halves of Float32 are exact.
      for metric in Metric.all { #expect(row.values[metric] == expected.values[metric]) }
    }
    #expect(scores[1].predictors[0].temperature == 2)
    #expect(try scores[0].predictors.map(\.values) == scorer.score(logits).predictors.map(\.values))
  }

  @Test func `metrics that are no means have no distributions`() throws {
    let logits = try Self.logits()
    let scorer = Scorer(threadCount: 1, metrics: [.accuracy])
    let draws = try Bootstrap(imageCount: 101, drawCount: 5)
    let fitted = try scorer.fit([.temperature], on: logits)
    let distributions = try scorer.resample(
      scorer.score(logits, with: fitted)[0], of: logits, by: draws)
    #expect(distributions[.ensemble]?.keys.map(\.name) == ["accuracy"])
  }

  @Test func `a scorer of few metrics computes those alone`() throws {
    let logits = try Self.logits()
    let few = Scorer(threadCount: 2, metrics: [.accuracy, Self.sureness])
    let (rows, whole) = (try few.score(logits), try Self.scorer.score(logits))
    for (row, expected) in zip(rows.predictors, whole.predictors) {
      for metric in Metric.all {
        #expect(row.values[metric] == (metric == .accuracy ? expected.values[metric] : nil))
      }
      #expect(row.values[Self.sureness] == expected.values[Self.sureness])
    }
  }
}
