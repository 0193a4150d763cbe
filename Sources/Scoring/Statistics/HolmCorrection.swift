/// Holm's step-down correction of p-values for being many.
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
    let order = pValues.indices.sorted { (pValues[$0], $0) < (pValues[$1], $1) }
    for (rank, index) in order.enumerated() {
      floor = min(1, max(floor, Double(pValues.count - rank) * pValues[index]))
      adjusted[index] = floor
    }
    return adjusted
  }
}
