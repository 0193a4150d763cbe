import Formats
import Foundation
import Scoring

/// A comparison as lines of fixed width: for each run a table, a map of verdicts and a conclusion.
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
      return [heading(pair), ""] + table(pair)
        + (comparison.corruptions.isEmpty ? [] : [""] + map(pair))
        + ["", comparison.conclusions[index], ""]
    }
    return (pairs.joined() + [Comparison.caveat]).map { Self.trimmed($0) + "\n" }.joined()
  }

  private func heading(_ pair: Comparison.Pair) -> String {
    "\(pair.run.oneLine) − \(comparison.reference.oneLine): \(comparison.predictor), "
      + "calibration \(comparison.calibration.rawValue), \(comparison.imageCount) images"
  }

  /// Differences on clean images, on average, and for each corruption over its severities.
  private func table(_ pair: Comparison.Pair) -> [String] {
    let described = comparison.metrics.dropFirst().map(Self.title)
    var lines = [
      name("") + Self.align("accuracy, points", 17) + Self.align("95 % interval", 18)
        + described.map { Self.align($0, 10) }.joined()
        + ["won", "lost", "open"].map { Self.align($0, 6) }.joined()
    ]
    lines.append(line("clean", pair.cells[0].figures, pair, at: [0]))
    if let mean = pair.mean {
      let places = Array(comparison.cells.indices.dropFirst())
      lines.append(
        line("mean of \(places.count) cells", mean.figures, pair, at: places, mean.verdict))
    }
    for corruption in comparison.corruptions {
      let places = comparison.cells.indices.filter {
        comparison.cells[$0].corruption == corruption
      }
      lines.append(line(corruption.oneLine, nil, pair, at: places))
    }
    return lines + notes(pair)
  }

  private static func title(_ metric: Metric) -> String {
    metric == .brierScore ? "Brier" : metric.rawValue.uppercased()
  }

  private func notes(_ pair: Comparison.Pair) -> [String] {
    var lines: [String] = []
    if pair.mean.map({ $0.verdict != .undecided }) == true { lines.append("* decided") }
    if comparison.metrics.count > 1 {
      lines.append("Differences but of accuracy, and all intervals, are described and not tested.")
    }
    return lines
  }

  /// A line of figures, or of means over the cells at `places` where none are given.
  private func line(
    _ title: String, _ figures: [Metric: Contrast.Figure]?, _ pair: Comparison.Pair,
    at places: [Int], _ verdict: Contrast.Verdict = .undecided
  ) -> String {
    let differences = comparison.metrics.map { metric in
      figures.map { $0[metric]?.difference } ?? pair.meanDifference(metric, at: places)
    }
    let accuracy = differences.first.flatMap { $0 }.map { String(format: "%+.2f", 100 * $0) } ?? "–"
    let interval = figures?[.accuracy]?.interval.map {
      String(format: "%+.2f to %+.2f", 100 * $0.low, 100 * $0.high)
    }
    return name(title) + Self.align(accuracy + (verdict == .undecided ? "  " : " *"), 17)
      + Self.align(interval ?? "", 18)
      + differences.dropFirst().map { difference in
        Self.align(difference.map { String(format: "%+.4f", $0) } ?? "–", 10)
      }.joined()
      + [Contrast.Verdict.win, .loss, .undecided].map { verdict in
        Self.align("\(pair.count(verdict, at: places))", 6)
      }.joined()
  }

  /// A sign for each corruption and severity: + won, - lost, · open, blank where there is no cell.
  private func map(_ pair: Comparison.Pair) -> [String] {
    let severities = comparison.severities
    let width = 1 + (severities.map { "\($0)".count }.max() ?? 1)
    let places = Dictionary(
      comparison.cells.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let header = name("severity") + severities.map { Self.align("\($0)", width) }.joined()
    let lines = comparison.corruptions.map { corruption in
      let signs = severities.map { severity in
        places[Cell(corruption: corruption, severity: severity)]
          .map { Self.sign(pair.cells[$0].verdict) } ?? " "
      }
      return name(corruption.oneLine) + signs.map { Self.align($0, width) }.joined()
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

  private func name(_ text: String) -> String {
    text + String(repeating: " ", count: max(0, nameWidth - text.count))
  }

  private static func align(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func trimmed(_ line: String) -> String {
    String(line.reversed().drop { $0 == " " }.reversed())
  }
}
