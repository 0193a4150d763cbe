import Formats
import Foundation

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

/// One of a run's tables: numbers in named columns, by what their rows are about.
package struct ResultTable: Sendable {
  package let file: URL
  /// The columns that say what a row is about; their fields are names.
  package let keyColumns: [String]
  /// Columns of numbers, in the file's order.
  package let numberColumns: [String]
  /// Columns of a later version, which are not read.
  package let unknownColumns: [String]
  /// The keys of the rows, in the file's order.
  package let keys: [[String]]
  private let rows: [[String]: [String: Number]]

  /// Reads the table `url`, of whose columns `text` hold names that do not tell rows apart.
  ///
  /// The columns `numbers` hold numbers, or nothing where a figure is undefined.
  ///
  /// - Throws: `ReportsError` for a column that is missing, a field that is no number, or two rows of
  ///   one key; `CSVError`, or `FileError`.
  package init(
    contentsOf url: URL, keys keyColumns: [String], text: [String] = [], numbers: [String]
  ) throws {
    let table = try CSVTable(contentsOf: url)
    let known = keyColumns + text + numbers
    let missing = known.filter { !table.header.contains($0) }
    guard missing.isEmpty else { throw ReportsError.missingColumns(url, missing) }
    let keyPlaces = keyColumns.compactMap(table.header.firstIndex)
    let numberPlaces = table.header.indices.filter { numbers.contains(table.header[$0]) }
    file = url
    self.keyColumns = keyColumns
    numberColumns = numberPlaces.map { table.header[$0] }
    unknownColumns = table.header.filter { !known.contains($0) }
    var rows: [[String]: (row: Int, numbers: [String: Number])] = [:]
    keys = table.rows.map { fields in keyPlaces.map { fields[$0] } }
    for (index, fields) in table.rows.enumerated() {
      if let first = rows[keys[index]] {
        throw ReportsError.sameRow(url, first: first.row, second: index + 1)
      }
      var numbers: [String: Number] = [:]
      for place in numberPlaces where !fields[place].isEmpty {
        guard let value = Double(fields[place]), value.isFinite else {
          throw ReportsError.wrongField(
            url, row: index + 1, column: table.header[place], expected: "a number or nothing",
            found: fields[place])
        }
        numbers[table.header[place]] = Number(value: value, row: index + 1)
      }
      rows[keys[index]] = (index + 1, numbers)
    }
    self.rows = rows.mapValues(\.numbers)
  }

  /// The number in `column` of the row about `key`, nil where the row or the number is not there.
  package subscript(_ key: [String], _ column: String) -> Number? { rows[key]?[column] }

  /// The different values of a key column, in the order in which they come first.
  package func values(of column: String) -> [String] {
    guard let place = keyColumns.firstIndex(of: column) else { return [] }
    var seen: Set<String> = []
    return keys.compactMap { seen.insert($0[place]).inserted ? $0[place] : nil }
  }
}
