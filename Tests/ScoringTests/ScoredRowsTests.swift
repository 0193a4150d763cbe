import Scoring
import TestSupport
import Testing

/// The scores of some rows, and the metrics that are computed from them.
struct ScoredRowsTests {
  // Compensated sums of 600 terms up to 10.
  private static let rounding = 1e-12

  /// Logits in steps of a half, so that many confidences are tied, or in fine ones.
  private static func logits(quantum: Int) throws -> LabeledLogits {
    try Problem(
      seed: 50, labelSeed: 51, rows: 600, members: 2, classes: 8, exponent: -17, quantum: quantum
    ).draw()
  }

  @Test func `a mean keeps what plain summation loses`() {
    var mean = RunningMean()
    #expect(mean.value == nil)
    for number in [1, 1e100, 1, -1e100] { mean.add(number) }
    #expect(mean.value == 0.5)
  }

  @Test func `merged means are the mean of all`() {
    var (first, second) = (RunningMean(), RunningMean())
    for number in [1e16, 1, 1] { first.add(number) }
    for number in [-1e16, 1] { second.add(number) }
    first.merge(second)
    #expect(first.count == 5)
    #expect(first.sum == 3)
  }

  @Test func `a mean of values is undefined where one is`() {
    var (first, second) = (MetricValues<Metric>(), MetricValues<Metric>())
    first[.accuracy] = 0.5
    second[.accuracy] = 1
    first[.entropy] = 2
    let mean = MetricValues.mean([first, second])
    #expect(mean[.accuracy] == 0.75)
    #expect(mean[.entropy] == nil)
    #expect(MetricValues.mean([second, first])[.entropy] == nil)
  }

  @Test func `without rows every metric is undefined`() {
    let none = ScoredRows([], classCount: 10).values()
    for metric in Metric.all { #expect(none[metric] == nil) }
  }

  @Test func `rows without class probabilities have all other metrics`() throws {
    let scored = try Scorer(threadCount: 1).rows(of: .ensemble, in: Self.logits(quantum: 0))
    let alone = ScoredRows(scored.rows, classCount: 8)
    let needClasses: Set<Metric> = [.classwiseCalibrationError, .thresholdedCalibrationError]
    for metric in Metric.all {
      let expected = needClasses.contains(metric) ? nil : scored.values()[metric]
      #expect(alone.values()[metric] == expected, "\(metric)")
      #expect(alone.values(of: [metric])[metric] == expected, "\(metric)")
    }
  }

  @Test(arguments: [0, 16], 1...5 as ClosedRange<UInt64>)
  func `values do not depend on the order of rows`(quantum: Int, seed: UInt64) throws {
    let logits = try Self.logits(quantum: quantum)
    var source = SeededGenerator(seed: seed)
    let order = (0..<600).map { (source.next(), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    let scorer = Scorer(threadCount: 1)
    for predictor in [Predictor.ensemble, .ensembleProbabilities] {
      let rows = try scorer.rows(of: predictor, in: logits)
      let shuffled = try scorer.rows(of: predictor, in: logits.selecting(rows: order))
      #expect(shuffled.classwise == rows.classwise)
      #expect(ConfidenceRanking(shuffled.rows) == ConfidenceRanking(rows.rows))
      let (values, expected) = (shuffled.values(), rows.values())
      for metric in Metric.all {
        guard !Self.countedMetrics.contains(metric), let value = expected[metric] else {
          #expect(values[metric] == expected[metric], "\(metric)")
          continue
        }
        expectClose(
          values[metric] ?? .nan, value, absolute: Self.rounding * max(1, abs(value)), metric.name)
      }
    }
  }

  /// What comes from counts and from the ranking, and is the same to the bit.
  private static let countedMetrics: Set<Metric> = [
    .accuracy, .topFiveAccuracy, .adaptiveCalibrationError, .classwiseCalibrationError,
    .thresholdedCalibrationError, .smoothCalibrationError, .misclassificationAUROC,
    .errorAveragePrecision, .successAveragePrecision, .falsePositiveRateAt95, .riskCoverageArea,
    .excessRiskCoverageArea, .generalizedRiskCoverageArea,
  ]

  /// Logits in 0...`width`, of which narrow ones give probabilities that crowd in one slice of a class.
  @Test(arguments: [0, 1e-7, 1e-4, 9], [1, 500, 2000])
  func `keeping few probabilities at a time changes no bit`(width: Float, limit: Int) throws {
    var source = SeededGenerator(seed: 52)
    let logits = try LabeledLogits(
      (0..<600 * 8).map { _ in Float(source.next() >> 40) * 0x1p-24 * width }, memberCount: 1,
      classCount: 8, labels: (0..<600).map { _ in Int(source.next() % 8) })
    var frugal = Scorer(threadCount: 2)
    frugal.keptProbabilityLimit = limit
    let expected = try Scorer(threadCount: 1).rows(of: .ensemble, in: logits)
    #expect(expected.thresholdedCalibrationError != nil)
    #expect(try frugal.rows(of: .ensemble, in: logits) == expected)
  }

  @Test func `confidences alone leave undefined what looks at the other probabilities`() throws {
    let scored = try Scorer().rows(of: .ensemble, in: Self.logits(quantum: 0))
    let alone = ScoredRows(scored.rows, classCount: 8, isConfidenceOnly: true).values()
    let whole = scored.values()
    for metric in Metric.all {
      let isUndefined = [
        Metric.negativeLogLikelihood, .brierScore, .brierScorePerClass, .entropy,
        .classwiseCalibrationError, .thresholdedCalibrationError,
      ].contains(metric)
      #expect(alone[metric] == (isUndefined ? nil : whole[metric]), "\(metric)")
    }
  }
}
