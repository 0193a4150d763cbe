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
    let difference =
      largestDifference == 0
      ? "all sums are 1" : "sums are off 1 by at most \(Self.short(largestDifference))"
    guard dividedCount > 0 else {
      return "probabilities: \(difference), as rounding explains: they are scored as given"
    }
    return
      "probabilities: \(difference); \(dividedCount) of \(count) distributions, where rounding "
      + "explains no more than \(Self.short(rounding)) or a number is above 1, are divided by their sum"
  }

  private static func short(_ number: Double) -> String { String(format: "%.1e", number) }
}
