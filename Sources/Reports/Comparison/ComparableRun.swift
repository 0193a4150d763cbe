import Foundation
import Scoring

/// A run's stored predictions, and what says that another's are of the same images.
struct ComparableRun: Sendable {
  let folder: URL
  let information: RunInformation
  let predictions: RunPredictions
  /// The cells that are stored, `clean` first, then by corruption and severity.
  let cells: [Cell]
  /// M and K of the clean predictions.
  let memberCount: Int
  let classCount: Int

  /// Reads the record and the labels in `folder`, and looks for predictions.
  ///
  /// - Throws: `ReportsError`, `NumPyError` or `FileError`.
  init(folder: URL) throws {
    self.folder = folder
    information = try RunInformation(of: folder)
    guard let predictions = try RunPredictions(of: folder) else {
      throw ReportsError.missingPredictions(folder, "predictions/labels.npy")
    }
    self.predictions = predictions
    cells = Self.cells(in: predictions.folder)
    guard cells.first == .clean else {
      throw ReportsError.missingPredictions(folder, "predictions/\(Cell.clean.name).npy")
    }
    let clean = try predictions.logits(of: .clean)
    (memberCount, classCount) = (clean.memberCount, clean.classCount)
  }

  private static func cells(in folder: URL) -> [Cell] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let cells = names.compactMap { name in
      name.hasSuffix(".npy") ? Cell(name: String(name.dropLast(".npy".count))) : nil
    }.sorted {
      ($0.corruption, $0.severity) < ($1.corruption, $1.severity)
    }
    return cells.filter { $0 == .clean } + cells.filter { $0 != .clean }
  }

  /// Whether `score` made the run.
  var isOfAnybodysPredictions: Bool { information.isOfAnybodysPredictions }

  /// Makes sure that this run, and `other`, are of the same images.
  ///
  /// Where one of them was made by `score`, only labels and cells can tell.
  ///
  /// - Throws: `ReportsError.otherRun` naming the first thing that differs, or
  ///   `ReportsError.otherCells`.
  func check(isLike other: ComparableRun) throws {
    let (mine, its) = (information.origin, other.information.origin)
    let isScored = isOfAnybodysPredictions || other.isOfAnybodysPredictions
    if !isScored { try check("dataset", mine.dataset, its.dataset, other) }
    try check("images", "\(mine.images)", "\(its.images)", other)
    if !isScored { try check("data", mine.data, its.data, other) }
    try checkLabels(other)
    try check("classes", "\(classCount)", "\(other.classCount)", other)
    try checkCells(other)
    if !isScored { try checkCorruptions(other) }
  }

  private func check(
    _ field: String, _ mine: String, _ its: String, _ other: ComparableRun
  ) throws {
    guard mine == its else {
      throw ReportsError.otherRun(folder, other.folder, field: field, first: mine, second: its)
    }
  }

  private func checkLabels(_ other: ComparableRun) throws {
    let (mine, its) = (predictions.labels, other.predictions.labels)
    try check("number of labels", "\(mine.count)", "\(its.count)", other)
    if let row = mine.indices.first(where: { mine[$0] != its[$0] }) {
      try check("label in row \(row)", "\(mine[row])", "\(its[row])", other)
    }
  }

  private func checkCells(_ other: ComparableRun) throws {
    let (mine, its) = (Set(cells), Set(other.cells))
    guard mine == its else {
      throw ReportsError.otherCells(
        folder, other.folder, onlyFirst: cells.filter { !its.contains($0) }.map(\.name),
        onlySecond: other.cells.filter { !mine.contains($0) }.map(\.name))
    }
  }

  private func checkCorruptions(_ other: ComparableRun) throws {
    let names = cells.map(\.name)
    for (field, mine, its) in information.corruptionFields(beside: other.information, cells: names)
    {
      try check(field, mine, its, other)
    }
  }

  /// The predictor of this name.
  ///
  /// - Throws: `ReportsError.noSuchPredictor` naming those that there are.
  func predictor(named name: String) throws -> Predictor {
    let all = Predictor.predicting(memberCount: memberCount)
    guard let predictor = all.first(where: { $0.name == name }) else {
      throw ReportsError.noSuchPredictor(folder, name, expected: all.map(\.name))
    }
    return predictor
  }
}

extension RunPredictions {
  /// The logits of a cell; see `logits(corruption:severity:)`.
  func logits(of cell: Cell) throws -> LabeledLogits {
    try logits(corruption: cell.corruption, severity: cell.severity)
  }
}
