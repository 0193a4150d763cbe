// N images, M members, K classes.

import Formats
import Foundation
import PredictionFiles
import Predictions
import Runs
import Scoring

/// Anybody's predictions of clean and corrupted images, in files of cells.
package struct GivenCells: PredictionSource {
  package let folder: RunFolder?
  private let runName: String
  private let reader: CellReader
  private let validation: Validation?
  private let members: RunRecord.Members
  private let notes: [String]
  private let seed: UInt64
  private let version: String

  /// Predictions of other images, to fit calibrations on.
  package struct Validation {
    let rows: PredictionReader.Rows
    let files: [URL]
    let labelFile: URL

    package init(_ rows: PredictionReader.Rows, files: [URL], labelFile: URL) {
      (self.rows, self.files, self.labelFile) = (rows, files, labelFile)
    }
  }

  /// - Parameters:
  ///   - reader: What reads the cells.
  ///   - validation: The predictions of other images, where calibrations are fitted on them.
  ///   - runName: The name in the `run` column.
  ///   - members: What the members are to one another, where there are several.
  ///   - folder: Where results go; nil where nothing is written.
  ///   - notes: What a user should know beside what the files say.
  ///   - seed: The seed of the scoring.
  ///   - version: The version of this program.
  package init(
    _ reader: CellReader, validation: Validation? = nil, runName: String,
    members: RunRecord.Members, folder: RunFolder?, notes: [String] = [], seed: UInt64,
    version: String
  ) {
    self.reader = reader
    self.validation = validation
    self.runName = runName
    self.members = members
    self.folder = folder
    self.notes = notes
    self.seed = seed
    self.version = version
  }

  private var cells: [Cell] { reader.folders.cells }

  package var place: String {
    folder?.predictions.folder.path
      ?? reader.folders.folders.map(\.url.path).joined(separator: ", ")
  }

  /// Reads and checks all cells.
  ///
  /// - Throws: `EvaluationError.interrupted`; what `CellReader.check(_:)` throws.
  package func open(
    for settings: ScoringSettings, _ monitor: EvaluationMonitor
  ) throws -> RunRecord {
    var sums: [ProbabilitySums] = []
    var (memberCount, impossible): (Int, [String]) = (1, [])
    for (index, cell) in cells.enumerated() {
      let rows = try reader.check(cell)
      if let sum = rows.sums { sums.append(sum) }
      if cell.isClean {
        memberCount = rows.memberCount
        impossible = try settings.notesOfImpossibleLabels(in: rows)
      }
      try monitor.report(
        .checked(
          imageCount: (index + 1) * reader.labels.count, of: cells.count * reader.labels.count))
    }
    try reader.checkChoices(and: validation.map { [$0.rows] } ?? [])
    let notes =
      reader.folders.notes + reader.notes.all + (validation?.rows.notes ?? []) + self.notes
      + Self.notes(on: sums, memberCount: memberCount) + impossible
    for note in notes { try monitor.report(.note(note)) }
    var record = try record(memberCount: memberCount, settings)
    record.keep(
      notes: notes, doubts: reader.notes.doubts + (validation?.rows.doubts ?? []))
    return record
  }

  /// How far from 1 probabilities sum.
  private static func notes(on sums: [ProbabilitySums], memberCount: Int) -> [String] {
    guard let sums = ProbabilitySums(merging: sums) else { return [] }
    return ["probabilities: \(sums.remark)"]
      + (memberCount > 1 ? ["probabilities: \(ProbabilitySums.remarkOnMembers)"] : [])
  }

  private func record(
    memberCount: Int, _ settings: ScoringSettings
  ) throws -> RunRecord {
    let (others, otherLabels) = (validation?.files ?? [], validation.map { [$0.labelFile] } ?? [])
    let labelFiles = [reader.labelFile] + otherLabels
    var record = RunRecord(
      origin: RunRecord.Origin(
        run: runName, dataset: RunRecord.Origin.predictionsDataset, images: reader.labels.count,
        checkpoint: try Digest(ofFiles: reader.files(of: .clean) + others).description,
        data: try Digest(ofFiles: labelFiles).description, suite: nil, seed: seed,
        version: version),
      cells: cells.filter { !$0.isClean }.reduce(into: [:]) {
        $0[$1.name] = reader.digest(of: $1)
      }, configuration: "")
    record.members = memberCount > 1 ? members : nil
    record.scoring = settings.record(memberCount: memberCount)
    record.precision = reader.precisions.joined(separator: ", ")
    record.inputs = try inputs(labelFiles, others)
    return record
  }

  /// The files that were read, each with its SHA-256.
  private func inputs(_ labelFiles: [URL], _ others: [URL]) throws -> RunRecord.Inputs {
    let files = reader.files + others
    let digests = try (files + labelFiles).map { url in
      (url.relativePath, try reader.digests[url] ?? Digest(ofFiles: [url]).description)
    }
    return RunRecord.Inputs(
      checkpoint: files.map(\.relativePath), data: labelFiles.map(\.relativePath),
      digests: Dictionary(digests) { first, _ in first })
  }

  /// Stores the predictions of all cells, from where they are scored; without a folder those that cannot
  /// stay in their files go to temporary ones.
  ///
  /// - Throws: `EvaluationError.interrupted`; what `CellReader.predictions(of:)` and `PredictionStore.store`
  ///   throw; `FileError.unwritable` for temporary files.
  package func predict(_ monitor: EvaluationMonitor) throws -> CellPredictions {
    let (labels, labelFile) = (reader.labels, reader.labelFile)
    guard let store = folder?.predictions else {
      let arrays = try cells.reduce(into: [:]) { $0[$1] = try predictions(of: $1).mapped() }
      return CellPredictions(cells: cells, imageCount: labels.count) { cell in
        guard let array = arrays[cell] else { throw EvaluationError.noPredictions(cell) }
        return try array.labeled(labels, from: labelFile)
      }
    }
    for (index, cell) in cells.enumerated() {
      try store.store(predictions(of: cell), of: cell, labels: labels)
      try monitor.report(
        .stored(imageCount: (index + 1) * labels.count, of: cells.count * labels.count))
    }
    if let rows = validation?.rows {
      try store.validation.store(rows.predictions, of: .clean, labels: rows.labels)
    }
    let clean = try store.logits(of: .clean, labels: labels)
    return CellPredictions(cells: cells, imageCount: labels.count) { cell in
      try store.logits(
        of: cell, labels: labels, memberCount: clean.memberCount, classCount: clean.classCount)
    }
  }

  /// The predictions of a cell: logits in Float64 where those of other cells are, so that all can be
  /// scored together where they are.
  private func predictions(of cell: Cell) throws -> PredictionArray {
    let predictions = try reader.predictions(of: cell)
    guard predictions.numbers == .logits, reader.precisions.count > 1 else { return predictions }
    return predictions.inFloat64
  }
}
