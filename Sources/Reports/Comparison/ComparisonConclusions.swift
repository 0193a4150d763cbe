import Formats
import Foundation
import Scoring

extension Comparison {
  /// The limit of every conclusion.
  package static let caveat =
    "This is about these checkpoints on images like these, not about the methods that trained them: "
    + "that needs several seeds of each. Paired tests over images; any wrong claim at all has a "
    + "probability of at most 5 %. Better in overconfidence means closer to 0."

  /// For each run a sentence on clean images and one on corrupted ones, which claim no more than the
  /// tests support.
  package var conclusions: [String] { pairs.flatMap(conclusions) }

  /// The sentences about one run.
  func conclusions(_ pair: Pair) -> [String] {
    let mean = pair.mean.map {
      conclusion(
        pair, $0,
        scope: "On average over \(Self.count(cells.count - 1, "corrupted cell"))")
    }
    return [conclusion(pair, pair.cells[0], scope: "On the clean images"), mean]
      .compactMap { $0?.withoutControlCharacters }
  }

  private func conclusion(_ pair: Pair, _ contrast: Contrast, scope: String) -> String {
    func listed(_ verdict: Contrast.Verdict) -> String? {
      let metrics = metrics.filter {
        contrast.values[$0] != nil && contrast.verdict($0) == verdict
      }
      return metrics.isEmpty
        ? nil : metrics.map { Self.described($0, contrast.values[$0]) }.inWords
    }
    let claims = [
      listed(.win).map { "better in \($0)" }, listed(.loss).map { "worse in \($0)" },
    ].compactMap { $0 }
    let rest = listed(.undecided)
    guard !claims.isEmpty else {
      return "\(scope), no difference between \(pair.run) and \(reference) is significant: "
        + "\(rest ?? "nothing is defined")."
    }
    return
      "\(scope), \(pair.run) compared with \(reference) is \(claims.joined(separator: ", and "))"
      + (rest.map { "; not significant: \($0)." } ?? ".")
  }

  /// The title of a metric of a comparison.
  static func title(_ metric: Metric) -> String {
    switch metric {
    case .brierScore: "Brier"
    case .negativeLogLikelihood, .calibrationError: metric.name.uppercased()
    default: metric.name
    }
  }

  /// A metric with its difference and interval, accuracy in percentage points.
  private static func described(_ metric: Metric, _ values: Contrast.Values?) -> String {
    guard let values else { return title(metric) }
    let format = { (value: Double) in
      metric == .accuracy
        ? String(format: "%+.2f", 100 * value) : String(format: "%+.4f", value)
    }
    let unit = metric == .accuracy ? " points" : ""
    let interval = values.interval.map {
      ", 95 % interval \(format($0.low)) to \(format($0.high))"
    }
    return "\(title(metric)) (\(format(values.difference))\(unit)\(interval ?? ""))"
  }

  static func count(_ number: Int, _ name: String) -> String {
    "\(number) \(name)\(number == 1 ? "" : "s")"
  }
}

extension [String] {
  /// The items with commas, and the last after "and".
  fileprivate var inWords: String {
    count < 2 ? joined() : dropLast().joined(separator: ", ") + " and " + self[count - 1]
  }
}
