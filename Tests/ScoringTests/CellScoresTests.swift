import Scoring
import TestSupport
import Testing

struct CellScoresTests {
  struct Reference: Decodable, Sendable {
    struct Cell: Decodable, Sendable {
      struct Values: Decodable, Sendable {
        let predictors: [String: [String: Double?]]
        let diversity: [String: [String: Double?]]
      }

      let problem: Problem
      /// Of all rows together.
      let pooled: Values
      /// Means of the halves' numbers.
      let predictors: [String: [String: Double?]]
      let diversity: [String: [String: Double?]]

      func values(_ combination: FoldCombination) -> Values {
        switch combination {
        case .pooled: pooled
        case .averaged: Values(predictors: predictors, diversity: diversity)
        }
      }
    }

    let cells: [Cell]
    /// The mean of the two halves' temperatures.
    let temperatures: [String: Double]
  }

  private static let scorer = Scorer(threadCount: 2)

  // Both sides solve for T to a relative 1e-13 or better; the metrics hardly amplify that.
  private static let relativeError = 1e-11

  @Test(arguments: [FoldCombination.pooled, .averaged])
  func `each half is scored at the temperature of the other`(
    combination: FoldCombination
  ) throws {
    let reference = try fixtureValue("halves.json", as: Reference.self)
    let fitted = try Self.scorer.fit(
      [.temperature], on: reference.cells[0].problem.draw(), combination: combination)
    for cell in reference.cells {
      let expected = cell.values(combination)
      let scores = try Self.scorer.score(cell.problem.draw(), with: fitted)[0]
      #expect(scores.calibration == .temperature)
      #expect(
        scores.predictors.map(\.predictor.fixtureName).sorted() == expected.predictors.keys.sorted()
      )
      for row in scores.predictors {
        let name = row.predictor.fixtureName
        let temperature = try #require(reference.temperatures[name])
        expectClose(
          row.temperature ?? .nan, temperature, absolute: Self.relativeError * temperature, name)
        expectValues(
          row.values, try #require(expected.predictors[name]), relative: Self.relativeError, name)
        #expect(row.sampleCount == 401)
        #expect(!row.isTemperatureAtBound)
      }
      for row in scores.diversity {
        expectValues(
          row.values, try #require(expected.diversity[row.pair.name]),
          relative: Self.relativeError, row.pair.name)
        #expect(row.sampleCount == 401)
      }
    }
  }

  @Test(arguments: [FoldCombination.pooled, .averaged], 1...6)
  func `reliability tables add up to the calibration error beside them`(
    combination: FoldCombination, seed: Int
  ) throws {
    let logits = try Problem(
      seed: UInt64(seed), labelSeed: 2, rows: 100 + seed, members: 2, classes: 5
    ).draw()
    let fitted = try Self.scorer.fit(
      [.none, .temperature, .isotonic], on: logits, combination: combination)
    for row in try Self.scorer.score(logits, with: fitted).flatMap(\.predictors) {
      guard row.predictor != .membersMean else {
        #expect(row.reliability.isEmpty)
        continue
      }
      #expect(row.reliability.count == (combination == .pooled ? 1 : 2))
      #expect(row.reliability.reduce(0) { $0 + $1.count } == logits.rowCount)
      let errors = row.reliability.compactMap(\.expectedCalibrationError)
      // Both are sums of the same 15 or 30 terms.
      expectClose(
        row.values[.calibrationError] ?? .nan,
        errors.reduce(0, +) / Double(row.reliability.count), absolute: 1e-15)
    }
  }

  @Test func `uncalibrated rows are of the same rows as what stands beside them`() throws {
    let logits = try Problem(seed: 5, labelSeed: 6, rows: 300, members: 2, classes: 5).draw()
    let halves = try CleanHalves(rowCount: 300).rows.map { try logits.selecting(rows: $0.sorted()) }
    let expected = try MetricValues.mean(
      halves.map { try Self.scorer.score($0).predictors[0].values })
    let averaged = try Self.scorer.score(
      logits, with: Self.scorer.fit([.none], on: logits, combination: .averaged))
    #expect(averaged[0].predictors[0].values == expected)
    let pooled = try Self.scorer.score(logits, with: Self.scorer.fit([.none], on: logits))
    #expect(pooled[0].predictors[0].values == (try Self.scorer.score(logits).predictors[0].values))
  }

  @Test func `a fit that changes nothing gives the numbers without calibration`() throws {
    let logits = try Problem(seed: 7, labelSeed: 8, rows: 200, members: 2, classes: 4).draw()
    let scored = try Self.scorer.rowScores(
      of: .ensemble, in: logits,
      calibrations: RowCalibrations(
        [.temperature(1), .temperature(1)], scoring: CleanHalves(rowCount: 200).rows,
        rowCount: 200))
    #expect(scored == (try Self.scorer.rowScores(of: .ensemble, in: logits)))
  }

  @Test func `one member has the row network alone`() throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 50, members: 1, classes: 5).draw()
    let fitted = try Self.scorer.fit([.temperature], on: logits)
    #expect(try Self.scorer.score(logits).predictors.map(\.predictor) == [.network])
    #expect(
      try Self.scorer.score(logits, with: fitted)[0].predictors.map(\.predictor) == [.network])
  }

  @Test func `a metric that one half lacks is undefined where halves are averaged`() throws {
    // Row 0 is wrong, so the second half is all right and has no area under its curve.
    let logits = try LabeledLogits(
      [0, 1, 1, 0, 1, 0, 1, 0], memberCount: 1, classCount: 2, labels: [0, 0, 0, 0])
    let fitted = try Self.scorer.fit(
      [.temperature], on: logits, halves: CleanHalves(first: [0, 1], second: [2, 3]),
      combination: .averaged)
    let row = try Self.scorer.score(logits, with: fitted)[0].predictors[0]
    #expect(row.values[.misclassificationAUROC] == nil)
    #expect(row.values[.accuracy] == 0.75)
    #expect(row.isTemperatureAtBound)
    #expect(try Self.scorer.score(logits).predictors[0].values[.misclassificationAUROC] != nil)
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

  @Test func `any number of threads gives the same bits`() throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 5000, members: 2, classes: 10).draw()
    func numbers(_ threads: Int) throws -> [[Double?]] {
      let scorer = Scorer(threadCount: threads)
      let fitted = try scorer.fit([.none, .temperature], on: logits)
      return try scorer.score(logits, with: fitted).flatMap { scores in
        scores.predictors.map { row in
          [row.temperature] + Metric.all.map { row.values[$0] }
        }
      }
    }
    let single = try numbers(1)
    #expect(try numbers(2) == single)
    #expect(try numbers(3) == single)
  }
}
