import Foundation

/// The dialect of a text table, found in its first lines: what separates fields, what names columns.
struct TableHead {
  /// What the first line is.
  enum FirstLine: Equatable {
    case names
    case row
    /// Whole numbers: names of columns, or a row.
    case numbers
  }

  let separator: Separator
  /// Whether the separator is named by a line of its own, `sep=;`, before all others.
  let namesSeparator: Bool
  let firstLine: FirstLine
  /// The number of fields of each line below the first.
  let fieldCount: Int
  /// Whether each line ends with a separator, behind which nothing follows.
  let endsWithSeparator: Bool
  /// The names of columns, of the first line or of a comment before it.
  let names: [String]?
  /// A field of each column that holds text in most of the first lines.
  let texts: [Int: SampleText]
  /// The number of the first line that may be names, and that of the next one.
  let lines: [Int]

  /// Looks at the first lines of `bytes`.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - file: The file's name in errors.
  ///   - hasHeader: Whether the first line is names; nil to find out.
  /// - Throws: `TextTableError`.
  init(_ bytes: UnsafeBufferPointer<UInt8>, file: String, hasHeader: Bool?) throws {
    let opening = try TableOpening(bytes, file: file)
    let separator = opening.separator
    let sample = TableSample(opening)
    if let line = sample.lineWithDecimalCommas {
      throw TextTableError(
        file: file, problem: .decimalComma(line: line.number, found: bytes.text(line.range)))
    }
    firstLine = sample.kind(hasHeader: hasHeader)
    fieldCount = sample.fieldCount(below: firstLine)
    endsWithSeparator = sample.endsWithSeparator
    guard fieldCount <= TextFields.limit else {
      throw TextTableError(
        file: file,
        problem: .tooManyColumns(line: opening.body[0].number, limit: TextFields.limit))
    }
    texts = opening.rest.isEmpty && firstLine == .names ? [:] : sample.texts
    lines = ([opening.first] + opening.rest.prefix(1)).map(\.number)
    self.separator = separator
    namesSeparator = opening.namesSeparator
    names =
      firstLine == .names
      ? opening.names(fieldCount: fieldCount, endsWithSeparator: endsWithSeparator)
      : opening.namesInComment(fieldCount: fieldCount)
  }
}

/// A field that is text rather than a number, and the line that it is on.
struct SampleText {
  let text: String
  let line: Int
}

/// The first lines of a table, and what separates their fields.
struct TableOpening {
  let bytes: UnsafeBufferPointer<UInt8>
  let first: TextLines.Line
  /// Those below the first.
  let rest: [TextLines.Line]
  let separator: Separator
  let namesSeparator: Bool
  private let comment: Range<Int>?

  private static let sampleCount = 8
  /// Lines of many fields are sampled no further than this, in bytes.
  private static let sampleSize = 1 << 16

  init(_ bytes: UnsafeBufferPointer<UInt8>, file: String) throws {
    self.bytes = bytes
    var content = TextLines(bytes)
    guard var first = content.next() else { throw TextTableError(file: file, problem: .empty) }
    let named = try Self.namedSeparator(on: first, in: bytes, file: file)
    if named != nil {
      guard let next = content.next() else { throw TextTableError(file: file, problem: .empty) }
      first = next
    }
    comment = content.comment
    var rest: [TextLines.Line] = []
    while rest.count < Self.sampleCount,
      rest.reduce(0, { $0 + $1.range.count }) < Self.sampleSize, let line = content.next()
    {
      rest.append(line)
    }
    (self.first, self.rest) = (first, rest)
    namesSeparator = named != nil
    separator = named ?? Self.separator(of: rest.isEmpty ? [first] : rest, below: first, in: bytes)
  }

  /// The lines below the first; the first one, if it is the only one.
  var body: [TextLines.Line] { rest.isEmpty ? [first] : rest }

  /// The fields of a line, up to one more than the limit.
  func fields(_ range: Range<Int>) -> [TextField] {
    TextFields.all(bytes, in: range, by: separator)
  }

  /// The names on the first line, in which what looks like a comment belongs to them.
  func names(fieldCount: Int, endsWithSeparator: Bool) -> [String] {
    let header = fields(first.wholeRange)
    let isEnding =
      endsWithSeparator || header.count == fieldCount + 1
      ? header.last?.range.isEmpty ?? false : false
    return header.dropLast(isEnding ? 1 : 0).map(bytes.text)
  }

  /// The names in a comment before the first line; nil without one that has as many.
  func namesInComment(fieldCount: Int) -> [String]? {
    let header = comment.map(fields) ?? []
    return header.count == fieldCount ? header.map(bytes.text) : nil
  }

  /// The separator that a line such as `sep=;` names, which spreadsheets read.
  private static func namedSeparator(
    on line: TextLines.Line, in bytes: UnsafeBufferPointer<UInt8>, file: String
  ) throws -> Separator? {
    let text = bytes.text(line.range).filter { $0 != "\"" }
    guard text.lowercased().hasPrefix("sep=") else { return nil }
    let name = text.dropFirst(4)
    // The byte may be a space or a tab, which are no part of other fields.
    let named = Separator.allCases.first { separator in
      name.utf8.first == (separator.byte ?? .space) && name.dropFirst().allSatisfy(\.isWhitespace)
    }
    guard let named else {
      throw TextTableError(
        file: file, problem: .unknownSeparator(line: line.number, found: String(name)))
    }
    return named
  }

  /// The separator by which most fields are numbers.
  private static func separator(
    of body: [TextLines.Line], below first: TextLines.Line, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Separator {
    func occurs(_ separator: Separator, _ lines: [TextLines.Line]) -> Bool {
      lines.contains { TextFields.all(bytes, in: $0.range, by: separator).count > 1 }
    }
    let counts = Separator.allCases.map { separator in
      body.reduce(0) { count, line in
        count
          + TextFields.all(bytes, in: line.range, by: separator).count {
            bytes.number(of: $0) != nil
          }
      }
    }
    let largest = counts.max() ?? 0
    let best = zip(Separator.allCases, counts).filter { $0.1 == largest }.map(\.0)
    // Where no line of numbers has a separator, that of the names counts.
    if let separator = best.first(where: { occurs($0, body) }) { return separator }
    if let separator = best.first(where: { $0 != .spaces && occurs($0, [first]) }) {
      return separator
    }
    let numbers = TextFields.all(bytes, in: first.range, by: .spaces).map(bytes.number)
    return numbers.count > 1 && numbers.allSatisfy { $0 != nil } ? .spaces : best[0]
  }
}
