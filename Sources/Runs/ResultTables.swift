import Formats
import Foundation
import Scoring

/// The columns of the tables of an evaluation.
extension TableFormat {
  private static let cellColumns = ["corruption", "severity"]
  /// What calibrations were fitted on, and so what kind of number a row holds; see `Figures`.
  private static let fitting = LaterColumn("fitting", .word)

  /// One row for each cell, calibration and predictor, a column for each metric.
  ///
  /// `temperature_at_bound` is 1 where the temperature is that of a bound, or a mean with it. The columns of
  /// `MetricGroup.all` follow, of the groups that were asked for.
  package static let cells = TableFormat(
    fileName: "cells.csv", keys: cellColumns + ["predictor", "calibration"],
    numbers: ["temperature", "samples"] + Metric.all.map(\.name),
    later: [LaterColumn("temperature_at_bound", .number), fitting]
      + MetricGroup.all.flatMap(\.metrics).map { LaterColumn($0.name, .number) })

  /// One row for each cell, calibration and pair of members, and for the mean over pairs.
  ///
  /// `no_shared_error` is 1 where no image was wrong for both members, so that the ratio of errors is
  /// the one that MixMo defines for this case.
  package static let diversity = TableFormat(
    fileName: "diversity.csv", keys: cellColumns + ["calibration", "pair"],
    numbers: ["samples"] + DiversityMetric.all.map(\.name) + ["no_shared_error"],
    later: [fitting])

  /// One row for each cell, calibration, predictor and confidence bin, and for each half where the
  /// numbers of `cells` are means over halves.
  package static let reliability = TableFormat(
    fileName: "reliability.csv", keys: cellColumns + ["predictor", "calibration", "bin"],
    numbers: ["lower", "upper", "count", "confidence", "accuracy"],
    later: [LaterColumn("half", .key), fitting])

  /// One row for each protocol, predictor, calibration, aggregate and metric.
  ///
  /// `interval` says how the interval was made: an `Interval.Kind`, or nothing where there is none.
  /// `substitute` has the corruptions that a substitute stands in for among those of the row.
  package static let summary = TableFormat(
    fileName: "summary.csv",
    keys: ["protocol", "aggregate", "predictor", "calibration", "metric"],
    numbers: ["value", "low", "high"],
    later: [fitting, LaterColumn("interval", .word), LaterColumn("substitute", .word)])

  /// The tables that every finished evaluation leaves.
  package static let results = [cells, diversity, reliability, summary]
  /// The tables that an evaluation leaves where they are asked for.
  package static let optional = [conformal, classes, outOfDistribution]
}

/// Writes the tables of an evaluation.
package struct ResultTables: Sendable {
  package let runName: String
  package let datasetName: String
  /// What calibrations were fitted on.
  package let fitting: String
  private let cube: ScoreCube

  package init(runName: String, datasetName: String, fitting: String, cube: ScoreCube) {
    self.runName = runName
    self.datasetName = datasetName
    self.fitting = fitting
    self.cube = cube
  }

  /// Writes the tables into `folder`; one that is the same already stays as it is, and one that was not
  /// asked for is removed.
  ///
  /// - Throws: `FileError.unwritable`.
  package func write(to folder: RunFolder) throws {
    let all = all
    for (format, table) in all {
      let (url, bytes) = (folder.table(format), Data(table.text.utf8))
      if (try? Data(contentsOf: url)) != bytes { try AtomicFile.write(bytes, to: url) }
    }
    for format in TableFormat.optional where !all.contains(where: { $0.0 == format }) {
      let url = folder.table(format)
      guard unlink(url.path) == 0 || errno == ENOENT else { throw FileError.unwritable(url, errno) }
    }
  }

  /// The tables that are written, with their files.
  package var all: [(TableFormat, CSVTable)] {
    [
      (.cells, cells), (.diversity, diversity), (.reliability, reliability), (.summary, summary),
    ] + (cube.sets.isEmpty ? [] : [(.conformal, conformal)])
      + (cube.classes.isEmpty ? [] : [(.classes, classes)])
      + (cube.detections.isEmpty ? [] : [(.outOfDistribution, outOfDistribution)])
  }

  package var cells: CSVTable {
    let added = MetricGroup.all.flatMap(\.metrics)
    let asked = cube.addedMetrics
    let header = TableFormat.cells.header.filter { name in
      asked.contains { $0.name == name } || !added.contains { $0.name == name }
    }
    return table(header) { key, scores in
      scores.predictors.map { row in
        key + [row.predictor.name, scores.calibration.name]
          + [CSVTable.field(row.temperature), "\(row.sampleCount)"]
          + Metric.all.map { CSVTable.field(row.values[$0]) }
          + [row.temperature == nil ? "" : row.isTemperatureAtBound ? "1" : "0", fitting]
          + asked.map { CSVTable.field(row.values[$0]) }
      }
    }
  }

  package var diversity: CSVTable {
    table(TableFormat.diversity.header) { key, scores in
      scores.diversity.map { row in
        key + [scores.calibration.name, row.pair.name, "\(row.sampleCount)"]
          + DiversityMetric.all.map { CSVTable.field(row.values[$0]) }
          + [row.hasNoSharedError ? "1" : "0", fitting]
      }
    }
  }

  package var reliability: CSVTable {
    table(TableFormat.reliability.header) { key, scores in
      scores.predictors.flatMap { row in
        row.reliability.enumerated().flatMap { half, table -> [[String]] in
          let key = key + [row.predictor.name, scores.calibration.name]
          let half = row.reliability.count > 1 ? "\(half)" : ""
          return table.bins.enumerated().map { index, bin -> [String] in
            let numbers = [bin.meanConfidence, bin.accuracy].map(CSVTable.field)
            let edges = [CSVTable.field(bin.lower), CSVTable.field(bin.upper)]
            return key + ["\(index)"] + edges + ["\(bin.count)"] + numbers + [half, fitting]
          }
        }
      }
    }
  }

  package var conformal: CSVTable {
    var table = CSVTable(header: TableFormat.conformal.header)
    for sets in cube.sets {
      let key = [runName, datasetName, sets.cell.corruption, "\(sets.cell.severity)"]
      for row in sets.rows { table.append(key + row.fields + [fitting]) }
    }
    return table
  }

  package var classes: CSVTable {
    var table = CSVTable(header: TableFormat.classes.header)
    for result in cube.classes {
      let key = [runName, datasetName, result.cell.corruption, "\(result.cell.severity)"]
      for subject in result.subjects {
        let names = [subject.predictor.name, subject.calibration.name]
        for row in subject.classes {
          table.append(
            key + names + row.fields(names: cube.classNames) + [fitting]
              + row.intervalFields)
        }
      }
    }
    return table
  }

  package var outOfDistribution: CSVTable {
    var table = CSVTable(header: TableFormat.outOfDistribution.header)
    for result in cube.detections {
      for group in result.groups {
        let counts = ["\(result.imageCount)", "\(group.outsideCount)"]
        for row in group.detections {
          table.append(
            [runName, datasetName, group.set, result.cell.shiftName, row.predictor.name]
              + [group.calibration.name, row.score.name] + counts + row.fields + [fitting])
        }
      }
    }
    return table
  }

  package var summary: CSVTable {
    var table = CSVTable(header: TableFormat.summary.header)
    for row in cube.summary {
      table.append(
        [runName, datasetName, row.protocolName, row.aggregate, row.predictor.name]
          + [row.calibration.name, row.metric, CSVTable.field(row.value)]
          + [CSVTable.field(row.interval?.low), CSVTable.field(row.interval?.high), fitting]
          + [row.interval?.kind?.rawValue ?? "", row.substitutes.joined(separator: " ")])
    }
    return table
  }

  /// A table of the rows that each cell has under each calibration; `rows` is given the fields of the
  /// run and the cell that rows begin with.
  private func table(
    _ header: [String], _ rows: (_ key: [String], CellScores) -> [[String]]
  ) -> CSVTable {
    var table = CSVTable(header: header)
    for result in cube.cells {
      let key = [runName, datasetName, result.cell.corruption, "\(result.cell.severity)"]
      for scores in result.scores { rows(key, scores).forEach { table.append($0) } }
    }
    return table
  }
}

extension Cell {
  /// The cells that `cells.csv` of a run has rows of, in their order.
  ///
  /// - Throws: `RunsError`, `CSVError` or `FileError`.
  package static func scored(in folder: RunFolder) throws -> [Cell] {
    let table = try ResultTable(
      contentsOf: folder.table(.cells), keys: TableFormat.cells.keys, constants: ["run"],
      numbers: [Metric.accuracy.name])
    var seen: Set<Cell> = []
    return try table.keys.enumerated().compactMap { index, key in
      guard let severity = Int(key[1]) else {
        throw RunsError.wrongField(
          table.file, row: index + 1, column: "severity", expected: "a number", found: key[1])
      }
      let cell = Cell(corruption: key[0], severity: severity)
      return seen.insert(cell).inserted ? cell : nil
    }
  }
}

extension CorruptionErrors {
  /// The errors of each predictor under each calibration, from `cells.csv` of a run.
  ///
  /// - Returns: The run's name, the name of the predictor of its first row, and the errors by the names
  ///   of predictor and calibration.
  /// - Throws: `RunsError`, `CSVError` or `FileError`.
  package static func read(
    of folder: RunFolder
  ) throws -> (run: String, mainPredictor: String, errors: [[String]: CorruptionErrors]) {
    let table = try ResultTable(
      contentsOf: folder.table(.cells), keys: TableFormat.cells.keys, constants: ["run"],
      numbers: [Metric.accuracy.name])
    var corrupted: [[String]: [Cell: Double]] = [:]
    var clean: [[String]: Double] = [:]
    for (index, key) in table.keys.enumerated() {
      func number<Value>(_ value: Value?, _ column: String, found: String) throws -> Value {
        guard let value else {
          throw RunsError.wrongField(
            table.file, row: index + 1, column: column, expected: "a number", found: found)
        }
        return value
      }
      let severity = try number(Int(key[1]), "severity", found: key[1])
      let accuracy = try number(table[key, Metric.accuracy.name], "accuracy", found: "")
      let (cell, row) = (Cell(corruption: key[0], severity: severity), Array(key[2...]))
      corrupted[row, default: [:]][cell] = severity == 0 ? nil : 1 - accuracy.value
      if severity == 0 { clean[row] = 1 - accuracy.value }
    }
    let errors = corrupted.reduce(into: [[String]: CorruptionErrors]()) { errors, row in
      errors[row.key] = CorruptionErrors(cells: row.value, clean: clean[row.key])
    }
    guard let main = table.values(of: "predictor").first else {
      throw RunsError.noRows(table.file)
    }
    guard errors[[main, Calibration.none.name]] != nil else {
      throw RunsError.noUncalibrated(table.file, predictor: main)
    }
    return (table.constants["run"] ?? "", main, errors)
  }
}
