import Foundation
import Scoring
import TestSupport
import Testing

struct ClassScoreTests {
  private struct Reference: Decodable {
    struct OfClass: Decodable {
      let samples: Int
      let accuracy, precision, nll, brier, share: Double?
      let ece: Double
      let confused: Int?
    }

    struct OfPredictor: Decodable {
      let classes: [OfClass]
      let balanced: Double
    }

    let problem: Problem
    let predictors: [String: OfPredictor]
  }

  @Test func `scores of classes are scikit-learn's and NumPy's`() throws {
    let references = try fixtureValue("classes.json", as: [Reference].self)
    #expect(references.count == 5)
    for reference in references {
      let scores = try Self.scorer(threadCount: 2).score(try reference.problem.draw())
      for (predictor, found) in scores.classes {
        let name = predictor == .network ? "ensemble" : predictor.name
        let expected = try #require(reference.predictors[name])
        #expect(found.count == expected.classes.count)
        for (mine, its) in zip(found, expected.classes) {
          let place = "\(reference.problem) \(name) \(mine.index)"
          #expect(mine.sampleCount == its.samples && mine.confusion?.predicted == its.confused)
          let pairs = [
            (mine.accuracy, its.accuracy), (mine.precision, its.precision),
            (mine.negativeLogLikelihood, its.nll), (mine.brierScore, its.brier),
            (mine.calibrationError, its.ece), (mine.confusion?.share, its.share),
          ]
          for (found, expected) in pairs {
            #expect((found == nil) == (expected == nil), "\(place)")
            // Means of at most 300 numbers of size 1.
            if let found, let expected { expectClose(found, expected, absolute: 1e-12, "\(place)") }
          }
        }
        expectClose(
          try #require(found.balancedAccuracy), expected.balanced, absolute: 1e-12, name)
      }
    }
  }

  @Test(arguments: [FoldCombination.pooled, .averaged])
  func `classes add up to the metrics of the cell`(combination: FoldCombination) throws {
    let problem = Problem(seed: 31, labelSeed: 32, rows: 2100, members: 2, classes: 9)
    let (logits, scorer) = (try problem.draw(), Self.scorer(threadCount: 3))
    let fitted = try scorer.fit(
      [.none, .temperature, .isotonic], on: logits, combination: combination)
    for scores in try scorer.score(logits, with: fitted) {
      for (predictor, classes) in scores.classes {
        let row = try #require(scores.predictors.first { $0.predictor == predictor })
        #expect(classes.reduce(0) { $0 + $1.sampleCount } == 2100)
        func weighted(_ value: (ClassScore) -> Double?) -> Double? {
          let parts = classes.compactMap { score in
            value(score).map { $0 * Double(score.sampleCount) / 2100 }
          }
          return parts.isEmpty ? nil : parts.reduce(0, +)
        }
        let errors = classes.compactMap(\.calibrationError)
        let pairs: [(Double?, Metric)] = [
          (weighted(\.accuracy), .accuracy),
          (weighted(\.negativeLogLikelihood), .negativeLogLikelihood),
          (weighted(\.brierScore), .brierScore),
          (errors.isEmpty ? nil : errors.reduce(0, +) / 9, .classwiseCalibrationError),
        ]
        for (found, metric) in pairs {
          let expected = row.values[metric]
          #expect((found == nil) == (expected == nil), "\(metric.name)")
          // Sums in another order; both halves have 1050 rows.
          if let found, let expected { expectClose(found, expected, absolute: 1e-12, metric.name) }
        }
      }
    }
  }

  @Test func `one row of a thousand classes, on any number of threads`() throws {
    let logits = try Problem(seed: 3, labelSeed: 4, rows: 1, members: 2, classes: 1000).draw()
    let first = try Self.scorer(threadCount: 1).score(logits).classes.map(\.classes)
    let second = try Self.scorer(threadCount: 4).score(logits).classes.map(\.classes)
    #expect(first == second && first[0].count == 1000)
    #expect(first[0].count { $0.sampleCount == 1 } == 1)
    #expect(first[0].worstAccuracy == nil)
  }

  @Test func `classes that are counted in groups have the same scores`() throws {
    let logits = try Problem(seed: 5, labelSeed: 6, rows: 300, members: 2, classes: 40).draw()
    var scorer = Self.scorer(threadCount: 2)
    let together = try scorer.score(logits).classes.map(\.classes)
    scorer.classCountMemoryLimit = 1
    let apart = try scorer.score(logits).classes.map(\.classes)
    #expect(together == apart && together[0].count == 40)
  }

  private static func scorer(threadCount: Int) -> Scorer {
    var scorer = Scorer(threadCount: threadCount)
    scorer.scoresClasses = true
    return scorer
  }
}

extension CellScores {
  fileprivate var classes: [(predictor: Predictor, classes: [ClassScore])] {
    predictors.compactMap { row in row.classes.map { (row.predictor, $0) } }
  }
}
