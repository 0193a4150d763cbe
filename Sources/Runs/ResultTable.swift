import Formats
import Foundation

/// The name of a table's file and its columns, in the order of the file.
package struct TableFormat: Sendable, Equatable {
  package let fileName: String
  /// Columns of names that every row repeats.
  package let constants = ["run", "dataset"]
  /// Columns of names that say what a row is about; no two rows agree in all of them.
  package let keys: [String]
  /// Columns of numbers; a field is empty where a number is undefined.
  package let numbers: [String]
  /// Columns that older versions did not write, the last of the file.
  package let later: [LaterColumn]

  package init(
    fileName: String, keys: [String], numbers: [String], later: [LaterColumn] = []
  ) {
    self.fileName = fileName
    self.keys = keys
    self.numbers = numbers
    self.later = later
  }

  /// The header line of the file.
  package var header: [String] { constants + keys + numbers + later.map(\.name) }

  /// Reads the table in `folder`.
  ///
  /// - Throws: `RunsError`, `CSVError` or `FileError`.
  package func read(in folder: RunFolder) throws -> ResultTable {
    let url = folder.table(self)
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw RunsError.missingFile(folder.url, fileName)
    }
    return try read(CSVTable(contentsOf: url), url)
  }

  /// Reads the table that `url` holds, or would hold.
  ///
  /// - Throws: `RunsError`.
  package func read(_ table: CSVTable, _ url: URL) throws -> ResultTable {
    try ResultTable(
      table, of: url, keys: keys, constants: constants, numbers: numbers, later: later)
  }
}

/// A column that the files of older versions lack.
package struct LaterColumn: Sendable, Equatable {
  /// What its fields are.
  package enum Kind: Sendable {
    /// Names that tell rows apart; empty where the column is missing.
    case key
    /// Numbers, empty where undefined.
    case number
    /// Words about the row, which nothing is computed from.
    case word
  }

  package let name: String
  package let kind: Kind

  package init(_ name: String, _ kind: Kind) {
    self.name = name
    self.kind = kind
  }
}

/// A number of a table, and where it stands.
package struct Number: Sendable, Equatable {
  package let value: Double
  /// The row in the file, from 1, below the header.
  package let row: Int

  package init(value: Double, row: Int) {
    self.value = value
    self.row = row
  }
}

/// A table that was read: numbers in named columns, by what their rows are about.
package struct ResultTable: Sendable {
  package let file: URL
  /// The columns that say what a row is about; their fields are names.
  package let keyColumns: [String]
  /// Columns of numbers, in the file's order.
  package let numberColumns: [String]
  /// Columns of a later version, which are not read.
  package let unknownColumns: [String]
  /// The keys of the rows, in the file's order; names of older versions are today's.
  package let keys: [[String]]
  /// The fields of the first row in columns that every row repeats, by column.
  package let constants: [String: String]
  /// The index of the row about each key.
  private var rows: [[String]: Int] = [:]
  /// The index of each column of numbers in `numberColumns`.
  private let places: [String: Int]
  private let values: [[Double?]]  // [column][row]

  /// Reads the table `url`.
  ///
  /// - Parameters:
  ///   - url: The CSV file.
  ///   - keyColumns: The columns whose fields tell rows apart.
  ///   - constantColumns: Columns whose fields every row repeats.
  ///   - numberColumns: Columns that hold numbers, or nothing where a number is undefined.
  ///   - later: Columns that the file of an older version may lack.
  /// - Throws: `RunsError` for a column that is missing, a field that is no number, or two rows of
  ///   one key; `CSVError`, or `FileError`.
  package init(
    contentsOf url: URL, keys keyColumns: [String], constants constantColumns: [String] = [],
    numbers numberColumns: [String], later: [LaterColumn] = []
  ) throws {
    try self.init(
      CSVTable(contentsOf: url), of: url, keys: keyColumns, constants: constantColumns,
      numbers: numberColumns, later: later)
  }

  /// The same of a `table` that is the contents of `url`.
  ///
  /// - Throws: `RunsError`.
  init(
    _ table: CSVTable, of url: URL, keys keyColumns: [String],
    constants constantColumns: [String] = [], numbers numberColumns: [String],
    later: [LaterColumn] = []
  ) throws {
    let needed = keyColumns + constantColumns + numberColumns
    let missing = needed.filter { !table.header.contains($0) }
    guard missing.isEmpty else { throw RunsError.missingColumns(url, missing) }
    let keyColumns = keyColumns + later.filter { $0.kind == .key }.map(\.name)
    let keyIndices = keyColumns.map(table.header.firstIndex)
    let known = needed + later.map(\.name)
    let numbers = numberColumns + later.filter { $0.kind == .number }.map(\.name)
    let numberIndices = table.header.indices.filter { numbers.contains(table.header[$0]) }
    file = url
    self.keyColumns = keyColumns
    self.numberColumns = numberIndices.map { table.header[$0] }
    unknownColumns = table.header.filter { !known.contains($0) }
    constants = constantColumns.reduce(into: [:]) { $0[$1] = table.column($1)?.first }
    keys = OlderNames.renamed(
      table.rows.map { fields in keyIndices.map { $0.map { fields[$0] } ?? "" } },
      columns: keyColumns)
    values = try table.numbers(inColumns: numberIndices, file: url)
    for (column, values) in zip(numberIndices, values) {
      guard let row = values.firstIndex(where: { $0?.isNaN == true }) else { continue }
      throw RunsError.wrongField(
        url, row: row + 1, column: table.header[column], expected: "a number or nothing",
        found: table.rows[row][column])
    }
    places = Dictionary(uniqueKeysWithValues: self.numberColumns.enumerated().map { ($1, $0) })
    for (row, key) in keys.enumerated() {
      guard let first = rows.updateValue(row, forKey: key) else { continue }
      throw RunsError.sameRow(url, first: first + 1, second: row + 1)
    }
  }

  /// The number in `column` of the row about `key`, nil where the row or the number is not there.
  package subscript(_ key: [String], _ column: String) -> Number? {
    guard let row = rows[key], let place = places[column], let value = values[place][row] else {
      return nil
    }
    return Number(value: value, row: row + 1)
  }

  /// The different values of a key column, in the order in which they come first.
  package func values(of column: String) -> [String] {
    guard let index = keyColumns.firstIndex(of: column) else { return [] }
    var seen: Set<String> = []
    return keys.compactMap { seen.insert($0[index]).inserted ? $0[index] : nil }
  }
}
