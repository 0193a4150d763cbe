import Predictions
import Runs
import Scoring

/// A run's stored predictions, with what tells whether another run's are of the same images.
struct ComparableRun: Sendable {
  let folder: RunFolder
  let record: RunRecord
  let labels: [Int]  // [N]
  /// The stored cells: the clean one first, then by corruption and severity.
  let cells: [Cell]
  /// M, from the clean predictions.
  let memberCount: Int
  /// K, from the clean predictions.
  let classCount: Int

  /// Reads the record and the labels in `folder`, and finds the stored predictions.
  ///
  /// - Throws: `RunsError`, `PredictionFileError`, `NumPyError` or `FileError`.
  init(folder: RunFolder) throws {
    self.folder = folder
    record = try RunRecord.read(from: folder)
    let store = folder.predictions
    labels = try store.labels()
    cells = store.cells()
    guard store.contains(.clean) else {
      let file = store.url(of: .clean).lastPathComponent
      throw RunsError.missingPredictions(folder.url, "\(store.folder.lastPathComponent)/\(file)")
    }
    let clean = try store.logits(of: .clean, labels: labels)
    (memberCount, classCount) = (clean.memberCount, clean.classCount)
  }

  /// The logits of a cell, with the shape of the clean ones; they stay in their file.
  ///
  /// - Throws: `RunsError.wrongShape`, `PredictionFileError`, `NumPyError` or `FileError`.
  func logits(of cell: Cell) throws -> LabeledLogits {
    try folder.predictions.logits(
      of: cell, labels: labels, memberCount: memberCount, classCount: classCount)
  }

  /// Checks that this run and `other` are of the same images, their errors of the same bins and their
  /// numbers of one kind, with `isCalibrated` those of fitted calibrations.
  ///
  /// Where `mixmo score` made one of them, only labels and cells can be compared.
  ///
  /// - Throws: `ReportsError.otherRun` naming the first thing that differs, or
  ///   `ReportsError.otherCells`.
  func check(isLike other: ComparableRun, isCalibrated: Bool = false) throws {
    try check(.sameImages, other)
    try check(.sameBinning, other)
    try check(.sameSets, other)
    try check(.sameFigures(areFitted: isCalibrated), other)
    try checkLabels(other)
    try check("classes", "\(classCount)", "\(other.classCount)", other)
    try checkCells(other)
    try check(.sameCorruptedImages(cells), other)
  }

  private func check(_ relation: RunRecord.Relation, _ other: ComparableRun) throws {
    if let difference = record.difference(from: other.record, as: relation) {
      throw ReportsError.otherRun(folder, other.folder, difference)
    }
  }

  private func check(
    _ field: String, _ mine: String, _ its: String, _ other: ComparableRun
  ) throws {
    guard mine == its else {
      throw ReportsError.otherRun(
        folder.url, other.folder.url, field: field, first: mine, second: its)
    }
  }

  private func checkLabels(_ other: ComparableRun) throws {
    let (mine, its) = (labels, other.labels)
    try check("number of labels", "\(mine.count)", "\(its.count)", other)
    if let row = mine.indices.first(where: { mine[$0] != its[$0] }) {
      try check("label in row \(row)", "\(mine[row])", "\(its[row])", other)
    }
  }

  private func checkCells(_ other: ComparableRun) throws {
    let (mine, its) = (Set(cells), Set(other.cells))
    guard mine == its else {
      throw ReportsError.otherCells(
        folder.url, other.folder.url, onlyFirst: cells.filter { !its.contains($0) }.map(\.name),
        onlySecond: other.cells.filter { !mine.contains($0) }.map(\.name))
    }
  }

  /// The predictor that is meant by `name`, or the run's own where it is nil; see `PredictorChoice`.
  ///
  /// - Throws: `ReportsError.noSuchPredictor` naming those that exist.
  func predictor(named name: String?) throws -> Predictor {
    let all = Predictor.predicting(memberCount: memberCount)
    let main = record.mainPredictor(memberCount: memberCount)
    guard let name else { return main }
    let found = PredictorChoice.name(name, main: main.name, among: all.map(\.name))
    guard let predictor = all.first(where: { $0.name == found }) else {
      throw ReportsError.noSuchPredictor(folder.url, name, expected: all.map(\.name))
    }
    return predictor
  }
}
