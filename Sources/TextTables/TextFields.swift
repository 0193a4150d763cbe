/// What stands between the fields of a line.
enum Separator: CaseIterable, Sendable {
  // In the order in which they are tried: a comma or a space can also belong to a field.
  case semicolon, comma, tab, pipe
  /// Spaces, as many as there are, and tabs.
  case spaces

  /// The byte; nil for spaces.
  var byte: UInt8? {
    switch self {
    case .semicolon: .semicolon
    case .comma: .comma
    case .tab: .tab
    case .pipe: UInt8(ascii: "|")
    case .spaces: nil
    }
  }
}

/// A field of a line, without the spaces around it.
struct TextField {
  /// Its bytes, without quotes around them.
  let range: Range<Int>
  let isQuoted: Bool
  /// Whether text stands behind the closing quote, or there is none.
  let isBroken: Bool
}

/// The fields of a line, one after the other.
struct TextFields {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let separator: UInt8?
  private let end: Int
  private var index: Int
  private var isAtEnd = false

  @inline(__always)
  init(_ bytes: UnsafeBufferPointer<UInt8>, in line: Range<Int>, by separator: Separator) {
    self.bytes = bytes
    self.separator = separator.byte
    (index, end) = (line.lowerBound, line.upperBound)
  }

  /// The largest number of fields that is read.
  static let limit = 1 << 20

  /// All fields of a line, up to one more than the limit.
  static func all(
    _ bytes: UnsafeBufferPointer<UInt8>, in line: Range<Int>, by separator: Separator
  ) -> [TextField] {
    var fields = TextFields(bytes, in: line, by: separator)
    var all: [TextField] = []
    while all.count <= limit, let field = fields.next() { all.append(field) }
    return all
  }

  @inline(__always)
  mutating func next() -> TextField? {
    guard !isAtEnd else { return nil }
    skipBlanks()
    if separator == nil, index == end { return nil }
    if index < end, bytes[index] == .quote { return quoted() }
    let start = index
    while index < end, !isSeparator(bytes[index]) { index += 1 }
    let range = separator == nil ? start..<index : bytes.trimming(start..<index)
    passSeparator()
    return TextField(range: range, isQuoted: false, isBroken: false)
  }

  private mutating func quoted() -> TextField {
    let start = index + 1
    index += 1
    while index < end {
      if bytes[index] == .quote {
        guard index + 1 < end, bytes[index + 1] == .quote else { break }
        index += 1
      }
      index += 1
    }
    let range = bytes.trimming(start..<index)
    var isBroken = index == end
    index = min(index + 1, end)
    let behind = index
    while index < end, !isSeparator(bytes[index]) { index += 1 }
    isBroken = isBroken || !bytes.trimming(behind..<index).isEmpty
    passSeparator()
    return TextField(range: range, isQuoted: true, isBroken: isBroken)
  }

  @inline(__always)
  private func isSeparator(_ byte: UInt8) -> Bool {
    separator.map { byte == $0 } ?? byte.isBlank
  }

  /// Skips spaces before a field, and tabs where they separate nothing.
  @inline(__always)
  private mutating func skipBlanks() {
    while index < end, bytes[index].isBlank, bytes[index] != separator { index += 1 }
  }

  /// Behind a separator there is one more field, even an empty one; behind spaces only if it is not
  /// empty.
  @inline(__always)
  private mutating func passSeparator() {
    if index < end { index += 1 } else { isAtEnd = true }
  }
}

// MARK: Text of fields

extension UnsafeBufferPointer<UInt8> {
  /// The text of a field; doubled quotes are one.
  func text(of field: TextField) -> String {
    let text = String(decoding: self[field.range], as: UTF8.self)
    return field.isQuoted ? text.replacing("\"\"", with: "\"") : text
  }

  /// The number that a field is; nil for any other text.
  @inline(__always)
  func number(of field: TextField) -> DecimalNumber? {
    guard !field.isBroken,
      let number = DecimalNumber(self, at: field.range.lowerBound, end: field.range.upperBound),
      number.length == field.range.count
    else { return nil }
    return number
  }
}
