import Foundation
import Scoring

/// What a person looks at first: a row for each predictor, on clean images and over corruptions.
package struct SummaryTable: Sendable {
  /// A predictor's figures; those over corruptions are means over cells, nil where there are none.
  package struct Row: Codable, Sendable {
    package let predictor: String
    package let calibration: String
    package let temperature: Double?
    package let clean: Figures
    package let corrupted: Figures?
  }

  package struct Figures: Codable, Sendable {
    package let accuracy: Double?
    package let nll: Double?
    package let ece: Double?
    package let auroc: Double?
  }

  package let rows: [Row]
  /// The number of corrupted cells.
  package let cellCount: Int

  package init(_ results: [CellResult]) {
    let clean = results.filter { $0.cell == .clean }
    let corrupted = results.filter { $0.cell != .clean }
    cellCount = corrupted.count
    rows = (clean.first?.scores ?? []).enumerated().flatMap { index, scores in
      scores.predictors.enumerated().map { position, predictor in
        let cells = corrupted.map { $0.scores[index].predictors[position].figures }
        return Row(
          predictor: predictor.predictor.name, calibration: scores.calibration.rawValue,
          temperature: predictor.temperature, clean: Figures(predictor.figures),
          corrupted: cells.isEmpty ? nil : Figures(.mean(cells)))
      }
    }
  }

  /// The table as lines of fixed width, without the oracle, which is a bound, beside results.
  package var text: String {
    let groups = cellCount > 0 ? ["clean", "mean of \(cellCount) corrupted cells"] : ["clean"]
    let names = ["accuracy", "NLL", "ECE", "AUROC"]
    var lines = [
      Self.pad("", 16) + Self.pad("", 21) + Self.pad("", 8)
        + groups.map { Self.pad("  " + $0, 38) }.joined(),
      Self.pad("predictor", 16) + Self.pad("calibration", 21) + Self.align("T", 8)
        + groups.flatMap { _ in names.map { Self.align($0, 9) } + ["  "] }.joined(),
    ]
    let results = rows.filter { $0.calibration != Calibration.oracle.rawValue }
    for row in results.isEmpty ? rows : results {
      lines.append(
        Self.pad(row.predictor, 16) + Self.pad(row.calibration, 21)
          + Self.align(row.temperature.map { Self.fixed($0, 3) } ?? "", 8)
          + Self.cells(row.clean) + (row.corrupted.map(Self.cells) ?? ""))
    }
    return lines.map { Self.trimmed($0) + "\n" }.joined()
  }

  private static func cells(_ figures: Figures) -> String {
    let texts = [
      figures.accuracy.map { fixed(100 * $0, 2) + " %" }, figures.nll.map { fixed($0, 4) },
      figures.ece.map { fixed($0, 4) }, figures.auroc.map { fixed($0, 4) },
    ]
    return texts.map { align($0 ?? "–", 9) }.joined() + "  "
  }

  private static func fixed(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func align(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func trimmed(_ line: String) -> String {
    String(line.reversed().drop { $0 == " " }.reversed())
  }
}

extension SummaryTable.Figures {
  fileprivate init(_ figures: Scoring.Figures<Metric>) {
    accuracy = figures[.accuracy]
    nll = figures[.negativeLogLikelihood]
    ece = figures[.calibrationError]
    auroc = figures[.misclassificationAUROC]
  }
}
