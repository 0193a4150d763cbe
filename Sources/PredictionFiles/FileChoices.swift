import Foundation
import TextTables

/// What the options that choose in files of predictions and labels had to choose in.
struct FileChoices: Sendable {
  /// The columns to leave out by name that a file has.
  private let droppedNames: Set<String>
  /// Whether one of the files is a text table.
  private let hasTable: Bool
  /// Whether predictions and labels are from archives.
  private let areFromArchives: (predictions: Bool, labels: Bool)
  /// The tables of predictions whose columns have names.
  private let namedTables: [NamedColumns]

  init(_ files: [GivenFile], labels: GivenFile? = nil) {
    let all = files + (labels.map { [$0] } ?? [])
    droppedNames = all.reduce(into: []) { $0.formUnion($1.table?.droppedNames ?? []) }
    hasTable = all.contains { $0.table != nil }
    areFromArchives = (
      files.contains { $0.arrayName != nil }, labels?.arrayName != nil
    )
    namedTables = files.compactMap { $0.table?.namedColumns }
  }

  /// Checks that tables which name the same classes have them in one order, and that each option of
  /// `reader` that chooses in a file had one to choose in; `file` is named in messages.
  ///
  /// - Throws: `PredictionChoiceError` or `TextTableError`.
  static func check(_ choices: [FileChoices], of reader: PredictionReader, file: URL) throws {
    let tables = choices.flatMap(\.namedTables)
    for table in tables.dropFirst() { try table.checkOrder(as: tables[0]) }
    if reader.array != nil, !choices.contains(where: \.areFromArchives.predictions) {
      throw PredictionChoiceError(file: file.path, problem: .noArchive(option: "--array"))
    }
    if reader.labelArray != nil, !choices.contains(where: \.areFromArchives.labels) {
      throw PredictionChoiceError(file: file.path, problem: .noArchive(option: "--label-array"))
    }
    let dropped = reader.tables.droppedColumns
    guard !dropped.isEmpty else { return }
    guard choices.contains(where: \.hasTable) else {
      throw PredictionChoiceError(file: file.path, problem: .noTable(option: "--drop-column"))
    }
    for name in dropped where Int(name) == nil {
      guard choices.contains(where: { $0.droppedNames.contains(name) }) else {
        throw TextTableError(
          file: file.path, problem: .noSuchColumn(name, columns: tables.flatMap(\.columns)))
      }
    }
  }
}

extension PredictionReader {
  /// Checks that tables which name the same classes have them in one order, and that each option that
  /// chooses in a file had one to choose in.
  ///
  /// - Parameters:
  ///   - rows: All that was read with these options.
  ///   - file: The first file of predictions, for messages.
  /// - Throws: `PredictionChoiceError` or `TextTableError`.
  package func checkChoices(in rows: [Rows], file: URL) throws {
    try FileChoices.check(rows.map(\.choices), of: self, file: file)
  }
}
