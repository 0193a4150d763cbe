import Formats
import Foundation
import Scoring

/// What an evaluation left in its folder: its tables and what made them.
package struct Run: Sendable {
  package let folder: URL
  /// The run's name, or more of its path where runs have equal names.
  package let label: String
  package let information: RunInformation
  /// Figures by corruption, severity, predictor and calibration.
  package let cells: ResultTable
  /// Figures by protocol, aggregate, predictor, calibration and metric.
  package let summary: ResultTable
  /// Confidence bins by corruption, severity, predictor, calibration and bin.
  package let reliability: ResultTable
  /// Figures by corruption, severity, calibration and pair of members; without rows for one member.
  package let diversity: ResultTable
  /// Figures by epoch, where the run's training left them.
  package let log: ResultTable?

  /// Reads the tables in `folder`.
  ///
  /// - Throws: `ReportsError`, `CSVError` or `FileError`, naming the file and the place.
  package init(folder: URL, label: String) throws {
    func table(_ name: String, keys: [String], text: [String], numbers: [String]) throws
      -> ResultTable
    {
      let url = folder.appendingPathComponent(name)
      guard FileManager.default.fileExists(atPath: url.path) else {
        throw ReportsError.missingFile(folder, name)
      }
      return try ResultTable(contentsOf: url, keys: keys, text: text, numbers: numbers)
    }
    let (cell, names) = (["corruption", "severity"], ["run", "dataset"])
    self.folder = folder
    self.label = label
    information = try RunInformation(of: folder)
    cells = try table(
      "cells.csv", keys: cell + ["predictor", "calibration"], text: names,
      numbers: ["temperature", "samples"] + Metric.allCases.map(\.rawValue))
    summary = try table(
      "summary.csv", keys: ["protocol", "aggregate", "predictor", "calibration", "metric"],
      text: names, numbers: ["value", "low", "high"])
    reliability = try table(
      "reliability.csv", keys: cell + ["predictor", "calibration", "bin"], text: names,
      numbers: ["lower", "upper", "count", "confidence", "accuracy"])
    diversity = try table(
      "diversity.csv", keys: cell + ["calibration", "pair"], text: names,
      numbers: ["samples"] + DiversityFigure.allCases.map(\.rawValue) + ["no_shared_error"])
    log = try Self.log(of: folder)
    for table in [cells, summary] where table.keys.isEmpty { throw ReportsError.noRows(table.file) }
    try checkSeverities()
  }

  /// The log of the training, whose epochs are finite numbers; nil where there is none or it has no
  /// row yet.
  private static func log(of folder: URL) throws -> ResultTable? {
    let url = folder.appendingPathComponent("logs.csv")
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    let header = try CSVTable(contentsOf: url).header
    let log = try ResultTable(
      contentsOf: url, keys: ["epoch"], numbers: header.filter { $0 != "epoch" })
    for (index, key) in log.keys.enumerated() where Double(key[0])?.isFinite != true {
      throw ReportsError.wrongField(
        url, row: index + 1, column: "epoch", expected: "a number", found: key[0])
    }
    return log.keys.isEmpty ? nil : log
  }

  private func checkSeverities() throws {
    for (index, key) in cells.keys.enumerated() where Int(key[1]).map({ $0 >= 0 }) != true {
      throw ReportsError.wrongField(
        cells.file, row: index + 1, column: "severity", expected: "a whole number", found: key[1])
    }
  }
}

extension Run {
  /// The name of the clean test set in the column of corruptions.
  static let clean = "clean"

  /// The corruptions in the order of the tables, without `clean`.
  package var corruptions: [String] { cells.values(of: "corruption").filter { $0 != Self.clean } }

  /// The severities of corrupted cells, rising.
  package var severities: [Int] {
    cells.values(of: "severity").compactMap(Int.init).filter { $0 > 0 }.sorted()
  }

  package var predictors: [String] { cells.values(of: "predictor") }
  package var calibrations: [String] { cells.values(of: "calibration") }

  /// The predictor that a figure shows unless it shows several: the ensemble, where there is one.
  var mainPredictor: String {
    let ensemble = Predictor.ensemble.name
    return predictors.contains(ensemble) ? ensemble : predictors[0]
  }

  /// The calibrations that figures show: the first of the run, and the first one that was fitted.
  package var shownCalibrations: [String] {
    let fitted = Calibration.allCases.filter(\.needsFitting).map(\.rawValue)
      .first(where: calibrations.contains)
    return [calibrations[0]] + [fitted].compactMap { $0 }.filter { $0 != calibrations[0] }
  }

  /// A figure of one cell.
  func figure(
    _ metric: String, corruption: String, severity: Int, predictor: String, calibration: String
  ) -> Double? {
    cells[[corruption, "\(severity)", predictor, calibration], metric]?.value
  }

  /// The mean of a figure over the given cells, nil where one of them has none.
  func mean(
    _ metric: String, over cells: [(corruption: String, severity: Int)], predictor: String,
    calibration: String
  ) -> Double? {
    let values = cells.map {
      figure(
        metric, corruption: $0.corruption, severity: $0.severity, predictor: predictor,
        calibration: calibration)
    }
    return Self.mean(values)
  }

  static func mean(_ values: [Double?]) -> Double? {
    let defined = values.compactMap { $0 }
    guard defined.count == values.count, !defined.isEmpty else { return nil }
    return defined.reduce(0, +) / Double(defined.count)
  }

  /// The cells of `corruptions` at `severities`; at severity 0 the clean one.
  func cells(
    of corruptions: [String], severities: [Int]
  ) -> [(corruption: String, severity: Int)] {
    severities.flatMap { severity in
      severity == 0
        ? [(Self.clean, 0)] : corruptions.map { (corruption: $0, severity: severity) }
    }
  }

  /// The corruptions of each family, families and corruptions in the order of the tables.
  package var families: [(name: String, corruptions: [String])] {
    var families: [(name: String, corruptions: [String])] = []
    for corruption in corruptions {
      let published = Cell.publishedName(of: corruption)
      let name = information.scoring?.families?[published] ?? "other"
      if let place = families.firstIndex(where: { $0.name == name }) {
        families[place].corruptions.append(corruption)
      } else {
        families.append((name, [corruption]))
      }
    }
    return families
  }
}
