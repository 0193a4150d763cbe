/// The fields of the first lines of a table.
struct TableSample {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let separator: Separator
  private let first: [TextField]
  /// The lines below the first; the first one, if it is the only one.
  private let lines: [TextLines.Line]
  private let rows: [[TextField]]
  private let isOnly: Bool

  init(_ opening: TableOpening) {
    bytes = opening.bytes
    separator = opening.separator
    first = opening.fields(opening.first.range)
    lines = opening.body
    rows = opening.body.map { opening.fields($0.range) }
    isOnly = opening.rest.isEmpty
  }

  /// The first line below the names that seems to hold decimal commas.
  var lineWithDecimalCommas: TextLines.Line? {
    zip(lines, rows).first { _, row in
      row.contains { bytes.isDecimalComma($0, separator) }
    }?.0
  }

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

  /// The first text of each column that holds text in most lines.
  var texts: [Int: SampleText] {
    var (texts, counts): ([Int: SampleText], [Int: Int]) = ([:], [:])
    for (line, row) in zip(lines, rows) {
      for (index, field) in row.enumerated() where isText(field) {
        if texts[index] == nil {
          texts[index] = SampleText(text: bytes.text(of: field), line: line.number)
        }
        counts[index, default: 0] += 1
      }
    }
    return texts.filter { 2 * (counts[$0.key] ?? 0) > rows.count }
  }

  /// What the first line is.
  func kind(hasHeader: Bool?) -> TableHead.FirstLine {
    let kind = kindByFields(hasHeader)
    guard kind == .numbers else { return kind }
    // Where it counts and is shorter than the others it cannot be a row.
    let difference = firstCount - fieldCount(below: kind)
    let areCounting = first.compactMap { bytes.number(of: $0)?.value }.areCounting
    return difference < 0 && areCounting ? .names : difference != 0 ? .row : kind
  }

  private func kindByFields(_ hasHeader: Bool?) -> TableHead.FirstLine {
    let first = first.prefix(firstCount)
    guard !first.contains(where: \.isBroken) else { return .row }
    let texts = first.indices.filter { isText(first[$0]) }
    let numbers = first.compactMap(bytes.number)
    let isAllNumbers = numbers.count == first.count
    if isOnly { return isAllNumbers || texts.isEmpty ? .row : .names }
    if hasHeader == true { return .names }
    if isAllNumbers, hasHeader == nil, first.allSatisfy(\.isQuoted),
      !rows[0].contains(where: \.isQuoted)
    {
      return .names
    }
    // Numbers with a fraction name nothing, nor do 05 and -0.
    guard numbers.allSatisfy({ $0.value.isWhole && !$0.isHalf }) else { return .row }
    if isAllNumbers { return hasHeader == false ? .row : .numbers }
    guard !texts.isEmpty else {
      // Row numbers without a name, beside numbered columns.
      let isNumbered = first[0].range.isEmpty && numbers.count == first.count - 1
      return isNumbered && numbers.map(\.value).areCounting ? .names : .row
    }
    return kind(of: texts, besides: numbers.map(\.value), hasHeader)
  }

  /// What a line of texts and whole numbers is.
  private func kind(
    of texts: [Int], besides values: [Double], _ hasHeader: Bool?
  ) -> TableHead.FirstLine {
    let areTelling = texts.allSatisfy {
      ColumnNames.meaning(of: bytes.text(of: first[$0])) != nil
    }
    let areAboveTexts = texts.allSatisfy { rows[0].indices.contains($0) && isText(rows[0][$0]) }
    if texts.count < first.count, areAboveTexts, !areTelling {
      // The texts can be row names.
      return values.isEmpty || hasHeader == false ? .row : .numbers
    }
    // A number with a slip of the pen names nothing: a text beside numbered columns is a telling name.
    let areNames = values.isEmpty || areTelling || values.count > 1 && values.areCounting
    return areNames ? .names : .row
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

extension Double {
  /// Whether this is a whole number.
  var isWhole: Bool { self == rounded(.towardZero) }
}

extension [Double] {
  /// Whether these are 0, 1, 2 … or 1, 2, 3 ….
  var areCounting: Bool {
    guard let first, first == 0 || first == 1 else { return false }
    return enumerated().allSatisfy { $1 == first + Double($0) }
  }
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
