import Formats
import Foundation
import Scoring

extension Comparison {
  /// What every conclusion must be read with.
  package static let caveat =
    "This is about these checkpoints on images like these, not about the methods that trained them: "
    + "that needs several seeds of each."

  /// One sentence for each run: what the numbers carry, and no more.
  package var conclusions: [String] {
    pairs.map { conclusion($0).withoutControlCharacters }
  }

  private func conclusion(_ pair: Pair) -> String {
    guard let mean = pair.mean else {
      let tests =
        pairs.count > 1
        ? "exact McNemar tests, Holm, 5 % for all claims together" : "exact McNemar test, 5 %"
      return claim(pair, pair.cells[0], scope: "on the clean images") + " (\(tests))."
    }
    let scope = "on average over \(Self.count(cells.count - 1, "corrupted cell"))"
    return claim(pair, mean, scope: scope) + "; " + counts(pair)
      + " (exact tests, Holm, 5 % for all claims together)."
  }

  /// What is decided, and by how much the runs differ.
  private func claim(_ pair: Pair, _ contrast: Contrast, scope: String) -> String {
    let difference = Self.points(contrast.figures[.accuracy]) + " " + scope
    switch contrast.verdict {
    case .win: return "\(pair.run) is more accurate than \(reference): \(difference)"
    case .loss: return "\(pair.run) is less accurate than \(reference): \(difference)"
    case .undecided where pair.count(.undecided) == pair.cells.count:
      return "No difference is decided between \(pair.run) and \(reference): \(difference)"
    case .undecided:
      return "Whether \(pair.run) or \(reference) is more accurate \(scope) is not decided: "
        + Self.points(contrast.figures[.accuracy])
    }
  }

  private func counts(_ pair: Pair) -> String {
    let total = "of \(Self.count(cells.count, "cell")), clean images among them"
    let (wins, losses) = (pair.count(.win), pair.count(.loss))
    guard wins + losses > 0 else { return "\(total), none is decided" }
    return "\(total), decided in its favour in \(wins), against it in \(losses), "
      + "open in \(pair.count(.undecided))"
  }

  private static func count(_ number: Int, _ name: String) -> String {
    "\(number) \(name)\(number == 1 ? "" : "s")"
  }

  /// A difference of shares in percentage points, with its interval.
  private static func points(_ figure: Contrast.Figure?) -> String {
    guard let figure else { return "undefined" }
    let difference = String(format: "%+.2f points", 100 * figure.difference)
    guard let interval = figure.interval else { return difference }
    return difference
      + String(format: " (95 %% interval %.2f to %.2f)", 100 * interval.low, 100 * interval.high)
  }
}
