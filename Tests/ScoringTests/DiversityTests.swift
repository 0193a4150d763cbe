import Scoring
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

  @Test func `counts of a billion rows stay exact`() throws {
    var counts = try Self.contingency([
      (true, true), (true, true), (true, true), (true, false), (true, false), (false, true),
      (false, false), (false, false),
    ])
    let (correlation, q) = (counts.correlation, counts.qStatistic)
    // (3·2 − 2·1) / √(5·3 · 4·4) and (6 − 2) / (6 + 2).
    #expect(correlation == 4 / 240.0.squareRoot())
    #expect(q == 0.5)
    for _ in 0..<27 { counts.merge(counts) }
    #expect(counts.count == 1 << 30)
    #expect(counts.correlation == correlation)
    #expect(counts.qStatistic == q)
  }

  @Test func `without rows every figure is undefined`() {
    let none = ErrorContingency()
    for figure in DiversityFigure.allCases { #expect(none.figures[figure] == nil) }
    #expect(!none.hasNoSharedError)
  }

  @Test func `merged counts add up`() throws {
    var first = try Self.contingency([(true, true), (true, false)])
    first.merge(try Self.contingency([(false, false), (false, true)]))
    #expect(
      first
        == (try Self.contingency([(true, true), (true, false), (false, true), (false, false)])))
  }

  @Test func `pairs come after their mean, in order, and one member has none`() throws {
    let scorer = Scorer(threadCount: 1)
    let three = try Problem(seed: 1, labelSeed: 2, rows: 50, members: 3, classes: 5).draw()
    let names = try scorer.score(three).diversity.map(\.pair.name)
    #expect(names == ["mean", "0-1", "0-2", "1-2"])
    let one = try Problem(seed: 1, labelSeed: 2, rows: 50, members: 1, classes: 5).draw()
    #expect(try scorer.score(one).diversity.isEmpty)
  }
}
