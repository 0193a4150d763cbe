import Scoring
import TestSupport
import Testing

/// Every figure of diversity against DESlib, scikit-learn, SciPy, statsmodels and NumPy.
struct DiversityReferenceTests {
  struct Reference: Decodable, Sendable {
    let cells: [ReferenceCell]
    /// Each half at the temperatures of the other.
    let halves: ReferenceCell
  }

  private static let scorer = Scorer(threadCount: 2)

  @Test(arguments: try fixture("diversity", as: Reference.self).cells)
  func `figures are those of independent software`(reference: ReferenceCell) throws {
    let scores = try Self.scorer.score(reference.problem.draw())
    // Both sides work in Float64 on the same logits and sum at most 2000 · 12 terms.
    try Self.expectRows(scores.diversity, reference, relative: 1e-12)
  }

  @Test func `calibrated members are compared by their calibrated probabilities`() throws {
    let reference = try fixture("diversity", as: Reference.self).halves
    let logits = try reference.problem.draw()
    let rows = Array(0..<reference.problem.rows)
    let halves = try CleanHalves(
      first: rows.filter { $0 % 2 == 0 }, second: rows.filter { $0 % 2 == 1 })
    let fitted = try Self.scorer.fit([.temperature], on: logits, halves: halves)
    let scores = try #require(try Self.scorer.score(logits, with: fitted).first)
    // Both sides solve for T to a relative 1e-13 or better; the figures hardly amplify that.
    try Self.expectRows(scores.diversity, reference, relative: 1e-11)
  }

  private static func expectRows(
    _ rows: [DiversityScores], _ reference: ReferenceCell, relative bound: Double
  ) throws {
    #expect(rows.map(\.pair.name).sorted() == reference.diversity.keys.sorted())
    for row in rows {
      let name = row.pair.name
      let expected = try #require(reference.diversity[name])
      expectFigures(row.figures, expected, relative: bound, "\(reference) \(name)")
      let gains = row.pair == .mean ? [] : [DiversityFigure.ensembleGain]
      #expect(
        Set(expected.keys).union(gains.map(\.rawValue)).count == DiversityFigure.allCases.count)
      #expect(row.sampleCount == reference.problem.rows)
    }
  }
}
