import Foundation
import Scoring
import TestSupport
import Testing

struct PredictionSetTests {
  private struct Reference: Decodable {
    struct OfKind: Decodable {
      let thresholds: [Double?]
      let coverage, sizeMean, sizeMedian, empty, singleton: Double
      let coverageSingleton, worstClassCoverage: Double?
      let worstClass: Int?
      let sizes: [Int]

      enum CodingKeys: String, CodingKey {
        case thresholds, coverage, empty, singleton, sizes
        case sizeMean = "size_mean"
        case sizeMedian = "size_median"
        case coverageSingleton = "coverage_singleton"
        case worstClass = "worst_class"
        case worstClassCoverage = "worst_class_coverage"
      }
    }

    let problem: Problem
    let sets: [String: OfKind]
  }

  private static let kinds = SetKind.all(alphas: [0.1, 0.05])

  private static func sets(
    _ logits: LabeledLogits, _ predictor: Predictor, threads: Int = 2,
    _ kinds: [SetKind] = kinds
  ) throws -> [PredictionSets] {
    let scorer = Scorer(threadCount: threads)
    let halves = try CleanHalves(rowCount: logits.rowCount)
    let fitted = try scorer.fitSets(kinds, on: logits, halves: [halves])
    return try scorer.sets(of: predictor, in: logits, by: fitted)
  }

  @Test func `sets are NumPy's, and those of lac and aps MAPIE's`() throws {
    let references = try fixtureValue("sets.json", as: [Reference].self)
    #expect(references.count == 6)
    for reference in references {
      let logits = try reference.problem.draw()
      for predictor in Predictor.predicting(memberCount: logits.memberCount) {
        for set in try Self.sets(logits, predictor) {
          let name = predictor == .network ? "ensemble" : predictor.name
          let key = "\(name)/\(set.kind.method.rawValue)/\(set.kind.alpha)"
          let expected = try #require(reference.sets[key])
          let place = "\(reference.problem) \(key)"
          #expect(set.sizes.map(Int.init) == expected.sizes, "\(place)")
          for (found, expected) in zip(set.thresholds, expected.thresholds) {
            guard let expected else {
              #expect(found == .infinity, "\(place)")
              continue
            }
            // Sums of K probabilities.
            expectClose(found, expected, absolute: 1e-12, "\(place)")
          }
          let scores = PredictionSetScores(set)
          #expect(scores.worstClass == expected.worstClass)
          let pairs = [
            (scores.coverage?.value, expected.coverage), (scores.meanSize, expected.sizeMean),
            (scores.medianSize, expected.sizeMedian), (scores.emptyShare, expected.empty),
            (scores.singletonShare, expected.singleton),
            (scores.singletonCoverage?.value, expected.coverageSingleton),
            (scores.worstClassCoverage?.value, expected.worstClassCoverage),
          ]
          for (found, expected) in pairs {
            #expect((found == nil) == (expected == nil), "\(place)")
            // Quotients of whole numbers, of which NumPy's means are sums of shares.
            if let found, let expected { expectClose(found, expected, absolute: 1e-12, "\(place)") }
          }
        }
      }
    }
  }

  @Test func `a threshold is the score of the rank that the share of errors asks for`() {
    func threshold(_ count: Int, _ alpha: Double) -> Double {
      SetKind(.lac, alpha: alpha).threshold((1...count).map(Double.init))
    }
    // ⌈20 · 0.95⌉ = 19, ⌈19 · 0.95⌉ = 19 of 18.
    #expect(threshold(19, 0.05) == 19 && threshold(18, 0.05) == .infinity)
    #expect(threshold(9, 0.1) == 9 && threshold(8, 0.1) == .infinity)
    #expect(threshold(99, 0.1) == 90 && threshold(100, 0.1) == 91)
    #expect(SetKind(.aps, alpha: 0.1).threshold([]) == .infinity)
    // Decimals whose multiples are whole, but not in binary digits.
    for percent in 1..<100 {
      #expect(threshold(99, Double(percent) / 100) == Double(100 - percent))
    }
  }

  /// Rows of four classes, of which the label is drawn from the probabilities.
  private static func exchangeable(_ count: Int, _ source: inout SeededGenerator) throws
    -> LabeledLogits
  {
    var (values, labels) = ([Float](), [Int]())
    for _ in 0..<count {
      let row = (0..<4).map { _ in Float(4 * source.nextUnit()) }
      let total = row.reduce(0) { $0 + exp($1) }
      var rest = Float(source.nextUnit()) * total
      labels.append(
        row.firstIndex { value in
          rest -= exp(value)
          return rest < 0
        } ?? 3)
      values += row
    }
    return try LabeledLogits(values, memberCount: 1, classCount: 4, labels: labels)
  }

  @Test(arguments: ConformalMethod.allCases)
  func `on exchangeable rows sets cover what they promise`(method: ConformalMethod) throws {
    var source = SeededGenerator(seed: 77)
    let (kind, scorer) = (SetKind(method, alpha: 0.1), Scorer(threadCount: 1))
    var hits = 0.0
    for _ in 0..<500 {
      let fitted = try scorer.fitSets(
        [kind], onValidationSet: Self.exchangeable(99, &source))
      hits += try scorer.sets(of: .network, in: Self.exchangeable(1, &source), by: fitted)[0]
        .coverages[0]
    }
    // The 90th of 99 scores is not passed with probability 90/100: binomial, with 3.5 deviations.
    #expect(abs(hits - 450) < 3.5 * (500 * 0.9 * 0.1).squareRoot())
  }

  @Test func `halves that fit one another cover what they promise, in every pass`() throws {
    var source = SeededGenerator(seed: 78)
    let (kind, scorer) = (SetKind(.lac, alpha: 0.1), Scorer(threadCount: 2))
    var coverages: [Double] = []
    for _ in 0..<500 {
      let rows = try Self.exchangeable(38, &source)
      let halves = try (31...35).map { try CleanHalves(rowCount: 38, seed: $0) }
      let fitted = try scorer.fitSets([kind], on: rows, halves: halves)
      let sets = try scorer.sets(of: .network, in: rows, by: fitted)[0]
      #expect(sets.sizes.count == 5 * 38 && sets.thresholds.count == 10)
      coverages.append(try #require(PredictionSetScores(sets).coverage).value)
    }
    let mean = coverages.reduce(0, +) / 500
    let variance = coverages.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 499
    // The 18th of 19 scores: 18/20; the mean of 500 is normal, with 4 deviations.
    #expect(abs(mean - 0.9) < 4 * (variance / 500).squareRoot())
  }

  @Test func `sets do not depend on threads, or on the names of classes`() throws {
    let problem = Problem(seed: 5, labelSeed: 6, rows: 1500, members: 2, classes: 7)
    let logits = try problem.draw()
    let turned = try LabeledLogits(
      stride(from: 0, to: logits.values.count, by: 7).flatMap { start in
        (0..<7).map { logits.values[start + ($0 + 3) % 7] }
      }, memberCount: 2, classCount: 7, labels: logits.labels.map { ($0 + 4) % 7 })
    for predictor in Predictor.predicting(memberCount: 2) {
      let first = try Self.sets(logits, predictor, threads: 1)
      for other in [try Self.sets(logits, predictor, threads: 5), try Self.sets(turned, predictor)]
      {
        for (mine, its) in zip(first, other) {
          #expect(mine.sizes == its.sizes && mine.areCovering == its.areCovering)
          #expect(mine.thresholds == its.thresholds)
        }
      }
    }
  }

  @Test(arguments: [
    (rows: 2, classes: 1000), (rows: 40, classes: 1), (rows: 3, classes: 2),
    (rows: 50, classes: 1000),
  ])
  func `few rows, one class and many have sets`(rows: Int, classes: Int) throws {
    let problem = Problem(seed: 8, labelSeed: 9, rows: rows, members: 1, classes: classes)
    for set in try Self.sets(problem.draw(), .network) {
      let scores = PredictionSetScores(set)
      #expect(scores.sampleCount == rows && set.sizes.allSatisfy { 0...classes ~= Int($0) })
      if (rows + 1) / 2 < 9 {
        #expect(set.sizes.allSatisfy { Int($0) == classes } && scores.coverage?.value == 1)
        #expect(scores.worstClass == nil && scores.thresholds.allSatisfy { $0 == .infinity })
      }
      let interval = try #require(scores.coverage?.interval)
      #expect(interval.low <= 1 && interval.high <= 1 && interval.low >= 0)
    }
  }

  @Test func `equal, certain and impossible classes share one place`() throws {
    // All classes are equally probable: a set has none of them, or all.
    let flat = try LabeledLogits(
      [Float](repeating: 0, count: 120), memberCount: 1, classCount: 3,
      labels: (0..<40).map { $0 % 3 })
    for set in try Self.sets(flat, .network) {
      #expect(set.sizes.allSatisfy { $0 == 0 || $0 == 3 })
    }
    let certain = (0..<40).flatMap { row in (0..<3).map { $0 == row % 3 ? 1.0 : 0 } }
    for shift in 0..<2 {
      let rows = try LabeledLogits(
        float64: certain, as: .probabilities, memberCount: 1, classCount: 3,
        labels: (0..<40).map { ($0 + shift) % 3 })
      for set in try Self.sets(rows, .network) {
        let scores = PredictionSetScores(set)
        if shift == 0, set.kind.method == .lac {
          #expect(scores.singletonShare == 1 && scores.singletonCoverage?.value == 1)
        }
        // Always wrong: only a set of all classes holds the label.
        if shift == 1 { #expect(scores.meanSize == 3 && scores.coverage?.value == 1) }
      }
    }
  }

  @Test func `the example of the article`() throws {
    func rows(_ first: [Double]) throws -> LabeledLogits {
      try LabeledLogits(
        float64: first.flatMap { [$0, 1 - $0] }, as: .probabilities, memberCount: 1, classCount: 2,
        labels: first.map { _ in 0 })
    }
    let scorer = Scorer(threadCount: 1)
    let fitted = try scorer.fitSets(
      [SetKind(.lac, alpha: 0.5)], onValidationSet: rows([0.9, 0.4, 0.7]))
    let sets = try scorer.sets(of: .network, in: rows([0.7, 0.6, 0.05]), by: fitted)[0]
    #expect(sets.sizes == [1, 0, 1] && sets.areCovering == [true, false, false])
    #expect(sets.thresholds == [1 - 0.7])
  }

  @Test func `halves of other rows are refused`() throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 10, members: 1, classes: 3).draw()
    let scorer = Scorer(threadCount: 1)
    #expect(throws: ScoringError.halvesOfOtherRows(expected: 10, found: 8)) {
      try scorer.fitSets(Self.kinds, on: logits, halves: [CleanHalves(rowCount: 8)])
    }
    let fitted = try scorer.fitSets(Self.kinds, on: logits, halves: [CleanHalves(rowCount: 10)])
    #expect(throws: ScoringError.halvesOfOtherRows(expected: 4, found: 10)) {
      try scorer.sets(of: .network, in: logits.selecting(rows: [0, 1, 2, 3]), by: fitted)
    }
  }
}
