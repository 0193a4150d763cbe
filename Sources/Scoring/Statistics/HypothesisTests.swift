/// McNemar's exact test of whether two predictors are right equally often on the same rows.
///
/// Only the rows that just one of them gets right matter; if both are equally good, each such row is
/// the first's or the second's with probability ½ (McNemar 1947).
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
  /// Twice the lower tail of the binomial distribution; 1 for no such rows. Binomial coefficients are
  /// summed relative to the largest and divided by their sum, so that neither overflows. Takes at
  /// most one step for every two such rows.
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
    // An even number of rows has one middle coefficient, which both halves contain.
    let total = count % 2 == 0 ? 2 * half - 1 : 2 * half
    return min(1, 2 * tail / total)
  }
}

/// Holm's step-down correction of p-values for multiple tests.
///
/// Rejecting where the corrected value is at most α rejects a true hypothesis anywhere in the
/// family with probability at most α, whatever their dependence (Holm 1979).
public enum HolmCorrection {
  /// The corrected p-values, in the order of `pValues`.
  ///
  /// The smallest of n is multiplied by n, the next by n − 1, …, each at least the one before and
  /// at most 1.
  public static func adjusted(_ pValues: [Double]) -> [Double] {
    var adjusted = pValues
    var floor = 0.0
    for (rank, index) in pValues.risingOrder.enumerated() {
      floor = min(1, max(floor, Double(pValues.count - rank) * pValues[index]))
      adjusted[index] = floor
    }
    return adjusted
  }
}
