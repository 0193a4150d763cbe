import Foundation
import Scoring

extension LabeledLogits {
  /// What a user should know of probabilities that are scored; nothing of logits.
  package var remarksOnProbabilities: [String] {
    guard let sums else { return [] }
    return [sums.remark] + (memberCount > 1 ? [Self.remarkOnMeans] : [])
  }

  private static let remarkOnMeans =
    "ensemble is the geometric mean of the members' probabilities, divided by its sum; "
    + "ensemble-probs is their arithmetic mean"
}

extension ProbabilitySums {
  fileprivate var remark: String {
    let difference = String(format: "%.1e", largestDifference)
    let isOfOne = dividedCount == 1
    return dividedCount == 0
      ? "probabilities: sums are off 1 by at most \(difference), which rounding explains; "
        + "they are scored as given"
      : "probabilities: sums are off 1 by at most \(difference); \(dividedCount) of \(count) "
        + "distributions, off by more than rounding explains (\(String(format: "%.1e", rounding))) "
        + "or with a number above 1, \(isOfOne ? "is" : "are") divided by "
        + "\(isOfOne ? "its" : "their") sum"
  }
}
