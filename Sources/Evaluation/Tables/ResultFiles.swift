import Formats
import Foundation
import Scoring

/// The tables of an evaluation: `cells.csv`, `diversity.csv`, `reliability.csv` and `summary.csv`.
package struct ResultFiles: Sendable {
  package let runName: String
  package let datasetName: String
  private let cube: ScoreCube

  package init(runName: String, datasetName: String, cube: ScoreCube) {
    self.runName = runName
    self.datasetName = datasetName
    self.cube = cube
  }

  /// Writes the four tables into `folder`.
  ///
  /// - Throws: `FileError.unwritable`.
  package func write(to folder: URL) throws {
    for (name, table) in [
      ("cells", cells), ("diversity", diversity), ("reliability", reliability),
      ("summary", summary),
    ] {
      try AtomicFile.write(table.text, to: folder.appendingPathComponent("\(name).csv"))
    }
  }

  /// One row for each cell, calibration and predictor, a column for each metric.
  package var cells: CSVTable {
    var table = CSVTable(
      header: Self.cellColumns + ["predictor", "calibration", "temperature", "samples"]
        + Metric.allCases.map(\.rawValue))
    forEachScores { place, scores in
      for row in scores.predictors {
        table.append(
          place + [row.predictor.name, scores.calibration.rawValue]
            + [CSVTable.field(row.temperature), "\(row.sampleCount)"]
            + Metric.allCases.map { CSVTable.field(row.figures[$0]) })
      }
    }
    return table
  }

  /// One row for each cell, calibration and pair of members, and for the mean over pairs.
  ///
  /// `no_shared_error` is 1 where no image was wrong for both, and MixMo's rule gave the ratio.
  package var diversity: CSVTable {
    var table = CSVTable(
      header: Self.cellColumns + ["calibration", "pair", "samples"]
        + DiversityFigure.allCases.map(\.rawValue) + ["no_shared_error"])
    forEachScores { place, scores in
      for row in scores.diversity {
        table.append(
          place + [scores.calibration.rawValue, row.pair.name, "\(row.sampleCount)"]
            + DiversityFigure.allCases.map { CSVTable.field(row.figures[$0]) }
            + [row.hasNoSharedError ? "1" : "0"])
      }
    }
    return table
  }

  /// One row for each cell, calibration, predictor and confidence bin.
  package var reliability: CSVTable {
    var table = CSVTable(
      header: Self.cellColumns + [
        "predictor", "calibration", "bin", "lower", "upper", "count", "confidence", "accuracy",
      ])
    forEachScores { place, scores in
      for row in scores.predictors {
        for (index, bin) in (row.reliability?.bins ?? []).enumerated() {
          table.append(
            place + [row.predictor.name, scores.calibration.rawValue, "\(index)"]
              + [CSVTable.field(bin.lower), CSVTable.field(bin.upper), "\(bin.count)"]
              + [CSVTable.field(bin.meanConfidence), CSVTable.field(bin.accuracy)])
        }
      }
    }
    return table
  }

  /// One row for each protocol, predictor, calibration, aggregate and metric.
  package var summary: CSVTable {
    var table = CSVTable(
      header: [
        "run", "dataset", "protocol", "aggregate", "predictor", "calibration", "metric", "value",
        "low", "high",
      ])
    for row in cube.summary {
      table.append(
        [runName, datasetName, row.protocolName, row.aggregate, row.predictor.name]
          + [row.calibration.rawValue, row.metric, CSVTable.field(row.value)]
          + [CSVTable.field(row.interval?.low), CSVTable.field(row.interval?.high)])
    }
    return table
  }

  private static let cellColumns = ["run", "dataset", "corruption", "severity"]

  private func forEachScores(_ body: (_ place: [String], CellScores) -> Void) {
    for result in cube.cells {
      let place = [runName, datasetName, result.cell.corruption, "\(result.cell.severity)"]
      for scores in result.scores { body(place, scores) }
    }
  }
}
