import Foundation
import Scoring
import TestSupport
import Testing

struct SelectivePredictionTests {
  private struct Reference: Decodable {
    let problem: Problem
    let predictors: [String: [String: Double]]
  }

  private static let added = MetricGroup.all.flatMap(\.metrics)

  @Test func `selective metrics and decompositions are those of other software`() throws {
    let references = try fixtureValue("parts.json", as: [Reference].self)
    #expect(references.count == 7)
    let scorer = Scorer(threadCount: 2, metrics: Metric.all + Self.added)
    for reference in references {
      let scores = try scorer.score(reference.problem.draw())
      for row in scores.predictors where row.predictor != .membersMean {
        let name = row.predictor == .network ? "ensemble" : row.predictor.name
        for (metric, expected) in try #require(reference.predictors[name]) {
          let known = try #require(Self.added.first { $0.name == metric })
          let found = try #require(row.values[known], "\(metric)")
          // Means of at most 400 numbers.
          expectClose(
            found, expected, absolute: 1e-11, "\(reference.problem) \(name) \(metric)")
        }
      }
    }
  }

  @Test func `columns have these names`() {
    #expect(
      Self.added.map(\.name) == [
        "risk_at_80", "risk_at_90", "coverage_at_risk_1", "coverage_at_risk_5", "brier_mcb",
        "brier_dsc", "brier_unc", "log_mcb", "log_dsc", "log_unc", "cross_entropy_soft", "kl_soft",
        "brier_soft", "tv_soft", "entropy_correlation",
      ])
    #expect(Set(Self.added.map(\.name)).isDisjoint(with: Metric.all.map(\.name)))
  }

  @Test func `tied rows are answered in any order, of which the mean is taken`() {
    // Ten rows of one confidence, two of them wrong: a risk of 0.2 at any coverage.
    let flat = ConfidenceRanking((0..<10).map { (confidence: 0.7, isRight: $0 >= 2) })
    #expect(flat.risk(atCoveragePercent: 80) == 0.2 && flat.risk(atCoveragePercent: 1) == 0.2)
    #expect(flat.coverage(atRiskPercent: 19) == 0 && flat.coverage(atRiskPercent: 20) == 1)
    // Nine right rows, then two tied ones of which one is wrong: the second at ½ in 10, 1 in 11.
    let mixed = ConfidenceRanking(
      (0..<11).map { (confidence: $0 < 9 ? 0.9 : 0.5, isRight: $0 != 10) })
    #expect(mixed.coverage(atRiskPercent: 5) == 10.0 / 11)
    #expect(mixed.risk(atCoveragePercent: 90) == 0.05)
    #expect(
      ConfidenceRanking([(confidence: Double, isRight: Bool)]()).risk(atCoveragePercent: 80) == nil)
  }

  @Test(arguments: UInt64(0)..<20)
  func `a wider coverage at a higher risk, and whole numbers decide`(seed: UInt64) {
    var source = SeededGenerator(seed: seed)
    let count = 1 + Int(source.next() % 200)
    let ranking = ConfidenceRanking(
      (0..<count).map { _ in
        (confidence: Double(source.next() % 16) / 16, isRight: source.next() % 8 > 0)
      })
    var last = 0.0
    for percent in 1...100 {
      let coverage = ranking.coverage(atRiskPercent: percent) ?? -1
      #expect(coverage >= last)
      last = coverage
    }
    #expect(last == 1)
  }

  @Test(arguments: ScoreDecomposition.Score.allCases, UInt64(0)..<12)
  func `the parts add up to the score`(score: ScoreDecomposition.Score, seed: UInt64) throws {
    var source = SeededGenerator(seed: seed)
    let count = [1, 2, 30, 2000][Int(seed % 4)]
    let rows = (0..<count).map { _ in
      (
        confidence: Double(1 + source.next() % 1023) / 1024,
        isRight: source.next() % 1024 < 200 + 60 * seed
      )
    }
    let parts = try #require(ScoreDecomposition(score, rows))
    let direct =
      rows.map { row -> Double in
        let likelihood = row.isRight ? row.confidence : 1 - row.confidence
        return score == .brier ? (1 - likelihood) * (1 - likelihood) : -log(likelihood)
      }.reduce(0, +) / Double(count)
    // Sums of 2000 numbers of size 1, in two orders.
    expectClose(parts.score, direct, absolute: 1e-12, "score")
    expectClose(
      parts.miscalibration - parts.discrimination + parts.uncertainty, direct, absolute: 1e-12,
      "sum")
    // Both are optima over what contains the other: at least 0 but for rounding.
    #expect(parts.miscalibration > -1e-15 && parts.discrimination > -1e-15)
    let turned = ScoreDecomposition(score, rows.reversed())
    expectClose(try #require(turned).miscalibration, parts.miscalibration, absolute: 1e-14, "order")
  }

  @Test func `scores that are infinite have no parts, and certain right rows have`() throws {
    #expect(ScoreDecomposition(.log, [(1, false), (0.5, true)]) == nil)
    #expect(ScoreDecomposition(.log, [(0, true)]) == nil)
    #expect(ScoreDecomposition(.brier, []) == nil)
    let brier = try #require(ScoreDecomposition(.brier, [(1, false), (1, true)]))
    #expect(brier.uncertainty == 0.25 && brier.miscalibration == 0.25 && brier.discrimination == 0)
    let log = try #require(ScoreDecomposition(.log, [(1, true), (0, false)]))
    #expect(log.score == 0 && log.miscalibration == 0)
    #expect(log.discrimination == log.uncertainty && log.uncertainty == Foundation.log(2))
  }

  @Test func `the band holds the curve of calibrated rows, and not that of others`() {
    var source = SeededGenerator(seed: 4)
    let confidences = (0..<4000).map { _ in 0.3 + 0.7 * source.nextUnit() }
    func outside(_ power: Double) -> Int {
      let rows = confidences.map { confidence in
        (confidence: confidence, isRight: source.nextUnit() < pow(confidence, power))
      }
      return ReliabilityCurve(rows).points.count { point in
        point.band.map { !$0.contains(point.accuracy) } ?? true
      }
    }
    // Of 50 points 5 are expected outside, in runs of neighbors.
    #expect(outside(1) < 20 && outside(2) > 40)
    #expect(ReliabilityCurve([]).points.isEmpty)
    #expect(ReliabilityCurve([(0.5, true)]).points.count == 1)
  }
}
