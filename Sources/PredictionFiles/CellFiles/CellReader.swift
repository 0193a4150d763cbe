// N rows, M members, K classes.

import Formats
import Foundation
import Predictions
import Runs
import Scoring
import TextTables

/// Reads anybody's predictions of cells, one cell after the other.
///
/// Nothing of a cell is kept in memory when the next is read; arrays in Float32 and Float64 stay in their
/// files, which must not change meanwhile.
package final class CellReader {
  package let folders: CellFolders
  package let labelFile: URL
  /// The class of each row that is scored.
  package private(set) var labels: [Int]  // [N]
  /// The columns that are compared; nil for all.
  package private(set) var columns: ComparedColumns?
  /// The label of each row of a cell's files.
  private let allLabels: [Int]
  /// The rows of a cell that are scored; nil for all.
  private let kept: [Int]?
  /// What a user should know of the files that were checked.
  package private(set) var notes = FileNotes()
  /// What there was to choose in, in the files that were checked.
  private(set) var choices: [FileChoices]
  /// SHA-256 of each file that was checked.
  package private(set) var digests: [URL: String] = [:]
  /// What the cells that were checked were given in, in words.
  package private(set) var precisions: [String] = []
  private let reader: PredictionReader
  /// The shape [N, M, K] of each file of a cell, and what its numbers are: those of the clean images.
  private var expected: (shape: [Int], numbers: PredictionNumbers)?
  /// The files of several cells that the latest cell is in.
  private var opened: [URL: PredictionArray] = [:]

  /// Reads the labels, of which `labelFile` holds one for each image or five equal blocks.
  ///
  /// - Throws: `CellFileError`; what `PredictionReader.read(_:labels:)` throws.
  package init(
    _ folders: CellFolders, labels labelFile: URL, mask: ClassMask? = nil,
    _ reader: PredictionReader
  ) throws {
    self.folders = folders
    self.labelFile = labelFile
    self.reader = reader
    let clean = folders.places(of: .clean)[0].file
    let read = try reader.taking(clean.name).labels(in: labelFile, of: clean.url)
    let kept = try KeptRows(read.labels, without: reader.ignoredLabel, of: labelFile)
    (allLabels, self.kept, labels) = (read.labels, kept?.rows, kept?.labels ?? read.labels)
    choices = [read.choices]
    if let kept { notes.add([kept.note], of: labelFile) }
    notes.add(read.notes.filter { $0.hasPrefix(labelFile.path) }, of: labelFile)
    digests[labelFile] = try Digest(ofFiles: [labelFile]).description
    try mask.map(compare)
  }

  /// Leaves out the columns that are not compared.
  private func compare(_ mask: ClassMask) throws {
    let clean = folders.places(of: .clean)[0].file
    let columns = try mask.columns(
      of: labels, in: labelFile, rows: kept,
      classCount: whole(clean, isChecking: false).classCount, predictions: clean.url.path)
    labels = try columns.labels(labels, in: labelFile, rows: kept)
    notes.add([columns.note(on: labelFile)], of: labelFile)
    self.columns = columns
  }

  /// Which rows of a cell's files are scored.
  package var selection: RowSelection { RowSelection(count: allLabels.count, rows: kept) }

  /// The files with the predictions of all cells, cell by cell.
  package var files: [URL] {
    var files: [URL] = []
    for url in folders.cells.flatMap({ self.files(of: $0) }) where !files.contains(url) {
      files.append(url)
    }
    return files
  }

  /// The files with the predictions of a cell, one for each member.
  package func files(of cell: Cell) -> [URL] { folders.places(of: cell).map(\.file.url) }

  /// SHA-256 of what was read of a cell: that of its file or, of several members, of the list of those of
  /// their files.
  package func digest(of cell: Cell) -> String {
    let all = files(of: cell).map { digests[$0] ?? "" }
    return all.count == 1 ? all[0] : Digest(of: Array(all.joined(separator: " ").utf8)).description
  }

  /// Reads a cell, checks all that is to be scored, and notes what a user should know.
  ///
  /// The clean cell comes first: others must have its shape.
  ///
  /// - Returns: The predictions `[N, M, K]` with their labels.
  /// - Throws: `CellFileError`; what `PredictionReader.read(_:labels:)` and `PredictionArray.labeled(_:from:)`
  ///   throw.
  @discardableResult
  package func check(_ cell: Cell) throws -> LabeledLogits {
    let members = try members(of: cell, isChecking: true)
    for member in members where members.count > 1 {
      _ = try member.labeled(labels, from: labelFile)
    }
    let predictions = Self.ensemble(of: members)
    if !precisions.contains(predictions.precision) { precisions.append(predictions.precision) }
    return try predictions.labeled(labels, from: labelFile)
  }

  /// The predictions `[N, M, K]` of a cell.
  ///
  /// - Throws: as `check(_:)`.
  package func predictions(of cell: Cell) throws -> PredictionArray {
    Self.ensemble(of: try members(of: cell, isChecking: false))
  }

  private static func ensemble(of members: [PredictionArray]) -> PredictionArray {
    members.count == 1 ? members[0] : PredictionArray(interleaving: members)
  }

  private func members(of cell: Cell, isChecking: Bool) throws -> [PredictionArray] {
    let places = folders.places(of: cell)
    let urls = Set(places.map(\.file.url))
    opened = opened.filter { urls.contains($0.key) }
    return try places.map { file, block in
      let whole = try whole(file, isChecking: isChecking)
      let all = whole.rows(
        allLabels.count * block..<allLabels.count * (block + 1),
        file: "\(file.url.path): \(cell.name)")
      let member = kept.map(all.selecting(rows:)) ?? all
      try check(member, of: cell, in: file)
      return try columns?.predictions(member) ?? member
    }
  }

  /// All rows of a file.
  private func whole(_ file: CellFile, isChecking: Bool) throws -> PredictionArray {
    if let array = opened[file.url] { return array }
    let cellCount = file.name.cells.count
    // Under a corruption a network may answer all images alike: its columns say nothing.
    let rows = try reader.taking(file.name).read(
      file.url, classes: Array(repeating: allLabels, count: cellCount).flatMap(\.self),
      checksColumns: isChecking && file.name.content == .cell(.clean))
    guard rows.predictions.rowCount == cellCount * allLabels.count else {
      throw CellFileError.wrongRowCount(
        file.url, file.name, expected: allLabels.count, found: rows.predictions.rowCount)
    }
    if isChecking {
      notes.add(rows.notes, doubts: rows.doubts, of: file.url)
      choices.append(rows.choices)
      digests[file.url] = try Digest(ofFiles: [file.url]).description
    }
    if cellCount > 1 { opened[file.url] = rows.predictions }
    return rows.predictions
  }

  /// Checks that the predictions of a member are of the same kind as those of the clean images.
  private func check(_ member: PredictionArray, of cell: Cell, in file: CellFile) throws {
    guard folders.folders.count == 1 || member.memberCount == 1 else {
      throw CellFileError.severalMembers(file.url, cell, found: member.shape)
    }
    guard let expected else {
      expected = (member.shape, member.numbers)
      return
    }
    let first = folders.places(of: .clean)[0].file.url
    guard member.shape == expected.shape else {
      throw CellFileError.otherShape(
        file.url, cell, expected: expected.shape, found: member.shape, first: first)
    }
    guard member.numbers == expected.numbers else {
      throw CellFileError.otherNumbers(
        file.url, cell, expected: expected.numbers, first: first)
    }
  }

  /// Checks that each option that chooses in a file had one to choose in, here or in `others`.
  ///
  /// - Throws: `PredictionChoiceError` or `TextTableError`.
  package func checkChoices(and others: [PredictionReader.Rows]) throws {
    try FileChoices.check(
      choices + others.map(\.choices), of: reader, file: folders.places(of: .clean)[0].file.url)
  }
}

extension PredictionReader {
  /// This reader for a file whose name may say what its numbers are.
  fileprivate func taking(_ name: CellFileName) -> PredictionReader {
    var reader = self
    if areProbabilities == nil, name.givenAs == .probabilities { reader.areProbabilities = true }
    return reader
  }
}

/// What is said of files, once where it is the same for several.
package struct FileNotes {
  private var files: [String: [String]] = [:]
  private var texts: [String] = []
  /// The rules of those texts that are doubts.
  private var rules: [String: String] = [:]

  /// Adds `notes` on a file, each of which begins with its path, and says which of them are doubts.
  mutating func add(_ notes: [String], doubts: [RunRecord.Doubt] = [], of url: URL) {
    let start = url.path + ": "
    func text(_ note: String) -> String {
      note.hasPrefix(start) ? String(note.dropFirst(start.count)) : note
    }
    for text in notes.map(text) {
      if files[text] == nil { texts.append(text) }
      if !(files[text] ?? []).contains(url.path) { files[text, default: []].append(url.path) }
    }
    for doubt in doubts { rules[text(doubt.sentence)] = doubt.rule }
  }

  /// All notes, in the order in which they were first made.
  package var all: [String] { texts.map(sentence) }

  /// The notes that are doubts.
  package var doubts: [RunRecord.Doubt] {
    texts.compactMap { text in
      rules[text].flatMap(RunRecord.Doubt.Rule.init).map { RunRecord.Doubt($0, sentence(text)) }
    }
  }

  private func sentence(_ text: String) -> String {
    let files = files[text] ?? []
    let others = files.count - 1
    return "\(files.first ?? ""): \(text)"
      + (others > 0 ? " (the same holds for \(others) other file\(others > 1 ? "s" : ""))" : "")
  }
}
