import Formats
import Foundation
import Scoring

/// Another run, whose ensemble's errors without calibration the mean corruption error is relative to.
package struct Baseline: Sendable {
  /// The run's name in its tables.
  package let name: String
  package let errors: CorruptionErrors

  /// Reads `cells.csv` in a run's folder.
  ///
  /// - Throws: `EvaluationError.unusableTable` naming what is missing, `CSVError` or `FileError`.
  package init(folder: URL) throws {
    let url = folder.appendingPathComponent("cells.csv")
    let table = try CSVTable(contentsOf: url)
    func column(_ name: String) throws -> [String] {
      guard let column = table.column(name) else {
        throw EvaluationError.unusableTable(url, "expected a column \(name)")
      }
      return column
    }
    let (predictors, calibrations) = (try column("predictor"), try column("calibration"))
    let (corruptions, severities) = (try column("corruption"), try column("severity"))
    let accuracies = try column("accuracy")
    let rows = table.rows.indices.filter {
      predictors[$0] == Predictor.ensemble.name
        && calibrations[$0] == Calibration.none.rawValue
    }
    var (cells, clean): ([Cell: Double], Double?) = ([:], nil)
    for row in rows {
      guard let severity = Int(severities[row]), let accuracy = Double(accuracies[row]) else {
        throw EvaluationError.unusableTable(
          url,
          "row \(row + 1): expected a severity and an accuracy, found "
            + "\"\(severities[row])\" and \"\(accuracies[row])\"")
      }
      if severity == 0 {
        clean = 1 - accuracy
      } else {
        cells[Cell(corruption: corruptions[row], severity: severity)] = 1 - accuracy
      }
    }
    guard let first = rows.first else {
      throw EvaluationError.unusableTable(
        url, "expected rows of the predictor ensemble under the calibration none")
    }
    name = try column("run")[first]
    errors = CorruptionErrors(cells: cells, clean: clean)
  }
}
