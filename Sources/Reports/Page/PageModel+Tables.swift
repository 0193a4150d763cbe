import Formats
import Foundation

extension PageModel.Shown {
  /// `number` of a column of `style`; nil where it is undefined.
  init?(_ number: Double?, style: DataTable.Style, row: Int, column: String) {
    guard let number else { return nil }
    self.init(
      digits: CSVTable.field(number),
      shown: Self.text(number, style).replacing("-", with: "\u{2212}"), row: row, column: column)
  }

  /// A number as people read it.
  static func text(_ number: Double, _ style: DataTable.Style) -> String {
    switch style {
    case .share: String(format: "%.2f %%", 100 * number)
    case .percent: String(format: "%.2f", 100 * number)
    case .count: String(format: "%.0f", number)
    case .figure, .name:
      abs(number) >= 1e5 || (number != 0 && abs(number) < 1e-3)
        ? String(format: "%.2e", number) : String(format: "%.4f", number)
    }
  }
}

extension PageModel.Table {
  /// All of `table`, which is the file `file`; its columns of names come first.
  init(_ table: DataTable, file: String, caption: String) {
    let (names, numbers) = (table.nameColumns, table.numberColumns)
    self.init(
      file: file, caption: caption, nameHeader: names.map(\.name), header: numbers.map(\.name),
      rows: table.rows.enumerated().map { index, row in
        PageModel.Row(
          names: row.names,
          fields: zip(numbers, row.numbers).map { column, number in
            PageModel.Field(
              value: PageModel.Shown(
                number, style: column.style, row: index + 1, column: column.name))
          })
      })
  }
}
