import Formats
import Foundation
import Scoring

extension Comparison {
  /// The limit of every conclusion.
  package static let caveat =
    "This is about these checkpoints on images like these, not about the methods that trained them: "
    + "that needs several seeds of each."

  /// One sentence for each run that claims no more than the tests support.
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

  /// The verdict, and by how much the runs differ.
  private func claim(_ pair: Pair, _ contrast: Contrast, scope: String) -> String {
    let difference = Self.inPoints(contrast.values[.accuracy]) + " " + scope
    switch contrast.verdict {
    case .win: return "\(pair.run) is more accurate than \(reference): \(difference)"
    case .loss: return "\(pair.run) is less accurate than \(reference): \(difference)"
    case .undecided where pair.count(.undecided) == pair.cells.count:
      return "No difference is decided between \(pair.run) and \(reference): \(difference)"
    case .undecided:
      return "Whether \(pair.run) or \(reference) is more accurate \(scope) is not decided: "
        + Self.inPoints(contrast.values[.accuracy])
    }
  }

  private func counts(_ pair: Pair) -> String {
    let total = "of \(Self.count(cells.count, "cell")), clean images among them"
    let (wins, losses) = (pair.count(.win), pair.count(.loss))
    guard wins + losses > 0 else { return "\(total), none is decided" }
    return "\(total), decided in its favor in \(wins), against it in \(losses), "
      + "open in \(pair.count(.undecided))"
  }

  private static func count(_ number: Int, _ name: String) -> String {
    "\(number) \(name)\(number == 1 ? "" : "s")"
  }

  /// A difference of shares in percentage points, with its interval.
  private static func inPoints(_ values: Contrast.Values?) -> String {
    guard let values else { return "undefined" }
    let difference = String(format: "%+.2f points", 100 * values.difference)
    guard let interval = values.interval else { return difference }
    return difference
      + String(format: " (95 %% interval %.2f to %.2f)", 100 * interval.low, 100 * interval.high)
  }
}

/// A comparison as fixed-width text: for each run a table, a map of verdicts and a conclusion.
package struct ComparisonText {
  private let comparison: Comparison
  private let nameWidth: Int

  package init(_ comparison: Comparison) {
    self.comparison = comparison
    let names = comparison.corruptions.map(\.oneLine) + ["mean of \(comparison.cells.count) cells"]
    nameWidth = 2 + (names.map(\.count).max() ?? 0)
  }

  package var text: String {
    let pairs = comparison.pairs.indices.map { index in
      let pair = comparison.pairs[index]
      return [heading(index), ""] + table(pair)
        + (comparison.corruptions.isEmpty ? [] : [""] + map(pair))
        + ["", comparison.conclusions[index], ""]
    }
    return (pairs.joined() + [Comparison.caveat]).map { $0.withoutTrailingSpaces + "\n" }.joined()
  }

  private func heading(_ index: Int) -> String {
    let predictors = [comparison.predictors[index + 1], comparison.predictors[0]]
    let names = predictors[0] == predictors[1] ? predictors[0] : predictors.joined(separator: " − ")
    return "\(comparison.pairs[index].run.oneLine) − \(comparison.reference.oneLine): \(names), "
      + "calibration \(comparison.calibration.name), \(comparison.imageCount) images"
  }

  /// The differences on clean images, on average over cells, and for each corruption over its
  /// severities.
  private func table(_ pair: Comparison.Pair) -> [String] {
    let described = comparison.metrics.dropFirst().map(Self.title)
    var lines = [
      name("") + "accuracy, points".rightAligned(17) + "95 % interval".rightAligned(18)
        + described.map { $0.rightAligned(10) }.joined()
        + ["won", "lost", "open"].map { $0.rightAligned(6) }.joined()
    ]
    lines.append(line(Cell.clean.corruption, pair.cells[0].values, pair, at: [0]))
    if let mean = pair.mean {
      let corrupted = Array(comparison.cells.indices.dropFirst())
      lines.append(
        line(
          "mean of \(corrupted.count) cells", mean.values, pair, at: corrupted, mean.verdict))
    }
    for corruption in comparison.corruptions {
      let indices = comparison.cells.indices.filter {
        comparison.cells[$0].corruption == corruption
      }
      lines.append(line(corruption.oneLine, nil, pair, at: indices))
    }
    return lines + notes(pair)
  }

  private static func title(_ metric: Metric) -> String {
    metric == .brierScore ? "Brier" : metric.name.uppercased()
  }

  private func notes(_ pair: Comparison.Pair) -> [String] {
    var lines: [String] = []
    if pair.mean.map({ $0.verdict != .undecided }) == true { lines.append("* decided") }
    if comparison.metrics.count > 1 {
      lines.append("Differences but of accuracy, and all intervals, are described and not tested.")
    }
    return lines
  }

  /// A line of differences: those of `values`, or their means over the cells at `indices`.
  private func line(
    _ title: String, _ values: [Metric: Contrast.Values]?, _ pair: Comparison.Pair,
    at indices: [Int], _ verdict: Contrast.Verdict = .undecided
  ) -> String {
    let differences = comparison.metrics.map { metric in
      values.map { $0[metric]?.difference } ?? pair.meanDifference(metric, at: indices)
    }
    let accuracy = differences.first.flatMap { $0 }.map { String(format: "%+.2f", 100 * $0) } ?? "–"
    let interval = values?[.accuracy]?.interval.map {
      String(format: "%+.2f to %+.2f", 100 * $0.low, 100 * $0.high)
    }
    return name(title) + (accuracy + (verdict == .undecided ? "  " : " *")).rightAligned(17)
      + (interval ?? "").rightAligned(18)
      + differences.dropFirst().map { difference in
        (difference.map { String(format: "%+.4f", $0) } ?? "–").rightAligned(10)
      }.joined()
      + [Contrast.Verdict.win, .loss, .undecided].map { verdict in
        "\(pair.count(verdict, at: indices))".rightAligned(6)
      }.joined()
  }

  /// A sign for each corruption and severity: + win, - loss, · undecided, blank without a cell.
  private func map(_ pair: Comparison.Pair) -> [String] {
    let severities = comparison.severities
    let width = 1 + (severities.map { "\($0)".count }.max() ?? 1)
    let indices = Dictionary(
      comparison.cells.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let header = name("severity") + severities.map { "\($0)".rightAligned(width) }.joined()
    let lines = comparison.corruptions.map { corruption in
      let signs = severities.map { severity in
        indices[Cell(corruption: corruption, severity: severity)]
          .map { Self.sign(pair.cells[$0].verdict) } ?? " "
      }
      return name(corruption.oneLine) + signs.map { $0.rightAligned(width) }.joined()
    }
    return [header] + lines + ["+ won, - lost, · open"]
  }

  private static func sign(_ verdict: Contrast.Verdict) -> String {
    switch verdict {
    case .win: "+"
    case .loss: "-"
    case .undecided: "·"
    }
  }

  private func name(_ text: String) -> String { text.leftAligned(nameWidth) }
}
