import Scoring
import TestSupport
import Testing

struct DiversityTests {
  /// The contingency of two members with one logit pair a row: right where the table says so.
  private static func contingency(_ rows: [(Bool, Bool)]) throws -> ErrorContingency {
    let values = rows.flatMap {
      [$0.0 ? 1 : 0, $0.0 ? 0 : 1, $0.1 ? 1 : 0, $0.1 ? 0 : 1] as [Float]
    }
    let logits = try LabeledLogits(
      values, memberCount: 2, classCount: 2, labels: rows.map { _ in 0 })
    let scorer = Scorer(threadCount: 1)
    return ErrorContingency(
      try scorer.rows(of: .member(0), in: logits).rows,
      try scorer.rows(of: .member(1), in: logits).rows)
  }

  @Test func `rows are counted by who is right`() throws {
    let counts = try Self.contingency([
      (true, true), (true, true), (true, true), (true, false), (true, false), (false, true),
      (false, false), (false, false),
    ])
    #expect(counts.bothRight == 3)
    #expect(counts.onlyFirstRight == 2)
    #expect(counts.onlySecondRight == 1)
    #expect(counts.bothWrong == 2)
    #expect(counts.ratioOfErrors == 1.5)
    #expect(counts.disagreement == 0.375)
    #expect(counts.doubleFault == 0.25)
    #expect(!counts.hasNoSharedError)
  }

  @Test func `without shared errors the ratio is twice the disagreement, and flagged`() throws {
    let counts = try Self.contingency([(true, true), (true, false), (false, true), (true, true)])
    #expect(counts.ratioOfErrors == 1)
    #expect(counts.hasNoSharedError)
    let allRight = try Self.contingency([(true, true)])
    #expect(allRight.ratioOfErrors == 0)
    #expect(allRight.hasNoSharedError)
  }

  @Test func `what only one margin of the table lacks is undefined`() throws {
    let counts = try Self.contingency([(true, true), (true, false)])
    #expect(counts.conditionalAccuracy == 0.5)
    #expect(counts.conditionalAccuracyMirror == 1)
    #expect(counts.qStatistic == nil)
    #expect(counts.correlation == nil)
    #expect(counts.chiSquare == nil)
    let opposite = try Self.contingency([(true, false), (false, true)])
    #expect(opposite.qStatistic == -1)
    #expect(opposite.correlation == -1)
    #expect(opposite.chiSquare == 2)
    #expect(opposite.conditionalAccuracy == 0)
  }

  @Test func `counts of a billion rows stay exact`() {
    let counts = ErrorContingency(
      bothRight: 3, onlyFirstRight: 2, onlySecondRight: 1, bothWrong: 2)
    // (3·2 − 2·1) / √(5·3 · 4·4) and (6 − 2) / (6 + 2).
    #expect(counts.correlation == 4 / 240.0.squareRoot())
    #expect(counts.qStatistic == 0.5)
    let many = ErrorContingency(
      bothRight: 3 << 27, onlyFirstRight: 2 << 27, onlySecondRight: 1 << 27, bothWrong: 2 << 27)
    #expect(many.count == 1 << 30)
    #expect(many.correlation == counts.correlation)
    #expect(many.qStatistic == counts.qStatistic)
  }

  @Test func `pairs come after their mean, in order, and one member has none`() throws {
    let scorer = Scorer(threadCount: 1)
    let three = try Problem(seed: 1, labelSeed: 2, rows: 50, members: 3, classes: 5).draw()
    let names = try scorer.score(three).diversity.map(\.pair.name)
    #expect(names == ["mean", "0-1", "0-2", "1-2"])
    let one = try Problem(seed: 1, labelSeed: 2, rows: 50, members: 1, classes: 5).draw()
    #expect(try scorer.score(one).diversity.isEmpty)
  }

  @Test func `any number of threads gives the same bits`() throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 5000, members: 3, classes: 10).draw()
    func values(_ threads: Int) throws -> [MetricValues<DiversityMetric>] {
      try Scorer(threadCount: threads).score(logits).diversity.map(\.values)
    }
    let single = try values(1)
    #expect(try values(2) == single)
    #expect(try values(3) == single)
  }

  @Test func `without rows every value is undefined`() {
    let none = DiversityAccumulator(memberCount: 3, classCount: 4).scores
    #expect(none.map(\.pair.name) == ["mean", "0-1", "0-2", "1-2"])
    for row in none {
      for metric in DiversityMetric.all { #expect(row.values[metric] == nil) }
    }
    #expect(DiversityAccumulator(memberCount: 1, classCount: 4).scores.isEmpty)
  }
}

/// Every value of diversity against DESlib, scikit-learn, SciPy, statsmodels and NumPy.
struct DiversityReferenceTests {
  struct Reference: Decodable, Sendable {
    let cells: [ReferenceCell]
    /// Each half at the temperatures of the other.
    let halves: ReferenceCell
  }

  private static let scorer = Scorer(threadCount: 2)

  @Test(arguments: try fixtureValue("diversity.json", as: Reference.self).cells)
  func `values are those of independent software`(reference: ReferenceCell) throws {
    let scores = try Self.scorer.score(reference.problem.draw())
    // Both sides work in Float64 on the same logits and sum at most 2000 · 12 terms.
    try Self.expectRows(scores.diversity, reference, relative: 1e-12)
  }

  @Test func `calibrated members are compared by their calibrated probabilities`() throws {
    let reference = try fixtureValue("diversity.json", as: Reference.self).halves
    let logits = try reference.problem.draw()
    let rows = Array(0..<reference.problem.rows)
    let halves = try CleanHalves(
      first: rows.filter { $0 % 2 == 0 }, second: rows.filter { $0 % 2 == 1 })
    let fitted = try Self.scorer.fit(
      [.temperature], on: logits, halves: halves, combination: .averaged)
    let scores = try #require(try Self.scorer.score(logits, with: fitted).first)
    // Both sides solve for T to a relative 1e-13 or better; the values hardly amplify that.
    try Self.expectRows(scores.diversity, reference, relative: 1e-11)
  }

  private static func expectRows(
    _ rows: [DiversityScores], _ reference: ReferenceCell, relative bound: Double
  ) throws {
    #expect(rows.map(\.pair.name).sorted() == reference.diversity.keys.sorted())
    for row in rows {
      let name = row.pair.name
      let expected = try #require(reference.diversity[name])
      expectValues(row.values, expected, relative: bound, "\(reference) \(name)")
      let gains = row.pair == .mean ? [] : [DiversityMetric.ensembleGain]
      #expect(
        Set(expected.keys).union(gains.map(\.name)).count == DiversityMetric.all.count)
      #expect(row.sampleCount == reference.problem.rows)
    }
  }
}
