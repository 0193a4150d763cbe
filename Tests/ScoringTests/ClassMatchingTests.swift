import Scoring
import TestSupport
import Testing

/// Another order of the classes, against SciPy's `linear_sum_assignment` and all orders of a few.
struct ClassMatchingTests {
  struct Reference: Decodable, Sendable {
    struct Matching: Decodable, Sendable {
      let seed: UInt64
      let classes: Int
      let limit: Int
      let raised: Int
      let rightCount: Int
      let keptCount: Int
    }
    struct Tail: Decodable, Sendable {
      let successes: Int
      let count: Int
      let probability: Double
      let pValue: Double
    }

    let matchings: [Matching]
    let tails: [Tail]
  }

  static let reference = Result { try fixtureValue("plausibility.json", as: Reference.self) }

  /// The numbers that Fixtures/make_plausibility_fixtures.py draws.
  private func counts(_ matching: Reference.Matching) -> [Int] {
    var generator = SeededGenerator(seed: matching.seed)
    let classes = matching.classes
    var counts = (0..<classes * classes).map { _ in
      Int(generator.next() % UInt64(matching.limit))
    }
    for row in 0..<classes { counts[row * classes + (7 * row + 3) % classes] += matching.raised }
    return counts
  }

  @Test(.timeLimit(.minutes(1)))
  func `the most right answers are SciPy's, with the fewest classes moved`() throws {
    for expected in try Self.reference.get().matchings {
      let matching = ClassMatching(counts(expected), classCount: expected.classes)
      #expect(matching.rightCount == expected.rightCount, "\(expected)")
      #expect(matching.labels.sorted() == Array(0..<expected.classes), "\(expected)")
      #expect(matching.labels.indices.count { matching.labels[$0] == $0 } == expected.keptCount)
    }
  }

  /// All orders of 0..<count.
  private func orders(_ count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    return orders(count - 1).flatMap { order in
      (0...order.count).map { place in
        var order = order
        order.insert(count - 1, at: place)
        return order
      }
    }
  }

  @Test(arguments: 1...6)
  func `no order of a few classes is better`(classCount: Int) {
    var generator = SeededGenerator(seed: UInt64(classCount))
    let orders = orders(classCount)
    for limit in [2, 3, 10] + Array(repeating: 5, count: 20) {
      let counts = (0..<classCount * classCount).map { _ in
        Int.random(in: 0..<limit, using: &generator)
      }
      func value(_ order: [Int]) -> (Int, Int) {
        order.enumerated().reduce((0, 0)) { sum, pair in
          (
            sum.0 + counts[pair.offset * classCount + pair.element],
            sum.1 + (pair.offset == pair.element ? 1 : 0)
          )
        }
      }
      let matching = ClassMatching(counts, classCount: classCount)
      let best = orders.map(value).max { $0 < $1 } ?? (0, 0)
      #expect(value(matching.labels) == best)
      #expect(matching.rightCount == best.0)
    }
  }

  @Test func `binomial tails are SciPy's`() throws {
    for expected in try Self.reference.get().tails {
      let test = BinomialTest(
        successes: expected.successes, count: expected.count, probability: expected.probability)
      // Of a million trials the logarithms of gamma functions reach 1.3e7, and their rounding is some 1e-8 of
      // a probability.
      expectClose(
        test.pValue, expected.pValue,
        absolute: 1e-13 * Double(expected.count) * expected.pValue + 1e-14,
        "\(expected)")
    }
  }
}
