import Foundation
import Scoring
import TestSupport
import Testing

/// Rows of equal confidence are ties, and others are not, also where confidence rounds to 1.
struct TieTests {
  #if arch(x86_64)
    private typealias Precise = Float80
  #else
    private typealias Precise = Double
  #endif

  /// A row of whole logits, and the confidence that one predictor has in it.
  private struct Exact {
    /// The differences of the logits from the largest, sorted: rows of equal differences are tied.
    let differences: [Int]
    /// (1 − confidence) / confidence.
    let odds: Precise
    var isRight = false

    /// Of logits that are divided by `divisor`.
    init(_ logits: [Int], divisor: Int) {
      let largest = logits.max() ?? 0
      differences = logits.map { largest - $0 }.sorted()
      // The smallest terms first.
      odds = differences.dropFirst().reversed()
        .reduce(0) { $0 + exp(-Precise($1) / Precise(divisor)) }
    }

    /// Whether it is tied with `other`, or differs by far more than rounding in Float64.
    func isClear(of other: Exact) -> Bool {
      differences == other.differences || abs(odds - other.odds) > 1e-12 * odds
    }
  }

  /// P(a right row is more confident than a wrong one) + ½ P(tied), by counting all pairs.
  private static func auroc(_ rows: [Exact]) -> Double {
    var (twiceWins, pairs) = (0, 0)
    for right in rows where right.isRight {
      for wrong in rows where !wrong.isRight {
        pairs += 1
        let isTied = right.differences == wrong.differences
        twiceWins += isTied ? 1 : right.odds < wrong.odds ? 2 : 0
      }
    }
    return Double(twiceWins) / (2 * Double(pairs))
  }

  /// What each predictor but `ensemble-probs` makes of a row, [M, K].
  private static func exact(_ row: [[Int]]) -> [Exact] {
    let sums = row[0].indices.map { c in row.reduce(0) { $0 + $1[c] } }
    return [Exact(sums, divisor: row.count)]
      + (row.count > 1 ? row.map { Exact($0, divisor: 1) } : [])
  }

  /// Rows that are new, or earlier ones with other names of classes; of each predictor all are tied, or
  /// clearly not.
  private static func rows(
    _ count: Int, members: Int, classes: Int, _ generator: inout SeededGenerator
  ) -> [[[Int]]] {
    var rows: [[[Int]]] = []
    var known: [[Exact]] = []
    while rows.count < count {
      if let earlier = rows.randomElement(using: &generator),
        Int.random(in: 0..<3, using: &generator) > 0
      {
        let order = (0..<classes).shuffled(using: &generator)
        rows.append(earlier.map { member in order.map { member[$0] } })
        continue
      }
      let row = (0..<members).map { _ in
        (0..<classes).map { _ in Int.random(in: -2...2, using: &generator) }
      }
      let exact = exact(row)
      guard known.allSatisfy({ zip($0, exact).allSatisfy { $0.isClear(of: $1) } }) else { continue }
      rows.append(row)
      known.append(exact)
    }
    return rows
  }

  @Test(arguments: 1...5)
  func `AUROC counts the ties that whole logits have`(members: Int) throws {
    var generator = SeededGenerator(seed: UInt64(members))
    for classes in [2, 3, 10, 20] {
      let rows = Self.rows(80, members: members, classes: classes, &generator)
      let logits = try LabeledLogits(
        rows.joined().joined().map { Float($0) }, memberCount: members, classCount: classes,
        labels: rows.map { row in
          let sums = row[0].indices.map { c in row.reduce(0) { $0 + $1[c] } }
          let first = sums.firstIndex(of: sums.max() ?? 0) ?? 0
          return Int.random(in: 0..<8, using: &generator) < 5 ? first : (first + 1) % classes
        })
      let predictors = Predictor.predicting(memberCount: members)
      for (i, predictor) in predictors.filter({ $0 != .ensembleProbabilities }).enumerated() {
        let scores = try Scorer(threadCount: 1).rowScores(of: predictor, in: logits)
        let exact = zip(rows, scores).map { row, score in
          var exact = Self.exact(row)[i]
          exact.isRight = score.isRight
          return exact
        }
        let found = ConfidenceRanking(scores).areaUnderROC
        #expect(found == Self.auroc(exact), "\(predictor.name), \(classes) classes")
      }
    }
  }

  @Test(arguments: 2...5)
  func `AUROC of averaged probabilities counts rows whose members changed places`(
    members: Int
  ) throws {
    var generator = SeededGenerator(seed: UInt64(members))
    for (classes, scale) in [(3, 1), (10, 1), (10, 7), (20, 30)] {
      // A few sets of members, which rows have in any order, with any names of the classes.
      let sets = Self.rows(12, members: members, classes: classes, &generator)
      let rows = (0..<80).map { _ -> (set: Int, logits: [[Int]]) in
        let set = Int.random(in: sets.indices, using: &generator)
        let order = (0..<classes).shuffled(using: &generator)
        let logits = sets[set].shuffled(using: &generator).map { member in
          order.map { member[$0] }
        }
        return (set, logits)
      }
      let logits = try LabeledLogits(
        rows.flatMap { $0.logits.joined().map { Float(scale * $0) } }, memberCount: members,
        classCount: classes,
        labels: rows.map { _ in Int.random(in: 0..<classes, using: &generator) })
      let scores = try Scorer(threadCount: 1).rowScores(of: .ensembleProbabilities, in: logits)
      for set in sets.indices {
        let found = zip(rows, scores).filter { $0.0.set == set }.map(\.1)
        #expect(Set(found.map(\.rankingScore)).count <= 1, "\(classes) classes")
        #expect(Set(found.map(\.confidence)).count <= 1, "\(classes) classes")
        #expect(Set(found.map(\.entropy)).count <= 1, "\(classes) classes")
      }
    }
  }

  @Test func `confidences that round to 1 are still ranked`() throws {
    // The larger the gap to the other class, the more confident, far beyond 53 bits.
    let gaps = (0..<60).map { Float(38 + 10 * $0) }
    let logits = try LabeledLogits(
      gaps.flatMap { [$0, 0] }, memberCount: 1, classCount: 2, labels: gaps.indices.map { _ in 0 })
    let scores = try Scorer(threadCount: 1).rowScores(of: .ensemble, in: logits)
    #expect(scores.allSatisfy { $0.confidence == 1 })
    #expect(zip(scores, scores.dropFirst()).allSatisfy { $0.rankingScore < $1.rankingScore })
  }

  @Test func `a tie across the fifth place counts in proportion, whatever the classes are called`()
    throws
  {
    // One class before the label, which is equal to seven others: four of eight places.
    for label in 1...8 {
      let logits = try LabeledLogits(
        [3] + [Float](repeating: 2, count: 8) + [0, 1], memberCount: 1, classCount: 11,
        labels: [label])
      let score = try Scorer(threadCount: 1).rowScores(of: .ensemble, in: logits)[0]
      #expect(score.topFiveShare == 0.5)
    }
    // All ten are equal: the first place goes to class 0, four others to nine classes.
    for label in 0...9 {
      let logits = try LabeledLogits(
        [Float](repeating: 2, count: 10), memberCount: 1, classCount: 10, labels: [label])
      let score = try Scorer(threadCount: 1).rowScores(of: .ensemble, in: logits)[0]
      #expect(score.topFiveShare == (label == 0 ? 1 : 4 / 9.0))
    }
  }
}
