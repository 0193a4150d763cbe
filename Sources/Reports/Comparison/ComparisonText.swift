import Formats
import Foundation
import Scoring

/// A comparison as fixed-width text: for each run its conclusions, the differences behind them, those
/// by corruption, and a map of verdicts on each metric.
package struct ComparisonText {
  private let comparison: Comparison
  private let nameWidth: Int

  package init(_ comparison: Comparison) {
    self.comparison = comparison
    let names =
      comparison.corruptions.map(\.oneLine)
      + comparison.metrics.map(Self.title)
    nameWidth = 2 + (names.map(\.count).max() ?? 0)
  }

  package var text: String {
    let pairs = comparison.pairs.indices.map { index in
      let pair = comparison.pairs[index]
      let details =
        comparison.corruptions.isEmpty
        ? [] : [""] + corruptionTable(pair) + [""] + maps(pair)
      return [heading(index), ""] + table(pair) + details + [""]
        + comparison.conclusions(pair) + [""]
    }
    return (pairs.joined() + [Comparison.caveat]).map { $0.withoutTrailingSpaces + "\n" }.joined()
  }

  private func heading(_ index: Int) -> String {
    let predictors = [comparison.predictors[index + 1], comparison.predictors[0]]
    let names = predictors[0] == predictors[1] ? predictors[0] : predictors.joined(separator: " − ")
    return "\(comparison.pairs[index].run.oneLine) − \(comparison.reference.oneLine): \(names), "
      + "calibration \(comparison.calibration.name), \(comparison.imageCount) images"
  }

  // MARK: Conclusions

  private static let scopeWidth = 38

  /// A line for each metric: differences on clean images and on average over the corrupted cells.
  private func table(_ pair: Comparison.Pair) -> [String] {
    let scopes =
      [(Cell.clean.corruption, pair.cells[0])]
      + (pair.mean.map { [("mean of \(comparison.cells.count - 1) corrupted cells", $0)] } ?? [])
    let titles = scopes.map { "  \($0.0)".leftAligned(Self.scopeWidth) }.joined()
    let lines = comparison.metrics.map { metric in
      name(Self.title(metric)) + scopes.map { field($0.1, metric) }.joined()
    }
    return [name("") + titles] + lines
  }

  /// A difference with its interval and verdict.
  private func field(_ contrast: Contrast, _ metric: Metric) -> String {
    guard let values = contrast.values[metric] else { return "–".rightAligned(Self.scopeWidth) }
    let interval = values.interval.map {
      "\(Comparison.signed($0.low, metric)) to \(Comparison.signed($0.high, metric))"
    }
    let verdict = contrast.verdict(metric).word ?? ""
    return Comparison.signed(values.difference, metric).rightAligned(9)
      + (interval ?? "").rightAligned(20) + "  " + verdict.leftAligned(7)
  }

  /// A metric, and the unit of its differences where they are percentage points.
  private static func title(_ metric: Metric) -> String {
    Comparison.title(metric) + (Comparison.isInPoints(metric) ? ", points" : "")
  }

  private static func shortTitle(_ metric: Metric) -> String {
    let title = metric == .overconfidence ? "overconf." : Comparison.title(metric)
    return title + (Comparison.isInPoints(metric) ? ", pts" : "")
  }

  // MARK: Corruptions

  /// The mean differences of each corruption over its severities.
  private func corruptionTable(_ pair: Comparison.Pair) -> [String] {
    let header =
      name("")
      + comparison.metrics.map { metric in
        Self.shortTitle(metric).rightAligned(16)
      }.joined()
    let lines = comparison.corruptions.map { corruption in
      let indices = comparison.cells.indices.filter {
        comparison.cells[$0].corruption == corruption
      }
      return name(corruption.oneLine)
        + comparison.metrics.map { metric in
          let difference = pair.meanDifference(metric, at: indices)
          return (difference.map { Comparison.signed($0, metric) } ?? "–")
            .rightAligned(16)
        }.joined()
    }
    return [header] + lines
  }

  // MARK: Maps

  /// For each metric a sign for each corruption and severity: + better, − worse, · neither, blank
  /// without a cell.
  private func maps(_ pair: Comparison.Pair) -> [String] {
    let severities = comparison.severities
    let width = 1 + (severities.map { "\($0)".count }.max() ?? 1)
    let mapWidth = max(width * severities.count, 14) + 2
    let indices = Dictionary(
      comparison.cells.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let titles =
      name("")
      + comparison.metrics.map { ("  " + Comparison.title($0)).leftAligned(mapWidth) }
      .joined()
    let numbers = severities.map { "\($0)".rightAligned(width) }.joined().leftAligned(mapWidth)
    let header = name("severity") + comparison.metrics.map { _ in numbers }.joined()
    let lines = comparison.corruptions.map { corruption in
      name(corruption.oneLine)
        + comparison.metrics.map { metric in
          severities.map { severity in
            let index = indices[Cell(corruption: corruption, severity: severity)]
            let sign = index.map { Self.sign(pair.cells[$0].verdict(metric)) } ?? " "
            return sign.rightAligned(width)
          }.joined().leftAligned(mapWidth)
        }.joined()
    }
    return [titles, header] + lines + ["+ better, \u{2212} worse, · not significant"]
  }

  private static func sign(_ verdict: Contrast.Verdict) -> String {
    switch verdict {
    case .win: "+"
    case .loss: "\u{2212}"
    case .undecided: "·"
    }
  }

  private func name(_ text: String) -> String { text.leftAligned(nameWidth) }
}
