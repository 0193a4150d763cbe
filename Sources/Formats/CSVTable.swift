import Foundation

/// A table of text fields with named columns, in the format of RFC 4180.
public struct CSVTable: Sendable, Equatable {
  /// The names of the columns.
  public let header: [String]
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
    ([header] + rows).map { $0.map(Self.quoted).joined(separator: ",") + "\r\n" }.joined()
  }

  /// A number as a field, with enough digits to read the same Float64 back; empty for nil.
  public static func field(_ number: Double?) -> String {
    number.map { "\($0)" } ?? ""
  }

  private static func quoted(_ field: String) -> String {
    let special: Set<UInt8> = [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13]
    guard field.utf8.contains(where: special.contains) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }
}

extension CSVTable {
  /// Reads a table of at most `limit` bytes; lines may end with LF or CR LF.
  ///
  /// A field of one byte takes about 50 bytes of memory.
  ///
  /// - Throws: `FileError`, or `CSVError` with the line.
  public init(contentsOf url: URL, limit: Int = 1 << 25) throws {
    try self.init(bytes: try FileContents.read(url, limit: limit), file: url)
  }

  /// Reads a table from `bytes`; `file` is named in messages.
  ///
  /// - Throws: `CSVError` for an unclosed quote or one inside a field, a row with more or fewer fields
  ///   than the header, a duplicate column name, more than 4096 columns, or an empty file.
  public init(bytes: [UInt8], file: URL) throws {
    var parser = CSVParser(bytes: bytes, file: file)
    guard let header = try parser.nextRow() else { throw CSVError.empty(file) }
    guard Set(header).count == header.count else { throw CSVError.columnTwice(file) }
    self.init(header: header)
    while let row = try parser.nextRow() {
      guard row.count == header.count else {
        throw CSVError.fieldCount(
          file, line: parser.firstLine, expected: header.count, found: row.count)
      }
      rows.append(row)
    }
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

  private static let maximumFieldCount = 1 << 12

  init(bytes: [UInt8], file: URL) {
    self.bytes = bytes
    self.file = file
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
      guard offset < bytes.count, bytes[offset] == UInt8(ascii: ",") else { break }
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
    byte == UInt8(ascii: ",") || byte == 10 || byte == 13
  }

  private mutating func skipLineBreak() {
    if offset < bytes.count, bytes[offset] == 13 { offset += 1 }
    if offset < bytes.count, bytes[offset] == 10 { offset += 1 }
    line += 1
  }
}
