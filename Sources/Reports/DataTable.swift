import Formats

/// A small table of names and numbers: what a picture shows, or what a page tabulates.
struct DataTable: Sendable, Equatable {
  /// How the numbers of a column are shown to people; files have all digits.
  enum Style: Sendable {
    /// Text.
    case name
    /// A share, in per cent.
    case share
    /// A share, in per cent that a caption names.
    case percent
    /// A figure with four decimals.
    case figure
    /// A whole number.
    case count
  }

  struct Column: Sendable, Equatable {
    let name: String
    let style: Style
  }

  struct Row: Sendable, Equatable {
    let names: [String]
    let numbers: [Double?]
  }

  let nameColumns: [Column]
  let numberColumns: [Column]
  private(set) var rows: [Row] = []

  /// A table without rows, whose columns of names come first.
  init(_ columns: [(name: String, style: Style)]) {
    let columns = columns.map { Column(name: $0.name, style: $0.style) }
    nameColumns = columns.filter { $0.style == .name }
    numberColumns = columns.filter { $0.style != .name }
  }

  /// Adds a row, with a name and a number for each column; numbers that are undefined are nil.
  mutating func append(_ names: [String], _ numbers: [Double?]) {
    precondition(
      names.count == nameColumns.count && numbers.count == numberColumns.count,
      "a field for each column")
    rows.append(Row(names: names, numbers: numbers))
  }

  /// The table with every digit.
  var csv: CSVTable {
    var table = CSVTable(header: (nameColumns + numberColumns).map(\.name))
    for row in rows { table.append(row.names + row.numbers.map(CSVTable.field)) }
    return table
  }
}
