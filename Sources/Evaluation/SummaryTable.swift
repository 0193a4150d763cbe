import Formats
import Foundation
import Runs
import Scoring

/// The scores of each predictor under each calibration, on clean images and over corruptions.
package struct SummaryTable: Sendable {
  /// A predictor's scores; those over corruptions are means over cells, nil where there are none.
  package struct Row: Codable, Sendable {
    package let predictor: String
    package let calibration: String
    package let temperature: Double?
    package let clean: Scores
    package let corrupted: Scores?
  }

  package struct Scores: Codable, Sendable {
    package let accuracy: Double?
    package let nll: Double?
    package let ece: Double?
    package let auroc: Double?
  }

  package let rows: [Row]
  private let figures: Figures
  /// The number of corrupted cells.
  package let cellCount: Int

  package init(_ cube: ScoreCube) {
    let results = cube.cells
    figures = cube.figures
    let clean = results.filter { $0.cell == .clean }
    let corrupted = results.filter { $0.cell != .clean }
    cellCount = corrupted.count
    rows = (clean.first?.scores ?? []).enumerated().flatMap { index, scores in
      scores.predictors.enumerated().map { position, predictor in
        let cells = corrupted.map { $0.scores[index].predictors[position].values }
        return Row(
          predictor: predictor.predictor.name, calibration: scores.calibration.name,
          temperature: predictor.temperature, clean: Scores(predictor.values),
          corrupted: cells.isEmpty ? nil : Scores(.mean(cells)))
      }
    }
  }

  /// The table as lines of fixed width, grouped by predictor, without the oracle, which is a bound,
  /// beside results.
  package var text: String {
    let groups =
      [Cell.clean.corruption] + (cellCount > 0 ? ["mean of \(cellCount) corrupted cells"] : [])
    let titles = ["accuracy", "NLL", "ECE", "AUROC"].map { $0.rightAligned(9) }.joined() + "  "
    var lines = [
      Self.line("", "", "", groups.map { "  \($0)".leftAligned(38) }),
      Self.line("predictor", "calibration", "T", groups.map { _ in titles }),
    ]
    let results = rows.filter { $0.calibration != Calibration.oracle.name }
    for row in Self.grouped(results.isEmpty ? rows : results) {
      let temperature = row.temperature.map { Self.fixed($0, 3) } ?? ""
      let scores = [row.clean, row.corrupted].compactMap { $0 }.map(Self.cells)
      lines.append(Self.line(row.predictor, row.calibration, temperature, scores))
    }
    let hasTemperatures = rows.contains { $0.temperature != nil }
    return
      (lines
      + [kindOfNumbers, hasTemperatures ? "T is the fitted temperature." : nil]
      .compactMap { $0 })
      .map { $0.withoutTrailingSpaces + "\n" }.joined()
  }

  /// The rows of each predictor together, predictors and calibrations in their order.
  private static func grouped(_ rows: [Row]) -> [Row] {
    var predictors: [String] = []
    for row in rows where !predictors.contains(row.predictor) { predictors.append(row.predictor) }
    return predictors.flatMap { name in rows.filter { $0.predictor == name } }
  }

  /// What the numbers are of, where that is not plain.
  private var kindOfNumbers: String? {
    guard figures == .allRows else { return "Numbers are \(figures.rawValue)." }
    let isCalibrated = rows.contains { Calibration(name: $0.calibration)?.needsFitting == true }
    return isCalibrated
      ? "Numbers are of all images; calibrated ones are cross-fitted or fitted on other images."
      : nil
  }

  private static func line(
    _ predictor: String, _ calibration: String, _ temperature: String, _ groups: [String]
  ) -> String {
    predictor.leftAligned(16) + calibration.leftAligned(21) + temperature.rightAligned(8)
      + groups.joined()
  }

  private static func cells(_ scores: Scores) -> String {
    let texts = [
      scores.accuracy.map { fixed(100 * $0, 2) + " %" }, scores.nll.map { fixed($0, 4) },
      scores.ece.map { fixed($0, 4) }, scores.auroc.map { fixed($0, 4) },
    ]
    return texts.map { ($0 ?? "–").rightAligned(9) }.joined() + "  "
  }

  private static func fixed(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }
}

extension SummaryTable.Scores {
  fileprivate init(_ values: MetricValues<Metric>) {
    accuracy = values[.accuracy]
    nll = values[.negativeLogLikelihood]
    ece = values[.calibrationError]
    auroc = values[.misclassificationAUROC]
  }
}
