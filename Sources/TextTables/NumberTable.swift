import Formats
import Foundation

/// How a text table is to be read.
package struct TableOptions: Sendable {
  /// Columns to leave out, by name or by number from 0.
  package var droppedColumns: [String] = []
  /// Whether every column that is not left out is a class, whatever its name and numbers say.
  package var takesAllColumns = false
  /// Whether the first line is names; nil to find out.
  package var hasHeader: Bool?
  /// Told, every few thousand lines, how many bytes of a file are read, of how many.
  package var advanced: @Sendable (_ file: String, _ done: Int, _ total: Int) throws -> Void = {
    _, _, _ in
  }

  package init() {}
}

/// Numbers in a text file, as many on each line.
///
/// Fields are separated by commas, semicolons, tabs, bars or spaces, the same in the whole file, and may
/// be in quotes. The first line may name the columns, as may a comment before it; blank lines and
/// comments, which begin with `#`, are passed over.
package struct NumberTable {
  /// What the numbers are.
  package enum Content {
    /// A column for each class.
    case classes
    /// A column of class indices.
    case labels
  }

  package typealias Column = TextTableError.Column

  package let file: String
  private let content: Content
  /// The number of columns that were read.
  package let columnCount: Int
  let isSeparatedByCommas: Bool
  private let selection: ColumnSelection
  /// The numbers, without those of a first line that may be names.
  package private(set) var values: [Double] = []  // [rows, columns]
  /// How the numbers of each column are written.
  package private(set) var forms: [FieldForms]  // [columns]
  /// The numbers of a first line that may also be names of columns.
  package private(set) var firstLine: [Double]?
  /// How the numbers of that line are written.
  private(set) var firstForms: [FieldForms]  // [columns]
  /// The numbers of a line that was taken for names.
  private var numbersAsNames: [Double]?
  /// What a user should know of the columns.
  package var notes: [String] = []
  /// The columns to leave out by name that the file has.
  package private(set) var droppedNames: Set<String>
  /// The columns beside that of the labels that were left out unasked.
  package private(set) var leftOut: [Column] = []

  private static let maximumFileSize = 1 << 32
  /// It is told how far reading is after so many lines.
  private static let reportedLines = 1 << 12

  /// Reads the file at `url`.
  ///
  /// - Throws: `TextTableError` naming line and column, `FileFormError` or `FileError`.
  package init(contentsOf url: URL, of content: Content, _ options: TableOptions) throws {
    let bytes = try FileText.bytes(
      of: url, limit: Self.maximumFileSize, expecting: "a table of numbers")
    try self.init(bytes, file: url.path, of: content, options)
  }

  /// Reads a table from the bytes of a text; `file` is named in errors.
  package init(
    _ bytes: [UInt8], file: String, of content: Content, _ options: TableOptions = TableOptions()
  ) throws {
    self = try bytes.withUnsafeBufferPointer { bytes in
      let head = try TableHead(bytes, file: file, hasHeader: options.hasHeader)
      var selection = ColumnSelection(head, file: file)
      try selection.drop(options.droppedColumns, of: content)
      try selection.checkHeader()
      if content == .labels { selection.keepLabels() }
      try selection.checkTexts(as: content, takesAll: options.takesAllColumns)
      return try NumberTable(bytes, head, selection, as: content, options.advanced)
    }
    if content == .classes, !options.takesAllColumns { try checkColumns() }
  }

  private init(
    _ bytes: UnsafeBufferPointer<UInt8>, _ head: TableHead, _ selection: ColumnSelection,
    as content: Content, _ advanced: (String, Int, Int) throws -> Void
  ) throws {
    file = selection.file
    self.content = content
    isSeparatedByCommas = head.separator == .comma
    self.selection = selection
    columnCount = selection.isKept.count { $0 }
    droppedNames = selection.droppedNames
    leftOut = selection.leftOut
    forms = [FieldForms](repeating: [], count: columnCount)
    firstForms = forms
    var lines = TextLines(bytes)
    if head.namesSeparator { _ = lines.next() }
    lines.countsTabs = head.separator == .tab
    let reader = RowReader(bytes, head, selection)
    if head.firstLine == .names { _ = lines.next() }
    if head.firstLine == .numbers, let line = lines.next() {
      var firstLine: [Double] = []
      try reader.append(line, to: &firstLine, &firstForms)
      self.firstLine = firstLine
    }
    try readRows(&lines, by: reader, fieldCount: head.fieldCount, size: bytes.count) {
      try advanced(selection.file, $0, bytes.count)
    }
  }

  private mutating func readRows(
    _ lines: inout TextLines, by reader: RowReader, fieldCount: Int, size: Int,
    advanced: (_ byteCount: Int) throws -> Void
  ) throws {
    while let line = lines.next() {
      if columnCount == 1, line.followsBlank, fieldCount == 1,
        firstLine != nil || !values.isEmpty
      {
        throw TextTableError(file: file, problem: .blankLine(line: line.number))
      }
      if values.isEmpty {
        let rowCount = (size - line.range.lowerBound) / max(1, line.range.count) + 1
        values.reserveCapacity(rowCount * columnCount)
      }
      try reader.append(line, to: &values, &forms)
      if line.number.isMultiple(of: Self.reportedLines) { try advanced(line.range.upperBound) }
    }
    try advanced(size)
    if values.isEmpty {
      guard let firstLine else { throw TextTableError(file: file, problem: .empty) }
      (values, forms, self.firstLine) = (firstLine, firstForms, nil)
    }
  }

  /// The number of rows, without a first line that may be names.
  package var rowCount: Int { values.count / columnCount }

  /// Whether all numbers are 0 or 1, as those of one-hot rows are.
  package var holdsZerosAndOnes: Bool { values.allSatisfy { $0 == 0 || $0 == 1 } }

  /// Whether a number written as an integer is rounded to Float64.
  package var hasRoundedNumbers: Bool {
    zip(values.indices, values).contains { index, value in
      abs(value) >= 0x1p53 && forms[index % columnCount].isDisjoint(with: .decimal)
    }
  }

  /// The columns that were read.
  package var columns: [Column] { selection.kept }

  /// The names of the columns that were read; nil where one has none.
  package var columnNames: [String]? {
    if let numbersAsNames { return numbersAsNames.map { "\($0)".replacing(/\.0$/, with: "") } }
    let names = columns.compactMap(\.name)
    return names.count == columnCount ? names : nil
  }

  /// The columns without their numbers; nil where one has no name.
  package var namedColumns: NamedColumns? {
    columnNames.map { NamedColumns(file: file, names: $0, columns: columns) }
  }

  /// Settles what a first line is that may be names.
  ///
  /// - Throws: `TextTableError` for names that count in another order than from the left, or for a column
  ///   that is no class with this row.
  package mutating func take(firstLineAsNames isNames: Bool, _ options: TableOptions) throws {
    guard let firstLine else { return }
    self.firstLine = nil
    if isNames {
      numbersAsNames = firstLine
    } else {
      values.insert(contentsOf: firstLine, at: 0)
      for column in forms.indices { forms[column].formUnion(firstForms[column]) }
    }
    guard content == .classes, !options.takesAllColumns else { return }
    if isNames { try checkOrder(columnNames) } else { try checkNumbers() }
  }
}

/// The columns of a table, each of which has a name.
package struct NamedColumns: Sendable {
  let file: String
  let names: [String]
  package let columns: [NumberTable.Column]

  /// Checks that this table has its columns in the order of `other`, where both name the same ones.
  ///
  /// - Throws: `TextTableError`.
  package func checkOrder(as other: NamedColumns) throws {
    guard names != other.names, names.sorted() == other.names.sorted() else { return }
    throw TextTableError(file: file, problem: .otherOrder(names, file: other.file, other.names))
  }
}

/// Which ways of writing numbers a column has.
package struct FieldForms: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Digits alone, as a program writes what it holds as an integer.
  package static let integer = FieldForms(rawValue: 1)
  /// A point or an exponent.
  package static let decimal = FieldForms(rawValue: 2)
  /// Digits as they stand before or behind a decimal comma.
  package static let half = FieldForms(rawValue: 4)
}

/// Reads the lines of a table.
private struct RowReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let head: TableHead
  private let selection: ColumnSelection
  private let isKept: [Bool]  // [fields]

  init(_ bytes: UnsafeBufferPointer<UInt8>, _ head: TableHead, _ selection: ColumnSelection) {
    self.bytes = bytes
    self.head = head
    self.selection = selection
    isKept = selection.isKept
  }

  /// Appends the numbers of a line.
  func append(
    _ line: TextLines.Line, to values: inout [Double], _ forms: inout [FieldForms]
  ) throws {
    let start = values.count
    var fields = TextFields(bytes, in: line.range, by: head.separator)
    var (count, column) = (0, 0)
    while count < isKept.count, let field = fields.next() {
      if isKept[count] {
        guard let number = bytes.number(of: field), number.value.isFinite else { break }
        values.append(number.value)
        forms[column].insert(
          number.isHalf ? [.integer, .half] : number.isInteger ? .integer : .decimal)
        column += 1
      }
      count += 1
    }
    if values.count - start == forms.count, count == isKept.count, isEnd(&fields) { return }
    throw problem(of: line)
  }

  private func isEnd(_ fields: inout TextFields) -> Bool {
    guard let next = fields.next() else { return !head.endsWithSeparator }
    return head.endsWithSeparator && next.range.isEmpty && !next.isQuoted && fields.next() == nil
  }

  /// What is wrong with a line that could not be read.
  private func problem(of line: TextLines.Line) -> TextTableError {
    func error(_ problem: TextTableError.Problem) -> TextTableError {
      TextTableError(file: selection.file, problem: problem)
    }
    let fields = TextFields.all(bytes, in: line.range, by: head.separator)
    if fields.contains(where: { bytes.isDecimalComma($0, head.separator) }) {
      return error(.decimalComma(line: line.number, found: bytes.text(line.range)))
    }
    let expected = isKept.count + (head.endsWithSeparator ? 1 : 0)
    guard fields.count == expected else {
      return error(
        .wrongCount(line: line.number, expected: expected, found: fields.count))
    }
    for (index, field) in fields.enumerated() where index < isKept.count && isKept[index] {
      if !(bytes.number(of: field)?.value.isFinite ?? false) {
        return error(
          .notANumber(
            line: line.number, selection.column(index), found: bytes.text(of: field)))
      }
    }
    return error(.wrongCount(line: line.number, expected: isKept.count, found: fields.count))
  }
}
