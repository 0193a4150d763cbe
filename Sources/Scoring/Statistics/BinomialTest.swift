/// Whether more of some trials succeeded than their probability explains: the exact one-sided test.
public struct BinomialTest: Sendable, Equatable {
  /// How many trials succeeded.
  public let successes: Int
  /// How many trials there were.
  public let count: Int
  /// The probability of a success, if nothing else is at work.
  public let probability: Double

  /// The test of `successes` in `count` independent trials.
  ///
  /// - Precondition: 0 ≤ `successes` ≤ `count`, and `probability` is in 0...1.
  public init(successes: Int, count: Int, probability: Double) {
    precondition(0 <= successes && successes <= count, "\(successes) of \(count)")
    precondition(0 <= probability && probability <= 1, "a probability of \(probability)")
    (self.successes, self.count, self.probability) = (successes, count, probability)
  }

  /// The one-sided p-value: the probability of at least as many successes.
  ///
  /// The upper tail of the binomial distribution is a probability of the beta distribution (DLMF 8.17.5).
  public var pValue: Double {
    successes == 0
      ? 1
      : BetaDistribution(Double(successes), Double(count - successes + 1))
        .probability(upTo: probability)
  }
}
