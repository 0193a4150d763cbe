import Foundation
import Runs
import Scoring

/// A finished evaluation as its folder describes it: the tables and the record.
package struct Run: Sendable {
  package let folder: RunFolder
  /// The run's name, or more of its path where runs have equal names.
  package let label: String
  package let record: RunRecord
  /// Scores by corruption, severity, predictor and calibration.
  package let cells: ResultTable
  /// Scores by protocol, aggregate, predictor, calibration and metric.
  package let summary: ResultTable
  /// Confidence bins by corruption, severity, predictor, calibration and bin.
  package let reliability: ResultTable
  /// Scores by corruption, severity, calibration and pair of members; without rows for one member.
  package let diversity: ResultTable
  /// Prediction sets by corruption, severity, predictor, method and α; nil without any.
  package let conformal: ResultTable?
  /// Scores by corruption, severity, predictor, calibration and class; nil without any.
  package let classes: ResultTable?
  /// Detections by images of no class, cell, predictor, calibration and score; nil without any.
  package let outOfDistribution: ResultTable?
  /// Scores by epoch, where the run's training left them.
  package let log: ResultTable?

  /// Reads the tables in `folder`.
  ///
  /// - Throws: `RunsError`, `CSVError` or `FileError`, naming the file and what is wrong in it.
  package init(folder: RunFolder, label: String) throws {
    self.folder = folder
    self.label = label
    record = try RunRecord.read(from: folder)
    cells = try TableFormat.cells.read(in: folder)
    summary = try TableFormat.summary.read(in: folder)
    reliability = try TableFormat.reliability.read(in: folder)
    diversity = try TableFormat.diversity.read(in: folder)
    let additions = record.additions
    conformal = additions.alphas == nil ? nil : try TableFormat.conformal.read(in: folder)
    classes = additions.classes == true ? try TableFormat.classes.read(in: folder) : nil
    outOfDistribution =
      additions.outOfDistribution == nil
      ? nil : try TableFormat.outOfDistribution.read(in: folder)
    log = try EpochRecord.read(folder.log)
    for table in [cells, summary] where table.keys.isEmpty { throw RunsError.noRows(table.file) }
    try checkSeverities()
  }

  private func checkSeverities() throws {
    for (index, key) in cells.keys.enumerated() where Int(key[1]).map({ $0 >= 0 }) != true {
      throw RunsError.wrongField(
        cells.file, row: index + 1, column: "severity", expected: "a whole number", found: key[1])
    }
  }
}

extension Run {
  /// What nothing proves of the run's predictions; nil where all is proven.
  ///
  /// - Throws: `RunsError.otherPredictions` or `.unrecordedPredictions` for a file that is not the run's;
  ///   `FileError`.
  func doubt(
    threadCount: Int, hashed: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> String? {
    let proof = try PredictionProof(of: folder, threadCount: threadCount, advanced: hashed)
    try proof.check()
    return proof.note(on: label)
  }

  /// The corruptions in the order of the tables, without the clean test set.
  package var corruptions: [String] {
    cells.values(of: "corruption").filter { $0 != Cell.clean.corruption }
  }

  /// The severities of corrupted cells, in rising order.
  package var severities: [Int] {
    cells.values(of: "severity").compactMap(Int.init).filter { $0 > 0 }.sorted()
  }

  /// Severity 0, which is the clean test set, and those of 1, 3 and 5 that the run has.
  var sampledSeverities: [Int] { [0] + [1, 3, 5].filter(severities.contains) }

  /// The name of a severity in the legends and titles of figures.
  static func severityName(_ severity: Int) -> String {
    severity == 0 ? Cell.clean.corruption : "severity \(severity)"
  }

  package var predictors: [String] { cells.values(of: "predictor") }
  package var calibrations: [String] { cells.values(of: "calibration") }

  /// The predictor that a figure of one predictor shows: that of the first row.
  package var mainPredictor: String { predictors[0] }

  /// The names of the members that the run has rows of.
  var members: [String] {
    predictors.indices.map { Predictor.member($0).name }.filter(predictors.contains)
  }

  /// The calibrations that figures show: the first of the run, and the first that was fitted.
  package var shownCalibrations: [String] {
    let fitted = Calibration.all.filter(\.needsFitting).map(\.name)
      .first(where: calibrations.contains)
    return [calibrations[0]] + [fitted].compactMap { $0 }.filter { $0 != calibrations[0] }
  }

  /// The cells of `corruptions` at `severities`; severity 0 is the clean test set.
  func cells(of corruptions: [String], severities: [Int]) -> [Cell] {
    severities.flatMap { severity in
      severity == 0
        ? [.clean] : corruptions.map { Cell(corruption: $0, severity: severity) }
    }
  }

  /// The cells of a corruption at all severities, or the clean test set by its name.
  func cells(of corruption: String) -> [Cell] {
    cells(
      of: [corruption], severities: corruption == Cell.clean.corruption ? [0] : severities)
  }

  /// The value of a metric on one cell.
  func value(of metric: Metric, on cell: Cell, predictor: String, calibration: String) -> Double? {
    number(metric.name, on: cell, predictor: predictor, calibration: calibration)
  }

  /// The temperature that was fitted for one cell.
  func temperature(on cell: Cell, predictor: String, calibration: String) -> Double? {
    number("temperature", on: cell, predictor: predictor, calibration: calibration)
  }

  private func number(
    _ column: String, on cell: Cell, predictor: String, calibration: String
  ) -> Double? {
    cells[[cell.corruption, "\(cell.severity)", predictor, calibration], column]?.value
  }

  /// The mean of a metric over `cells`; nil where one of them has no value.
  func mean(
    of metric: Metric, over cells: [Cell], predictor: String, calibration: String
  ) -> Double? {
    RunningMean.mean(
      of: cells.map { value(of: metric, on: $0, predictor: predictor, calibration: calibration) })
  }

  /// The protocol of the published benchmark that the page's means over corrupted cells are of; nil where
  /// they are of all.
  private var publishedProtocol: (name: String, kinds: [CorruptionKind])? {
    guard let name = summary.protocolOfMeans, let kinds = record.scoring?.kinds else { return nil }
    if name.hasPrefix(CorruptionProtocol.Name.c15.rawValue) {
      return (name, kinds.filter(\.isBenchmark))
    }
    return FindingTables.isPublished(name) ? (name, kinds) : nil
  }

  /// The corruptions that means over a severity are taken over: those of the page's first numbers.
  var averagedCorruptions: [String] {
    guard let kinds = publishedProtocol?.kinds else { return corruptions }
    let names = Set(kinds.map(\.name))
    return corruptions.filter { names.contains(Cell.publishedName(of: $0)) }
  }

  /// What means over a severity are taken over, as a sentence.
  var remarkOnMeans: String {
    "Means over \(publishedProtocol.map { "the corruptions of \($0.name)" } ?? "all corruptions")."
  }

  /// The corruptions of each family, families and corruptions in the order of the tables.
  package var families: [(name: String, corruptions: [String])] {
    var families: [(name: String, corruptions: [String])] = []
    for corruption in corruptions {
      let published = Cell.publishedName(of: corruption)
      let name = record.scoring?.family(of: published) ?? "other"
      if let index = families.firstIndex(where: { $0.name == name }) {
        families[index].corruptions.append(corruption)
      } else {
        families.append((name, [corruption]))
      }
    }
    return families
  }
}

extension Run {
  /// The published names of corruptions that a substitute stands in for among those that `aggregate`
  /// of a protocol is taken over; none for clean images.
  func substitutes(in aggregate: String) -> [String] {
    let ofAll = [CorruptionAggregate.macro, .pooled] + severities.map { .severity($0) }
    return families.flatMap { family, corruptions in
      corruptions.compactMap { corruption in
        let published = Cell.publishedName(of: corruption)
        let names = ofAll.map(\.name) + [family, published]
        return published != corruption && names.contains(aggregate) ? published : nil
      }
    }
  }
}

/// Names by which people tell runs apart.
package enum RunLabels {
  /// The `names` of the runs in `folders`; for runs with equal names, as few trailing components of
  /// their paths as make them differ.
  package static func labels(for folders: [URL], names: [String]) -> [String] {
    zip(folders, names).map { folder, name in
      let equal = zip(folders, names).filter { $0.1 == name }.map(\.0)
      guard equal.count > 1 else { return name }
      let paths = equal.map(components)
      let longest = paths.map(\.count).max() ?? 1
      let count = (1...longest).first { count in
        Set(paths.map { Array($0.suffix(count)) }).count == paths.count
      }
      return components(folder).suffix(count ?? longest).joined(separator: "/")
    }
  }

  private static func components(_ folder: URL) -> [String] {
    folder.standardizedFileURL.pathComponents.filter { $0 != "/" }
  }
}
