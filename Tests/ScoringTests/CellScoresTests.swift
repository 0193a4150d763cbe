import Scoring
import TestSupport
import Testing

struct CellScoresTests {
  struct Reference: Decodable, Sendable {
    let cells: [ReferenceCell]
    /// The mean of the two halves' temperatures.
    let temperatures: [String: Double]
  }

  private static let scorer = Scorer(threadCount: 2)

  // Both sides solve for T to a relative 1e-13 or better; the metrics hardly amplify that.
  private static let relativeError = 1e-11

  @Test func `each half is scored at the temperature of the other`() throws {
    let reference = try fixture("halves", as: Reference.self)
    let fitted = try Self.scorer.fit([.temperature], on: reference.cells[0].problem.draw())
    for cell in reference.cells {
      let scores = try Self.scorer.score(cell.problem.draw(), with: fitted)[0]
      #expect(scores.calibration == .temperature)
      #expect(scores.predictors.map(\.predictor.name).sorted() == cell.predictors.keys.sorted())
      for row in scores.predictors {
        let name = row.predictor.name
        let temperature = try #require(reference.temperatures[name])
        expectClose(
          row.temperature ?? .nan, temperature, absolute: Self.relativeError * temperature, name)
        expectFigures(
          row.figures, try #require(cell.predictors[name]), relative: Self.relativeError, name)
        #expect(row.sampleCount == 401)
        #expect(!row.isTemperatureAtBound)
      }
      for row in scores.diversity {
        expectFigures(
          row.figures, try #require(cell.diversity[row.pair.name]), relative: Self.relativeError,
          row.pair.name)
        #expect(row.sampleCount == 401)
      }
    }
  }

  @Test func `the reliability table of two halves counts every row`() throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 101, members: 2, classes: 5).draw()
    let fitted = try Self.scorer.fit([.temperature], on: logits)
    for row in try Self.scorer.score(logits, with: fitted)[0].predictors {
      guard row.predictor != .membersMean else {
        #expect(row.reliability == nil)
        continue
      }
      let table = try #require(row.reliability)
      #expect(table.count == 101)
      let right = table.bins.reduce(0) { $0 + $1.rightCount }
      let scored = try Self.scorer.rows(of: row.predictor, in: logits).rows
      let isPooled = row.predictor == .ensembleProbabilities
      #expect(isPooled || right == scored.count { $0.isRight })
    }
  }

  @Test func `one member has the row ensemble alone`() throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 50, members: 1, classes: 5).draw()
    let fitted = try Self.scorer.fit([.temperature], on: logits)
    #expect(try Self.scorer.score(logits).predictors.map(\.predictor) == [.ensemble])
    #expect(
      try Self.scorer.score(logits, with: fitted)[0].predictors.map(\.predictor) == [.ensemble])
  }

  @Test func `a metric that one half lacks is undefined`() throws {
    // Row 0 is wrong, so the second half is all right and has no area under its curve.
    let logits = try LabeledLogits(
      [0, 1, 1, 0, 1, 0, 1, 0], memberCount: 1, classCount: 2, labels: [0, 0, 0, 0])
    let fitted = try Self.scorer.fit(
      [.temperature], on: logits, halves: CleanHalves(first: [0, 1], second: [2, 3]))
    let row = try Self.scorer.score(logits, with: fitted)[0].predictors[0]
    #expect(row.figures[.misclassificationAUROC] == nil)
    #expect(row.figures[.accuracy] == 0.75)
    #expect(row.isTemperatureAtBound)
    #expect(try Self.scorer.score(logits).predictors[0].figures[.misclassificationAUROC] != nil)
  }

  @Test func `cells of other images are refused`() throws {
    let problem = Problem(seed: 1, labelSeed: 2, rows: 40, members: 2, classes: 5)
    let clean = try problem.draw()
    let fitted = try Self.scorer.fit([.temperature], on: clean)
    let fewer = try clean.selecting(rows: Array(0..<39))
    #expect(throws: ScoringError.otherShape(expected: [40, 2, 5], found: [39, 2, 5])) {
      try Self.scorer.score(fewer, with: fitted)
    }
    var labels = clean.labels
    labels[7] = (labels[7] + 1) % 5
    let other = try LabeledLogits(clean.values, memberCount: 2, classCount: 5, labels: labels)
    #expect(
      throws: ScoringError.otherLabel(row: 7, expected: clean.labels[7], found: labels[7])
    ) {
      try Self.scorer.score(other, with: fitted)
    }
    #expect(throws: ScoringError.halvesOfOtherRows(expected: 40, found: 39)) {
      try Self.scorer.fit([.temperature], on: clean, halves: CleanHalves(rowCount: 39))
    }
  }

  @Test func `tallies of two cells merge into the scores of their rows together`() throws {
    let first = try Problem(seed: 1, labelSeed: 2, rows: 40, members: 2, classes: 5).draw()
    let second = try Problem(seed: 3, labelSeed: 4, rows: 30, members: 2, classes: 5).draw()
    let both = try LabeledLogits(
      first.values + second.values, memberCount: 2, classCount: 5,
      labels: first.labels + second.labels)
    var tally = try Self.scorer.tally(first)
    try tally.merge(Self.scorer.tally(second))
    let expected = try Self.scorer.score(both)
    for (pooled, whole) in zip(tally.scores.predictors, expected.predictors) {
      #expect(pooled.sampleCount == 70)
      // One temperature for both cells would take all their logits at once, the thresholded error a
      // second pass over all rows.
      let ofWhole: [Metric] = [.calibrationLoss, .refinementLoss, .thresholdedCalibrationError]
      #expect(ofWhole.allSatisfy { pooled.figures[$0] == nil && whole.figures[$0] != nil })
      for metric in Metric.allCases
      where whole.figures[metric] != nil && !ofWhole.contains(metric) {
        // Compensated sums of 70 terms below 8, grouped otherwise.
        expectClose(
          pooled.figures[metric] ?? .nan, whole.figures[metric] ?? .nan, absolute: 4e-16)
      }
    }
    for (pooled, whole) in zip(tally.scores.diversity, expected.diversity) {
      #expect(pooled.figures == whole.figures)
    }
    let fitted = try Self.scorer.fit([.temperature], on: first)
    #expect(throws: ScoringError.self) {
      try tally.merge(Self.scorer.tally(first, under: .temperature, with: fitted))
    }
  }

  @Test func `any number of threads gives the same bits`() throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 5000, members: 2, classes: 10).draw()
    func numbers(_ threads: Int) throws -> [[Double?]] {
      let scorer = Scorer(threadCount: threads)
      let fitted = try scorer.fit([.none, .temperature], on: logits)
      return try scorer.score(logits, with: fitted).flatMap { scores in
        scores.predictors.map { row in
          [row.temperature] + Metric.allCases.map { row.figures[$0] }
        }
      }
    }
    let single = try numbers(1)
    #expect(try numbers(2) == single)
    #expect(try numbers(3) == single)
  }
}
