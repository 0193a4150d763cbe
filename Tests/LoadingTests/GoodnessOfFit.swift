import Foundation
import Testing

// Tests of samples against closed forms. Each has a false-alarm probability of 10⁻⁹.

/// Expects a sample of the continuous distribution with the distribution function `cumulative`.
///
/// Kolmogorov's distance d of n values, with the bound of Dvoretzky, Kiefer, Wolfowitz and Massart:
/// P(d > x) ≤ 2·exp(−2nx²).
func expectSample(
  _ sample: [Double], follows cumulative: (Double) -> Double, _ name: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let count = Double(sample.count)
  let distances = sample.sorted().enumerated().map { index, value in
    max(cumulative(value) - Double(index) / count, Double(index + 1) / count - cumulative(value))
  }
  let bound = (log(2e9) / (2 * count)).squareRoot()
  #expect(distances.max() ?? 1 < bound, "\(name)", sourceLocation: sourceLocation)
}

/// Expects counts of independent draws with the probabilities `shares`.
///
/// Pearson's statistic, approximately χ² with k degrees of freedom, with the bound of Laurent and
/// Massart: P(χ² > k + 2√(kt) + 2t) ≤ exp(−t).
func expectCounts(
  _ counts: [Int], shares: [Double], _ name: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let expected = shares.map { $0 * Double(counts.reduce(0, +)) }
  #expect(expected.allSatisfy { $0 >= 20 }, "too few draws", sourceLocation: sourceLocation)
  let statistic = zip(counts, expected).reduce(0) {
    $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) / $1.1
  }
  let (freedom, t) = (Double(shares.count - 1), log(1e9))
  let bound = freedom + 2 * (freedom * t).squareRoot() + 2 * t
  #expect(statistic < bound, "\(name)", sourceLocation: sourceLocation)
}

/// Expects independent draws of `kinds` equally likely values.
func expectEven<Value: Hashable>(
  _ draws: [Value], kinds: Int, _ name: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let counts = draws.reduce(into: [Value: Int]()) { $0[$1, default: 0] += 1 }
  #expect(counts.count == kinds, "\(name)", sourceLocation: sourceLocation)
  expectCounts(
    Array(counts.values), shares: .init(repeating: 1 / Double(counts.count), count: counts.count),
    name, sourceLocation: sourceLocation)
}

/// The probability of `count` successes among `tries`.
func binomial(_ count: Int, of tries: Int, _ probability: Double) -> Double {
  (0..<count).reduce(pow(probability, Double(count)) * pow(1 - probability, Double(tries - count)))
  { $0 * Double(tries - $1) / Double($1 + 1) }
}

/// The distribution function of Beta(a, b) for whole parameters: P(Binomial(a + b − 1, x) ≥ a).
func beta(_ first: Int, _ second: Int) -> (Double) -> Double {
  let tries = first + second - 1
  return { x in (first...tries).reduce(0) { $0 + binomial($1, of: tries, x) } }
}
