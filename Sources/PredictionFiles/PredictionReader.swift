// N rows, M members, K classes.

import Formats
import Foundation
import Predictions
import Runs
import Scoring
import TextTables

/// Reads anybody's predictions and labels.
///
/// Predictions have the shape [N, K] or [N, M, K]; several files of [N, K] are the members of an
/// ensemble. `.npy` and `.npz` hold numbers of any type, text tables the K numbers of a row on each
/// line. Labels are class indices [N] or [N, 1], or one-hot rows [N, K].
package struct PredictionReader: Sendable {
  /// How text tables are read.
  package var tables = TableOptions()
  /// The array of predictions in an archive; nil for the one that is meant by its name.
  package var array: String?
  /// The array of labels in an archive; nil for the one that is meant by its name.
  package var labelArray: String?
  /// Whether there is one number for each row: a binary classifier's logit or probability of class 1.
  package var isBinary = false
  /// The label of rows that are left out.
  package var ignoredLabel = -1
  /// Whether the predictions are probabilities; nil for what names of arrays say.
  package var areProbabilities: Bool?
  /// The columns that are compared; nil for all.
  package var columns: ComparedColumns?

  package init() {}

  /// What was read.
  package struct Rows: Sendable {
    package let predictions: PredictionArray
    package let labels: [Int]  // [N]
    /// What a user should know.
    package let notes: [String]
    /// The notes among these that ask what the numbers are.
    package let doubts: [RunRecord.Doubt]
    /// What there was to choose in.
    let choices: FileChoices
    /// The rows that have labels, where others were left out.
    var kept: KeptRows?

    /// Which rows of the files these are.
    package var selection: RowSelection {
      RowSelection(count: kept?.allCount ?? labels.count, rows: kept?.rows)
    }
  }

  /// Reads files of predictions, one or one for each member, and the labels of their rows.
  ///
  /// An array of an `.npy` file in Float32 or Float64 stays there; the file must not change meanwhile.
  ///
  /// - Throws: `TextTableError`, `PredictionChoiceError`, `PredictionFileError`, `ClassIndexError`,
  ///   `ClassMaskError`, `NumPyError`, `ZipError`, `FileFormError` or `FileError`.
  package func read(_ predictionFiles: [URL], labels labelFile: URL) throws -> Rows {
    let rows = try keptRows(in: predictionFiles, labels: labelFile)
    return try columns.map { try rows.comparing($0, labelFile: labelFile) } ?? rows
  }

  /// The rows that have labels.
  private func keptRows(in predictionFiles: [URL], labels labelFile: URL) throws -> Rows {
    let rows = try rows(in: predictionFiles, labels: labelFile)
    try rows.predictions.checkIsOneCell(labelCount: rows.labels.count)
    guard let kept = try KeptRows(rows.labels, without: ignoredLabel, of: labelFile),
      rows.labels.count == rows.predictions.rowCount
    else { return rows }
    return Rows(
      predictions: rows.predictions.selecting(rows: kept.rows), labels: kept.labels,
      notes: rows.notes + [kept.note], doubts: rows.doubts, choices: rows.choices, kept: kept)
  }

  /// The same, where nothing is said of several cells in one file.
  func rows(in predictionFiles: [URL], labels labelFile: URL) throws -> Rows {
    var files = try predictionFiles.map { try GivenFile($0, of: .classes, self) }
    var labels = try GivenFile(labelFile, of: .labels, self)
    var notes = files.flatMap { $0.table?.notes ?? [] }
    notes += try FirstLines.settle(&files, &labels, tables)
    let (members, doubts) = try arrays(in: files, &notes)
    let predictions = try Self.ensemble(of: members)
    let classes = try labels.classIndices(
      rowCount: predictions.rowCount, classCount: predictions.classCount, &notes)
    for (member, file) in zip(members, files) {
      try member.checkAxes(labelCount: classes.count)
      notes += try remarks(onColumnsOf: member, file, beside: classes)
    }
    return Rows(
      predictions: predictions, labels: classes, notes: notes, doubts: doubts,
      choices: FileChoices(files, labels: labels))
  }

  /// Reads files of predictions, one or one for each member, of rows without labels.
  ///
  /// - Returns: The predictions, and what a user should know of them.
  /// - Throws: as `read(_:labels:)`.
  package func readUnlabeled(
    _ urls: [URL]
  ) throws -> (predictions: PredictionArray, notes: [String]) {
    var files = try urls.map { try GivenFile($0, of: .classes, self) }
    var notes = files.flatMap { $0.table?.notes ?? [] }
    for index in files.indices {
      notes += try FirstLines.settleAlone(&files[index], tables)
    }
    let (members, _) = try arrays(in: files, &notes)
    let predictions = try Self.ensemble(of: members)
    return (try columns?.predictions(predictions) ?? predictions, notes)
  }

  /// Reads a file of predictions, with all its columns, whose rows have these labels, if they are as many.
  ///
  /// - Parameters:
  ///   - url: The file.
  ///   - classes: The label of each row.
  ///   - checksColumns: Whether columns that are no classes are looked for.
  /// - Returns: What was read.
  /// - Throws: as `read(_:labels:)`.
  func read(_ url: URL, classes: [Int], checksColumns: Bool) throws -> Rows {
    var file = try GivenFile(url, of: .classes, self)
    var notes = file.table?.notes ?? []
    notes += try FirstLines.settle(&file, rowCount: classes.count, tables)
    let (arrays, doubts) = try arrays(in: [file], &notes)
    let predictions = arrays[0]
    try predictions.checkAxes(labelCount: classes.count)
    if checksColumns { notes += try remarks(onColumnsOf: predictions, file, beside: classes) }
    return Rows(
      predictions: predictions, labels: classes, notes: notes, doubts: doubts,
      choices: FileChoices([file]))
  }

  /// The predictions in each file, and what their numbers may be instead, which is noted too.
  private func arrays(
    in files: [GivenFile], _ notes: inout [String]
  ) throws -> (members: [PredictionArray], doubts: [RunRecord.Doubt]) {
    let numbers = try numbers(in: files, &notes)
    let members = try files.map { try MemberFile(file: $0, isBinary: isBinary, numbers).array() }
    var all: [RunRecord.Doubt] = []
    for (member, file) in zip(members, files) {
      let doubts = doubts(of: member, file)
      notes += try file.wholeNumberRemarks().map { "\(file.url.path): \($0)" }
      notes += doubts.map(\.sentence)
      all += doubts
    }
    return (members, all)
  }

  /// What the numbers of the files are, by the options and the names of arrays.
  private func numbers(
    in files: [GivenFile], _ notes: inout [String]
  ) throws -> PredictionNumbers {
    if let areProbabilities { return areProbabilities ? .probabilities : .logits }
    let named = files.filter { file in
      file.arrayName.map { ArrayNames.content(of: $0) == .probabilities } ?? false
    }
    guard let first = named.first, let name = first.arrayName else { return .logits }
    guard named.count == files.count else {
      throw PredictionChoiceError(
        file: first.url.path, problem: .notAllProbabilities(array: name))
    }
    notes.append(
      "\(first.url.path): the array \(name) is taken for probabilities, as it is named; "
        + "--no-probabilities says that it holds logits")
    return .probabilities
  }

  /// What the numbers of a file may be instead of logits.
  private func doubts(of member: PredictionArray, _ file: GivenFile) -> [RunRecord.Doubt] {
    guard member.numbers == .logits, areProbabilities == nil else { return [] }
    return member.doubts(isBinary: isBinary).map { doubt, members in
      let remark = doubt.remark(members: members, isBinary: isBinary)
      return RunRecord.Doubt(doubt.rule, "\(file.url.path): \(remark)")
    }
  }

  /// Checks that the columns of a file are classes.
  ///
  /// - Returns: What a user should know of them.
  private func remarks(
    onColumnsOf member: PredictionArray, _ file: GivenFile, beside labels: [Int]
  ) throws -> [String] {
    guard !isBinary, !tables.takesAllColumns, labels.count == member.rowCount else { return [] }
    try file.check(member, beside: labels)
    return file.remarkOnColumns(of: member, beside: labels).map { ["\(file.url.path): \($0)"] }
      ?? []
  }

  private static func ensemble(of members: [PredictionArray]) throws -> PredictionArray {
    precondition(!members.isEmpty, "no file of predictions")
    guard members.count > 1 else { return members[0] }
    let shape = [members[0].rowCount, 1, members[0].classCount]
    for member in members where member.shape != shape {
      throw PredictionFileError(
        file: member.file,
        problem: .wrongShape(
          expected: "[\(shape[0]), \(shape[2])] of one member, as the first file has",
          found: member.shape))
    }
    return PredictionArray(interleaving: members)
  }
}

extension PredictionArray {
  /// Makes sure that there are not several times as many rows as labels, as where the cells of a
  /// corruption stand one after the other.
  ///
  /// - Throws: `PredictionChoiceError`.
  fileprivate func checkIsOneCell(labelCount: Int) throws {
    guard labelCount > 0, rowCount > labelCount, rowCount % (5 * labelCount) == 0 else { return }
    throw PredictionChoiceError(
      file: file, problem: .severalCells(rows: rowCount, labels: labelCount))
  }
}

extension NumberDoubt {
  /// The name in records.
  fileprivate var rule: RunRecord.Doubt.Rule {
    switch self {
    case .probabilities: .probabilities
    case .percentages: .percentages
    case .shares: .shares
    }
  }
}

extension GivenFile {
  /// The label of each row.
  func classIndices(
    rowCount: Int, classCount: Int, _ notes: inout [String]
  ) throws -> [Int] {
    let labels: ClassIndices
    switch numbers {
    case .array(let array): labels = try array.classIndices(rowCount: rowCount)
    case .table(let table):
      let isOneHot = table.columnCount > 1
      if isOneHot, !table.holdsZerosAndOnes {
        throw TextTableError(file: table.file, problem: .severalColumns(table.columns))
      }
      labels = try ClassIndices(table.values, shape: shape, rowCount: rowCount, file: table.file)
      if !table.leftOut.isEmpty {
        notes.append(
          "\(table.file): \(table.columns[0]) is taken for the labels; left out: "
            + table.leftOut.map(\.description).listed())
      }
    }
    if let found = labels.oneHotClassCount {
      guard found == classCount else {
        throw PredictionChoiceError(
          file: url.path, problem: .oneHotClasses(expected: classCount, found: found))
      }
      notes.append("\(url.path): one-hot labels; the class of the 1 in each row is taken")
    }
    return labels.values
  }
}
