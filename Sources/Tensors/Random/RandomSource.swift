/// A source of random numbers that the drawing functions below build on.
package protocol RandomSource {
  /// The next number, uniform in [0, 1).
  mutating func nextUniform() -> Double
  /// A number from the standard normal distribution.
  mutating func nextNormal() -> Double
  /// A number from the Poisson distribution of the given rate, at least 0.
  mutating func nextPoisson(rate: Double) -> Int
}

extension RandomSource {
  /// A number uniform in [lower, upper).
  package mutating func uniform(_ lower: Double, _ upper: Double) -> Double {
    lower + (upper - lower) * nextUniform()
  }

  /// A whole number uniform in `range`, which must not be empty.
  package mutating func integer(in range: Range<Int>) -> Int {
    range.lowerBound + Int(nextUniform() * Double(range.count))
  }

  package mutating func bernoulli(_ probability: Double) -> Bool {
    nextUniform() < probability
  }

  /// Puts `elements` in a uniformly random order (Fisher–Yates from the end).
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, integer(in: 0..<last + 1))
    }
  }

  /// A random permutation of `0..<count`.
  package mutating func permutation(_ count: Int) -> [Int] {
    var indices = Array(0..<count)
    shuffle(&indices)
    return indices
  }
}
