import Foundation
import Scoring

/// What a user should know of probabilities that are scored.
extension ProbabilitySums {
  /// How far from 1 they sum, and whether they are divided by their sum.
  package var remark: String {
    let difference =
      largestDifference == 0
      ? "all sums are 1" : "sums are off 1, by at most \(Self.short(largestDifference))"
    guard dividedCount > 0 else {
      return "\(difference)\(largestDifference > 0 ? ", as rounding explains" : ""); "
        + "they are scored as given"
    }
    return
      "\(difference); \(dividedCount) of \(count) distributions are divided by their sum, because "
      + "rounding explains no more than \(Self.short(roundingOfDivided)) or a number is above 1"
  }

  /// The largest rounding of the members of which distributions are divided.
  private var roundingOfDivided: Double {
    zip(roundings, dividedCounts).filter { $0.1 > 0 }.map(\.0).max() ?? 0
  }

  /// How those of several members are put together.
  package static let remarkOnMembers =
    "ensemble is the geometric mean of the members, divided by its sum; ensemble-probs is their "
    + "arithmetic mean"

  private static func short(_ number: Double) -> String { String(format: "%.1e", number) }
}
