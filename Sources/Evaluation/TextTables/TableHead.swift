import Foundation

/// The dialect of a text table, found in its first lines: what separates fields, what names columns.
struct TableHead {
  /// What the first line is.
  enum FirstLine: Equatable {
    case names
    case row
    /// Numbers that count, such as `0,1,2`: names of columns, or a row of whole numbers.
    ///
    /// `isProbablyNames` is nil where neither is more likely.
    case counts(isProbablyNames: Bool?)
  }

  let separator: Separator
  let firstLine: FirstLine
  /// The number of fields of each line below the first.
  let fieldCount: Int
  /// Whether each line ends with a separator, behind which nothing follows.
  let endsWithSeparator: Bool
  /// The names of columns, of the first line or of a comment before it.
  let names: [String]?
  /// A field of each column that holds text, from the first line of numbers.
  let texts: [Int: String]
  /// The number of the first line that may be names, and that of the next one.
  let lines: [Int]

  private static let sampleCount = 8
  /// Lines of many fields are sampled no further than this, in bytes.
  private static let sampleSize = 1 << 16

  /// Looks at the first lines of `bytes`.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - file: The file's name in errors.
  ///   - hasHeader: Whether the first line is names; nil to find out.
  /// - Throws: `TextTableError`.
  init(_ bytes: UnsafeBufferPointer<UInt8>, file: String, hasHeader: Bool?) throws {
    var content = TextLines(bytes)
    guard let first = content.next() else { throw TextTableError(file: file, problem: .empty) }
    let comment = content.comment
    var rest: [TextLines.Line] = []
    while rest.count < Self.sampleCount,
      rest.reduce(0, { $0 + $1.range.count }) < Self.sampleSize, let line = content.next()
    {
      rest.append(line)
    }
    let body = rest.isEmpty ? [first] : rest
    let separator = Self.separator(of: body, below: first, in: bytes)
    func fields(_ range: Range<Int>) -> [TextField] {
      TextFields.all(bytes, in: range, by: separator)
    }
    let sample = TableSample(
      bytes: bytes, separator: separator, first: fields(first.range),
      rows: body.map { fields($0.range) }, isOnly: rest.isEmpty)
    if let row = sample.rows.firstIndex(where: { row in
      row.contains { bytes.isDecimalComma($0, separator) }
    }) {
      throw TextTableError(
        file: file,
        problem: .decimalComma(line: body[row].number, found: bytes.text(body[row].range)))
    }
    firstLine = sample.kind(hasHeader: hasHeader)
    fieldCount = sample.fieldCount(below: firstLine)
    endsWithSeparator = sample.endsWithSeparator
    guard fieldCount <= TextFields.limit else {
      throw TextTableError(
        file: file, problem: .tooManyColumns(line: body[0].number, limit: TextFields.limit))
    }
    texts = rest.isEmpty && firstLine == .names ? [:] : sample.texts
    lines = ([first] + rest.prefix(1)).map(\.number)
    self.separator = separator
    if firstLine == .names {
      // In names, what looks like a comment belongs to them.
      let header = fields(first.wholeRange)
      let isEnding =
        endsWithSeparator || header.count == fieldCount + 1
        ? header.last?.range.isEmpty ?? false : false
      names = header.dropLast(isEnding ? 1 : 0).map(bytes.text)
    } else {
      let header = comment.map(fields) ?? []
      names = header.count == fieldCount ? header.map(bytes.text) : nil
    }
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

/// The fields of the first lines.
private struct TableSample {
  let bytes: UnsafeBufferPointer<UInt8>
  let separator: Separator
  let first: [TextField]
  /// The lines below the first; the first one, if it is the only one.
  let rows: [[TextField]]
  let isOnly: Bool

  /// Whether all lines below the first end with a separator, and the first does not show that a field
  /// belongs there.
  var endsWithSeparator: Bool {
    separator != .spaces && rows.allSatisfy(isEnding)
      && (isEnding(first) || first.count != rows[0].count)
  }

  private func isEnding(_ row: [TextField]) -> Bool {
    row.count > 1 && row.last.map { $0.range.isEmpty && !$0.isQuoted } ?? false
  }

  /// The number of fields of each row, where the first line is what `firstLine` says.
  func fieldCount(below firstLine: TableHead.FirstLine) -> Int {
    firstLine == .row ? firstCount : rows[0].count - (endsWithSeparator ? 1 : 0)
  }

  private var firstCount: Int { first.count - (endsWithSeparator && isEnding(first) ? 1 : 0) }

  /// The first text of each column that holds text in the first two lines.
  var texts: [Int: String] {
    var texts: [Int: String] = [:]
    for (index, field) in rows[0].enumerated() where isText(field) {
      if rows.count < 2 || rows[1].count <= index || isText(rows[1][index]) {
        texts[index] = bytes.text(of: field)
      }
    }
    return texts
  }

  /// What the first line is.
  func kind(hasHeader: Bool?) -> TableHead.FirstLine {
    let kind = kindByFields(hasHeader)
    guard case .counts = kind else { return kind }
    // Where it is shorter than the others it cannot be a row.
    let difference = firstCount - fieldCount(below: kind)
    return difference < 0 ? .names : difference > 0 ? .row : kind
  }

  private func kindByFields(_ hasHeader: Bool?) -> TableHead.FirstLine {
    guard !first.contains(where: \.isBroken) else { return .row }
    let numbers = first.map(bytes.number)
    let isAllNumbers = !numbers.contains { $0 == nil }
    if isOnly { return isAllNumbers || !first.contains(where: isText) ? .row : .names }
    if isAllNumbers {
      if let hasHeader { return hasHeader ? .names : .row }
      if first.allSatisfy(\.isQuoted), !rows[0].contains(where: \.isQuoted) { return .names }
    }
    let found = numbers.compactMap(\.self)
    // Numbers with a point or an exponent name nothing.
    guard found.allSatisfy({ $0.isInteger && !$0.isHalf && $0.value >= 0 }) else { return .row }
    let values = found.map(\.value)
    let isRising = zip(values, values.dropFirst()).allSatisfy { $0 < $1 }
    guard isRising else { return .row }
    if isAllNumbers { return kind(ofNumbers: values) }
    let texts = first.indices.filter { isText(first[$0]) }
    guard !texts.isEmpty else {
      // Row numbers without a name, beside numbered columns.
      let isNumbered = first[0].range.isEmpty && values.count == first.count - 1
      return isNumbered && Self.counts(values) ? .names : .row
    }
    if texts.count < first.count,
      texts.allSatisfy({ rows[0].indices.contains($0) && isText(rows[0][$0]) })
    {
      // The texts can be row names.
      return values.isEmpty ? .row : hasHeader.map { $0 ? .names : .row } ?? kind(ofNumbers: values)
    }
    // A number with a slip of the pen names nothing: a text beside numbered columns is a telling name.
    let areTelling = texts.allSatisfy {
      ColumnNames.otherContent(of: bytes.text(of: first[$0])) != nil
    }
    let areNames = values.isEmpty || areTelling || values.count > 1 && Self.counts(values)
    return areNames ? .names : .row
  }

  /// What a line of rising whole numbers is.
  private func kind(ofNumbers values: [Double]) -> TableHead.FirstLine {
    let isDecimal = !rows.joined().contains { bytes.number(of: $0)?.isInteger ?? false }
    guard values.count > 1 else {
      return values == [0] ? .counts(isProbablyNames: isDecimal) : .row
    }
    switch (Self.counts(values), isDecimal) {
    case (true, _): return .counts(isProbablyNames: isDecimal ? true : nil)
    case (false, true): return .counts(isProbablyNames: nil)
    case (false, false): return .row
    }
  }

  /// Whether numbers are 0, 1, 2 … or 1, 2, 3 ….
  private static func counts(_ values: [Double]) -> Bool {
    values.enumerated().allSatisfy { $1 == Double($0) + values[0] } && (values.first ?? 0) <= 1
  }

  /// Whether a field is text, rather than a number, a missing one or nothing.
  private func isText(_ field: TextField) -> Bool {
    guard !field.range.isEmpty, bytes.number(of: field) == nil else { return false }
    let word = bytes.text(of: field).lowercased().drop { $0 == "-" || $0 == "+" }
    return !Self.missing.contains(String(word))
  }

  private static let missing: Set = [
    "", "nan", "inf", "infinity", "na", "n/a", "#n/a", "<na>", "null", "none", "nil", ".", "?",
  ]
}

extension UnsafeBufferPointer<UInt8> {
  /// The text of some bytes.
  func text(_ range: Range<Int>) -> String { String(decoding: self[range], as: UTF8.self) }

  /// Whether a field would be one or more numbers if commas were points.
  func isDecimalComma(_ field: TextField, _ separator: Separator) -> Bool {
    guard number(of: field) == nil else { return false }
    let marks: [UInt8] = [.comma, .semicolon, .tab, .space]
    let signs = [UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "e"), UInt8(ascii: "E")]
    let text = self[field.range]
    return text.contains { marks.contains($0) } && text.contains(where: \.isDigit)
      && text.allSatisfy { $0.isDigit || marks.contains($0) || signs.contains($0) }
  }
}
