import Formats
import Foundation

extension Comparison {
  /// The comparison as lines of fixed width: means, a map of wins and losses, conclusions.
  package var text: String {
    pairs.map { pair in
      ["\(pair.label) beside \(reference), \(predictor.name), \(calibration.rawValue)", ""]
        + Self.figures(pair) + [""] + map(pair) + [conclusion(pair)]
    }.flatMap { $0 }.map { $0 + "\n" }.joined() + Self.caveat + "\n"
  }

  private static func figures(_ pair: Pair) -> [String] {
    let clean = pair.cells.first { $0.severity == 0 }
    let rows =
      [("clean", clean?.differences)]
      + [pair.mean.map { ("mean of \($0.cellCount) cells", $0.differences) }].compactMap { $0 }
    let header =
      pad("", 20) + pad("metric", 10)
      + ["reference", "run", "difference"].map {
        align($0, 12)
      }.joined() + "    95 % interval"
    return [header]
      + rows.flatMap { name, differences in
        (differences ?? []).map { line(name, $0) }
      }
  }

  private static func line(_ name: String, _ difference: Difference) -> String {
    let scale = difference.metric == .accuracy ? 100.0 : 1
    let digits = difference.metric == .accuracy ? 2 : 4
    func shown(_ number: Double?, sign: Bool = false) -> String {
      number.map { String(format: sign ? "%+.\(digits)f" : "%.\(digits)f", scale * $0) } ?? "–"
    }
    let interval = difference.interval.map {
      "\(shown($0.low, sign: true)) to \(shown($0.high, sign: true))"
    }
    return pad(name, 20) + pad(difference.metric.rawValue + (scale > 1 ? ", %" : ""), 10)
      + align(shown(difference.reference), 12) + align(shown(difference.value), 12)
      + align(shown(difference.difference, sign: true), 12) + "    " + (interval ?? "")
  }

  /// A row for each corruption, a sign for each severity: + for a win, - for a loss.
  private func map(_ pair: Pair) -> [String] {
    let (corruptions, severities) = grid(pair)
    guard !corruptions.isEmpty else { return [] }
    let width = (corruptions.map(\.count).max() ?? 0) + 2
    let header = Self.pad("accuracy by severity", width) + severities.map { "\($0) " }.joined()
    return [header]
      + corruptions.map { corruption in
        Self.pad(corruption, width)
          + severities.map { severity in
            let cell = pair.cells.first {
              $0.corruption == corruption && $0.severity == severity
            }
            return (cell?.verdict.sign ?? " ") + " "
          }.joined()
      } + ["+ more accurate, - less, · undecided (McNemar's test, Holm's correction)", ""]
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text.withoutControlCharacters + String(repeating: " ", count: max(1, width - text.count))
  }

  private static func align(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

extension Comparison.Verdict {
  /// The verdict as a sign.
  var sign: String {
    switch self {
    case .win: "+"
    case .loss: "-"
    case .undecided: "·"
    }
  }
}
