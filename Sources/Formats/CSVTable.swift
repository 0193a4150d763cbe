import Foundation

/// A table of text fields with named columns, in the format of RFC 4180.
public struct CSVTable: Sendable, Equatable {
  /// The names of the columns.
  public private(set) var header: [String]
  /// The fields of each row, as many as `header` has.
  public private(set) var rows: [[String]] = []

  /// Creates a table without rows.
  public init(header: [String]) {
    self.header = header
  }

  /// Appends a row, which must have as many fields as `header`.
  public mutating func append(_ row: [String]) {
    precondition(row.count == header.count, "\(row.count) fields for \(header.count) columns")
    rows.append(row)
  }

  /// The table in RFC 4180 format: fields with a comma, quote or line break are quoted; lines end with
  /// CR LF.
  public var text: String {
    let lines = rows.map { $0.map { Self.quoted($0, special: ",\"\n\r") }.joined(separator: ",") }
    return ([headerLine] + lines).map { $0 + "\r\n" }.joined()
  }

  /// The header, in which whatever a reader could take for a separator or another form is quoted.
  private var headerLine: String {
    let line = header.map { Self.quoted($0, special: ",\"\n\r;\t") }.joined(separator: ",")
    let kind = FileForm(startingWith: line.utf8)?.kind ?? .text
    let isPlain =
      ByteOrderMark.length(in: line.utf8) == 0 && [.text, .empty].contains(kind)
      && !line.hasPrefix("sep=")
    return isPlain ? line : header.map(Self.quoted).joined(separator: ",")
  }

  /// A number as a field, with enough digits to read the same Float64 back; empty for nil.
  public static func field(_ number: Double?) -> String {
    number.map { "\($0)" } ?? ""
  }

  private static func quoted(_ field: String, special: StaticString) -> String {
    let isSpecial = special.withUTF8Buffer { special in
      field.utf8.contains { special.contains($0) }
    }
    return isSpecial ? quoted(field) : field
  }

  private static func quoted(_ field: String) -> String {
    "\"" + field.replacing("\"", with: "\"\"") + "\""
  }
}

extension CSVTable {
  /// Reads a table of at most `limit` bytes, as a program or a spreadsheet writes it.
  ///
  /// A field of one byte takes about 50 bytes of memory.
  ///
  /// - Throws: `FileError`, `FileFormError` for UTF-16 and other forms, or `CSVError` with the line.
  public init(contentsOf url: URL, limit: Int = 1 << 25) throws {
    try self.init(
      bytes: try FileText.bytes(of: url, limit: limit, expecting: Self.form), file: url)
  }

  private static let form = "a CSV table"

  /// Reads a table from `bytes`; `file` is named in messages.
  ///
  /// A byte order mark is passed over. Lines may end with LF, CR LF or CR. The separator is the comma,
  /// or the semicolon or tab if the header has that and no comma; a line `sep=` before the header
  /// names it. Rows without any character in a field are passed over, and so are columns without a name
  /// and without any character.
  ///
  /// - Throws: `CSVError` for an unclosed quote or one inside a field, a row with more or fewer fields
  ///   than the header, a duplicate column name, more than 4096 columns, two separators in the
  ///   header, or an empty file; `FileFormError` for what is recognizably no such text.
  public init(bytes: [UInt8], file: URL) throws {
    let text = try FileText.text(in: bytes, file: file, expecting: Self.form)
    var parser = try CSVParser(bytes: text, file: file)
    guard let names = try parser.nextRow() else { throw CSVError.empty(file) }
    let namedCount = (names.lastIndex { !$0.isEmpty } ?? 0) + 1
    var rows: [[String]] = []
    while let row = try parser.nextRow() {
      guard let last = row.lastIndex(where: { !$0.isEmpty }) else { continue }
      guard row.count >= namedCount, last < names.count else {
        throw CSVError.fieldCount(
          file, line: parser.firstLine, expected: names.count, found: row.count)
      }
      let missing = max(names.count - row.count, 0)
      rows.append(row.prefix(names.count) + Array(repeating: "", count: missing))
    }
    self.init(header: names)
    self.rows = rows
    removeEmptyColumns()
    guard Set(header).count == header.count else { throw CSVError.columnTwice(file) }
  }

  /// Removes the columns without a name and without any character, which spreadsheets add.
  private mutating func removeEmptyColumns() {
    let kept = header.indices.filter { column in
      !header[column].isEmpty || rows.contains { !$0[column].isEmpty }
    }
    guard kept.count < header.count else { return }
    header = kept.map { header[$0] }
    rows = rows.map { row in kept.map { row[$0] } }
  }

  /// The fields of one column, or nil if there is no such column.
  public func column(_ name: String) -> [String]? {
    header.firstIndex(of: name).map { index in rows.map { $0[index] } }
  }
}

/// A file that is not a CSV table.
public enum CSVError: Error, CustomStringConvertible, Equatable {
  /// The file is empty.
  case empty(URL)
  /// Two columns have the same name.
  case columnTwice(URL)
  /// A quote in a field that does not begin with one, or text after a closing quote.
  case strayQuote(URL, line: Int)
  /// A quote that is not closed before the file ends; the line where its row begins.
  case openQuote(URL, line: Int)
  /// A row with more or fewer fields than the header.
  case fieldCount(URL, line: Int, expected: Int, found: Int)
  /// A row with more fields than the reader allows.
  case tooManyFields(URL, line: Int, limit: Int)
  /// A header with two of comma, semicolon and tab outside of quotes.
  case twoSeparators(URL)
  /// Numbers whose commas and points cannot be told apart; two of them, or one twice.
  case ambiguousNumbers(URL, String, String)

  public var description: String {
    switch self {
    case .empty(let file): "\(file.path): expected a header line, found an empty file"
    case .columnTwice(let file): "\(file.path):1: a column is named twice"
    case .strayQuote(let file, let line): "\(file.path):\(line): a quote inside a field"
    case .openQuote(let file, let line): "\(file.path):\(line): a quote that is not closed"
    case .fieldCount(let file, let line, let expected, let found):
      "\(file.path):\(line): expected \(expected) fields, found \(found)"
    case .tooManyFields(let file, let line, let limit):
      "\(file.path):\(line): expected at most \(limit) fields"
    case .twoSeparators(let file):
      "\(file.path):1: expected one separator, found several of comma, semicolon and tab; "
        + "save the table with commas, and quote other fields that have them"
    case .ambiguousNumbers(let file, let first, let second):
      "\(file.path): a comma can be a decimal comma or between thousands: found \(first.oneLine)"
        + (first == second ? "" : " and \(second.oneLine)")
        + "; save the table with decimal points and without marks between thousands"
    }
  }
}

/// Splits bytes into rows of fields.
private struct CSVParser {
  let bytes: [UInt8]
  let file: URL
  private var offset = 0
  private var line = 1
  /// The line where the last row began.
  private(set) var firstLine = 1
  private var separator = UInt8(ascii: ",")

  private static let maximumFieldCount = 1 << 12
  private static let separators = Array(",;\t".utf8)

  /// Finds the separator of the table in `bytes`.
  ///
  /// - Throws: `CSVError.twoSeparators`.
  init(bytes: [UInt8], file: URL) throws {
    self.bytes = bytes
    self.file = file
    if let named = namedSeparator {
      separator = named
      offset = 5
      skipLineBreak()
      return
    }
    var isQuoted = false
    var found: Set<UInt8> = []
    for byte in bytes {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if isQuoted { continue }
      if byte == 10 || byte == 13 { break }
      if Self.separators.contains(byte) { found.insert(byte) }
    }
    guard found.count < 2 else { throw CSVError.twoSeparators(file) }
    separator = found.first ?? separator
  }

  /// The separator that a first line such as `sep=;` names, which some spreadsheets write.
  private var namedSeparator: UInt8? {
    guard bytes.starts(with: "sep=".utf8), bytes.count > 5, bytes[5] == 10 || bytes[5] == 13
    else { return nil }
    return Self.separators.contains(bytes[4]) ? bytes[4] : nil
  }

  mutating func nextRow() throws -> [String]? {
    guard offset < bytes.count else { return nil }
    firstLine = line
    var row: [String] = []
    while true {
      guard row.count < Self.maximumFieldCount else {
        throw CSVError.tooManyFields(file, line: firstLine, limit: Self.maximumFieldCount)
      }
      row.append(try nextField())
      guard offset < bytes.count, bytes[offset] == separator else { break }
      offset += 1
    }
    skipLineBreak()
    return row
  }

  private mutating func nextField() throws -> String {
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
      return try nextPlainField()
    }
    offset += 1
    var field: [UInt8] = []
    while offset < bytes.count {
      if bytes[offset] == UInt8(ascii: "\"") {
        offset += 1
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
          guard offset == bytes.count || isFieldEnd(bytes[offset]) else {
            throw CSVError.strayQuote(file, line: line)
          }
          return String(decoding: field, as: UTF8.self)
        }
      }
      if bytes[offset] == 10 { line += 1 }
      field.append(bytes[offset])
      offset += 1
    }
    throw CSVError.openQuote(file, line: firstLine)
  }

  private mutating func nextPlainField() throws -> String {
    let start = offset
    while offset < bytes.count, !isFieldEnd(bytes[offset]) {
      if bytes[offset] == UInt8(ascii: "\"") { throw CSVError.strayQuote(file, line: line) }
      offset += 1
    }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private func isFieldEnd(_ byte: UInt8) -> Bool {
    byte == separator || byte == 10 || byte == 13
  }

  private mutating func skipLineBreak() {
    if offset < bytes.count, bytes[offset] == 13 { offset += 1 }
    if offset < bytes.count, bytes[offset] == 10 { offset += 1 }
    line += 1
  }
}
