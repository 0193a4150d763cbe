import Scoring
import TestSupport
import Testing

/// Sorting by digits against sorting by comparison.
struct DigitSortTests {
  /// Numbers of many magnitudes and of few, equal ones, both zeros and infinities among them.
  private static func numbers(_ count: Int, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: Double.random(in: -1...1, using: &generator)
      case 1: Double.random(in: 0.999...1, using: &generator)
      case 2: Double(Int.random(in: -3...3, using: &generator)) / 4
      case 3: [0, -0.0, .infinity, -.infinity, 5e-310, -5e-310][Int(generator.next() % 6)]
      default:
        Double(bitPattern: generator.next() & ~(1 << 62)) * (generator.next() % 2 == 0 ? 1 : -1)
      }
    }
  }

  // Below 1024 elements comparison sorts.
  @Test(arguments: [0, 1, 2, 1023, 1024, 1025, 20_000])
  func `numbers are in order, and equal keys stay in theirs`(count: Int) {
    for seed in 0..<4 {
      let numbers = Self.numbers(count, seed: UInt64(seed))
      var pairs = Array(numbers.enumerated())
      pairs.sortByDigits(of: \.element.digitKey)
      #expect(pairs.map(\.element) == numbers.sorted())
      #expect(pairs.map(\.offset).sorted() == Array(numbers.indices))
      let areStable = zip(pairs, pairs.dropFirst()).allSatisfy {
        $0.element.digitKey != $1.element.digitKey || $0.offset < $1.offset
      }
      #expect(areStable)
      var words = numbers.map(\.bitPattern)
      words.sortByDigits()
      #expect(words == numbers.map(\.bitPattern).sorted())
    }
  }

  @Test(arguments: [0, 1, 2, 1023, 1024, 20_000])
  func `places are by rising numbers, and by themselves where these are equal`(count: Int) {
    for seed in 4..<8 {
      let numbers = Self.numbers(count, seed: UInt64(seed))
      let expected = numbers.indices.sorted { (numbers[$0], $0) < (numbers[$1], $1) }
      #expect(numbers.risingOrder == expected)
    }
  }
}
