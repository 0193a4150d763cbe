import Scoring
import TestSupport
import Testing

struct DiversityAccumulatorTests {
  @Test(arguments: [1, 100, 299])
  func `cells merge into the figures of all rows`(cut: Int) throws {
    let scorer = Scorer(threadCount: 1)
    let logits = try Problem(seed: 2, labelSeed: 102, rows: 300, members: 3, classes: 10).draw()
    var tally = try scorer.tally(logits.selecting(rows: Array(cut..<300)))
    try tally.merge(scorer.tally(logits.selecting(rows: Array(0..<cut))))
    let whole = try scorer.score(logits).diversity
    for (merged, whole) in zip(tally.scores.diversity, whole) {
      #expect(merged.sampleCount == 300)
      for figure in DiversityFigure.allCases {
        guard Self.sums.contains(figure), let value = whole.figures[figure] else {
          #expect(merged.figures[figure] == whole.figures[figure])
          continue
        }
        // Compensated sums of 300 terms below 8 differ by a rounding or two.
        expectClose(merged.figures[figure] ?? .nan, value, absolute: 4e-16, figure.rawValue)
      }
    }
  }

  private static let sums: Set<DiversityFigure> = [
    .divergence, .cosine, .jensenShannon, .mutualInformation,
  ]

  @Test func `any number of threads gives the same bits`() throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 5000, members: 3, classes: 10).draw()
    func figures(_ threads: Int) throws -> [Figures<DiversityFigure>] {
      try Scorer(threadCount: threads).score(logits).diversity.map(\.figures)
    }
    let single = try figures(1)
    #expect(try figures(2) == single)
    #expect(try figures(3) == single)
  }

  @Test func `without rows every figure is undefined`() {
    let none = DiversityAccumulator(memberCount: 3, classCount: 4).scores
    #expect(none.map(\.pair.name) == ["mean", "0-1", "0-2", "1-2"])
    for row in none {
      for figure in DiversityFigure.allCases { #expect(row.figures[figure] == nil) }
    }
    #expect(DiversityAccumulator(memberCount: 1, classCount: 4).scores.isEmpty)
  }
}
