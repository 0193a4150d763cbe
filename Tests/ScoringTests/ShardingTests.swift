import Scoring
import TestSupport
import Testing

/// Any shards, in any order, make the same figures.
struct ShardingTests {
  // Compensated sums of 600 terms up to 10.
  private static let rounding = 1e-12

  /// Logits in steps of a half, so that many confidences are tied, or in fine ones.
  private static func logits(quantum: Int) throws -> LabeledLogits {
    try Problem(
      seed: 50, labelSeed: 51, rows: 600, members: 2, classes: 8, exponent: -17, quantum: quantum
    ).draw()
  }

  private static func shards(_ count: Int, seed: UInt64) -> [[Int]] {
    var source = SplitMix(state: seed)
    let order = (0..<count).map { (source.next(), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    var shards: [[Int]] = []
    var rest = order[...]
    while !rest.isEmpty {
      let size = 1 + Int(source.next() % 200)
      shards.append(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    return shards
  }

  @Test(arguments: [0, 16], 1...5 as ClosedRange<UInt64>)
  func `figures do not depend on how rows are sharded`(quantum: Int, seed: UInt64) throws {
    let logits = try Self.logits(quantum: quantum)
    let scorer = Scorer(threadCount: 1)
    for predictor in [Predictor.ensemble, .ensembleProbabilities] {
      let whole = ScoreAccumulator(try scorer.rows(of: predictor, in: logits))
      let parts = try Self.shards(logits.rowCount, seed: seed).map(logits.selecting(rows:))
      var merged = ScoreAccumulator(classCount: logits.classCount)
      for part in parts {
        merged.merge(ScoreAccumulator(try scorer.rows(of: predictor, in: part)))
      }
      #expect(merged.figures[.thresholdedCalibrationError] == nil)
      var thresholded = ThresholdedCalibration(cutting: merged.classwise)
      for part in parts {
        try scorer.add(probabilitiesOf: predictor, in: part, to: &thresholded)
      }
      merged.complete(with: thresholded)
      Self.expectSame(merged, whole)
    }
  }

  private static func expectSame(_ merged: ScoreAccumulator, _ whole: ScoreAccumulator) {
    #expect(merged.count == whole.count)
    #expect(merged.accuracy == whole.accuracy)
    #expect(merged.classwise == whole.classwise)
    #expect(merged.failureDetection.ranking == whole.failureDetection.ranking)
    #expect(merged.reliability.bins.map(\.count) == whole.reliability.bins.map(\.count))
    #expect(merged.reliability.bins.map(\.rightCount) == whole.reliability.bins.map(\.rightCount))
    for metric in Metric.allCases {
      let (one, other) = (merged.figures[metric], whole.figures[metric])
      #expect((one == nil) == (other == nil), "\(metric)")
      guard let one, let other else { continue }
      if Self.countedMetrics.contains(metric) {
        #expect(one == other, "\(metric)")
      } else {
        expectClose(one, other, absolute: rounding * max(1, abs(other)), metric.rawValue)
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

  @Test func `keeping few probabilities at a time changes no bit`() throws {
    let logits = try Self.logits(quantum: 0)
    var frugal = Scorer(threadCount: 2)
    frugal.keptProbabilityLimit = 1
    let expected = try Scorer(threadCount: 1).rows(of: .ensemble, in: logits)
    #expect(expected.thresholdedCalibrationError != nil)
    #expect(try frugal.rows(of: .ensemble, in: logits) == expected)
  }

  @Test func `a thresholded error of other rows is not taken`() throws {
    let logits = try Self.logits(quantum: 0)
    let scorer = Scorer(threadCount: 1)
    var scores = ScoreAccumulator(try scorer.rows(of: .ensemble, in: logits))
    let figure = scores.figures[.thresholdedCalibrationError]
    var thresholded = ThresholdedCalibration(cutting: scores.classwise)
    try scorer.add(probabilitiesOf: .ensemble, in: logits, to: &thresholded)
    scores.complete(with: thresholded)
    #expect(scores.figures[.thresholdedCalibrationError] == figure)
    try scorer.add(
      probabilitiesOf: .ensemble, in: logits.selecting(rows: [0]), to: &thresholded)
    scores.complete(with: thresholded)
    #expect(scores.figures[.thresholdedCalibrationError] == nil)
  }

  @Test func `rows with confidences alone leave others no distribution, in any order`() throws {
    let logits = try Self.logits(quantum: 0)
    let scorer = Scorer(threadCount: 1)
    let fitted = try scorer.fit([.isotonic], on: logits)
    let map = fitted.maps(of: .isotonic, for: .ensemble)[0]
    let whole = try scorer.rows(of: .ensemble, in: logits)
    let alone = try scorer.rows(of: .ensemble, in: logits, calibration: map)
    for order in [[whole, alone], [alone, whole]] {
      var (added, merged) = (ScoreAccumulator(classCount: 8), ScoreAccumulator(classCount: 8))
      for scored in order {
        added.add(scored)
        merged.merge(ScoreAccumulator(scored))
      }
      for scores in [added, merged] {
        #expect(scores.count == 1200 && scores.figures[.calibrationError] != nil)
        for metric in Metric.allCases where !Calibration.isotonic.defines(metric) {
          #expect(scores.figures[metric] == nil, "\(metric)")
        }
      }
    }
  }

  @Test func `confidences alone leave undefined what looks at the other probabilities`() throws {
    let scored = try Scorer().rows(of: .ensemble, in: Self.logits(quantum: 0))
    var scores = ScoreAccumulator(classCount: 8, isConfidenceOnly: true)
    scores.add(scored.rows)
    let whole = ScoreAccumulator(scored).figures
    for metric in Metric.allCases {
      let isUndefined = [
        Metric.negativeLogLikelihood, .brierScore, .brierScorePerClass, .entropy,
        .classwiseCalibrationError, .thresholdedCalibrationError,
      ].contains(metric)
      #expect(scores.figures[metric] == (isUndefined ? nil : whole[metric]), "\(metric)")
    }
  }
}
