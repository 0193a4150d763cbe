/// McNemar's exact test of whether two predictors are right equally often on the same rows.
///
/// Only rows that just one of them gets right tell; if both are as good, each such row falls to
/// either with probability ½ (McNemar 1947).
public struct McNemarTest: Sendable, Equatable {
  /// Rows that only the first predictor gets right.
  public let onlyFirstRight: Int
  /// Rows that only the second predictor gets right.
  public let onlySecondRight: Int

  /// The test of two predictors' scores on the same rows.
  public init(_ contingency: ErrorContingency) {
    self.init(
      onlyFirstRight: contingency.onlyFirstRight, onlySecondRight: contingency.onlySecondRight)
  }

  /// The test from the counts of rows that just one predictor gets right.
  public init(onlyFirstRight: Int, onlySecondRight: Int) {
    self.onlyFirstRight = onlyFirstRight
    self.onlySecondRight = onlySecondRight
  }

  /// The two-sided p-value: the probability of a split at least as uneven, at most 1.
  ///
  /// Twice the lower tail of the binomial distribution; 1 when no row tells. Binomial coefficients
  /// are summed relative to the largest and divided by the sum of them all, so that neither
  /// overflows. Takes a step for every two rows that tell, at most.
  public var pValue: Double {
    let count = onlyFirstRight + onlySecondRight
    let smaller = min(onlyFirstRight, onlySecondRight)
    var (k, coefficient) = (count / 2, 1.0)
    var (tail, half) = (0.0, 0.0)
    while k >= 0, coefficient > 0 {
      if k <= smaller { tail += coefficient }
      half += coefficient
      coefficient *= Double(k) / Double(count - k + 1)
      k -= 1
    }
    // An even number has one middle, which `half` holds whole.
    let total = count % 2 == 0 ? 2 * half - 1 : 2 * half
    return min(1, 2 * tail / total)
  }
}
