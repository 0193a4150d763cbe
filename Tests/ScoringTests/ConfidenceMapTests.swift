import Scoring
import TestSupport
import Testing

/// Isotonic regression and histogram binning of top-label confidences.
struct ConfidenceMapTests {
  struct Reference: Decodable, Sendable, CustomStringConvertible {
    let problem: Problem
    let asked: [Double]
    let isotonic: [Double]
    let histogram: [Double]

    var description: String { problem.description }
  }

  private typealias Row = (confidence: Double, isRight: Bool)

  private static func rows(_ problem: Problem) throws -> [Row] {
    try Scorer(threadCount: 1).rows(of: .ensemble, in: problem.draw()).rows
      .map { ($0.confidence, $0.isRight) }
  }

  private static func binning(_ rows: [Row]) -> HistogramBinning {
    var table = ReliabilityTable()
    for row in rows { table.add(confidence: row.confidence, isRight: row.isRight) }
    return HistogramBinning(table)
  }

  @Test(arguments: try fixtureValue("curves.json", as: [Reference].self))
  func `curves are scikit-learn's, bins NumPy's`(reference: Reference) throws {
    let rows = try Self.rows(reference.problem)
    let (regression, binning) = (IsotonicRegression(rows), Self.binning(rows))
    // Confidences of both sides differ by a few roundings, and the steepest slope is below 1e4.
    expectClose(reference.asked.map(regression.value), reference.isotonic, absolute: 1e-11)
    // Shares of counts.
    expectClose(reference.asked.map(binning.value), reference.histogram, absolute: 1e-15)
  }

  @Test func `falling accuracies are pooled`() {
    // (0.2: wrong) (0.4: right) (0.6: wrong) (0.8: right): the middle two fall.
    let curve = IsotonicRegression([(0.2, false), (0.4, true), (0.6, false), (0.8, true)])
    #expect(curve.confidences == [0.2, 0.4, 0.6, 0.8])
    #expect(curve.accuracies == [0, 0.5, 0.5, 1])
    #expect(curve.value(at: 0.1) == 0)
    #expect(curve.value(at: 0.5) == 0.5)
    #expect(curve.value(at: 0.9) == 1)
    // Halfway between two blocks, by one division and one product.
    expectClose(curve.value(at: 0.3), 0.25, absolute: 1e-15)
  }

  @Test func `the curve never falls and fits best among rising ones`() throws {
    for seed in UInt64(0)..<30 {
      let problem = Problem(seed: seed, labelSeed: 50 + seed, rows: 9, members: 1, classes: 3)
      let rows = try Self.rows(problem)
      let curve = IsotonicRegression(rows)
      #expect(zip(curve.accuracies, curve.accuracies.dropFirst()).allSatisfy { $0 <= $1 })
      let sorted = rows.sorted { $0.confidence < $1.confidence }
      let best = Self.bestRisingError(sorted.map { $0.isRight ? 1.0 : 0 })
      let error = sorted.reduce(0) {
        let miss = curve.value(at: $1.confidence) - ($1.isRight ? 1 : 0)
        return $0 + miss * miss
      }
      // Nine squares below 1.
      expectClose(error, best, absolute: 1e-14)
    }
  }

  /// The least squared error of a rising sequence, over all ways to cut it into blocks of means.
  private static func bestRisingError(_ values: [Double]) -> Double {
    var best = Double.infinity
    for cuts in 0..<(1 << (values.count - 1)) {
      var blocks: [[Double]] = [[]]
      for (i, value) in values.enumerated() {
        blocks[blocks.count - 1].append(value)
        if i < values.count - 1, cuts >> i & 1 == 1 { blocks.append([]) }
      }
      let means = blocks.map { $0.reduce(0, +) / Double($0.count) }
      guard zip(means, means.dropFirst()).allSatisfy({ $0 <= $1 }) else { continue }
      let error = zip(blocks, means).reduce(0) { sum, block in
        sum + block.0.reduce(0) { $0 + ($1 - block.1) * ($1 - block.1) }
      }
      best = min(best, error)
    }
    return best
  }

  @Test func `the order of rows does not matter, ties included`() throws {
    var problem = Problem(seed: 1, labelSeed: 2, rows: 300, members: 1, classes: 3)
    (problem.quantum, problem.skill) = (18, 8)
    let rows = try Self.rows(problem)
    #expect(Set(rows.map(\.confidence)).count < 200)
    for shuffled in [rows.reversed(), rows.sorted { $0.isRight && !$1.isRight }] {
      #expect(IsotonicRegression(shuffled) == IsotonicRegression(rows))
      let asked = stride(from: 0, through: 1, by: 0.01)
      #expect(asked.map(Self.binning(shuffled).value) == asked.map(Self.binning(rows).value))
    }
  }

  @Test func `an empty bin keeps its confidence, edges belong to the bin below`() {
    let binning = Self.binning([
      (0, true), (1.0 / 15, false), (1, true), (14.5 / 15, true),
    ])
    #expect(binning.value(at: 0) == 0.5)
    #expect(binning.value(at: 1.0 / 15) == 0.5)
    #expect(binning.value(at: (1.0 / 15).nextUp) == (1.0 / 15).nextUp)
    #expect(binning.value(at: 14.0 / 15) == 14.0 / 15)
    #expect(binning.value(at: 1) == 1)
  }

  @Test func `without rows nothing changes`() {
    #expect(IsotonicRegression([]).value(at: 0.3) == 0.3)
    #expect(Self.binning([]).value(at: 0.3) == 0.3)
  }

  @Test(arguments: [Calibration.isotonic, .histogram])
  func `predicted classes stay, and what needs a distribution is undefined`(
    calibration: Calibration
  ) throws {
    let scorer = Scorer(threadCount: 2)
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 90, members: 2, classes: 5).draw()
    let plain = try scorer.score(logits)
    let scores = try scorer.score(logits, with: scorer.fit([calibration], onValidationSet: logits))
    for (row, before) in zip(scores[0].predictors, plain.predictors) {
      #expect(row.values[.accuracy] == before.values[.accuracy])
      #expect(row.values[.topFiveAccuracy] == before.values[.topFiveAccuracy])
      let undefined: [Metric] = [
        .negativeLogLikelihood, .brierScore, .brierScorePerClass, .classwiseCalibrationError,
        .thresholdedCalibrationError, .entropy, .calibrationLoss, .refinementLoss,
      ]
      #expect(undefined.allSatisfy { row.values[$0] == nil })
      // On the rows that were fitted confidence is as high as accuracy: of 90 values below 1.
      expectClose(row.values[.overconfidence] ?? .nan, 0, absolute: 1e-15)
    }
  }
}
