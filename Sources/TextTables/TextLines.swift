/// The lines of a text, without blank lines and comments.
///
/// A line ends with LF, CR LF or CR. A comment begins with `#`, at the beginning of a line or behind a
/// space.
struct TextLines {
  /// A line with something on it.
  struct Line {
    /// The number of the line in the file, from 1.
    let number: Int
    /// Its bytes, up to a comment.
    let range: Range<Int>
    /// Its bytes, with what looks like a comment.
    let wholeRange: Range<Int>
    /// Whether blank lines, or lines of nothing but a comment, lie between the last line and this one.
    let followsBlank: Bool
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var index = 0
  private var number = 0
  /// Whether a line of tabs alone has something on it, which are the separators of empty fields.
  var countsTabs = false
  /// The bytes behind the `#` of the comment that was read last, if a line has been just that.
  private(set) var comment: Range<Int>?

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  mutating func next() -> Line? {
    var followsBlank = false
    while index < bytes.count {
      let line = nextRange()
      let text = bytes.trimming(line.range)
      if text.isEmpty && !(countsTabs && line.range.contains { bytes[$0] == .tab }) {
        followsBlank = true
        continue
      }
      if !text.isEmpty, bytes[text.lowerBound] == .hash {
        comment = text.lowerBound + 1..<text.upperBound
        continue
      }
      let end =
        line.hasHash ? comment(in: line.range) ?? line.range.upperBound : line.range.upperBound
      return Line(
        number: number, range: line.range.lowerBound..<end, wholeRange: line.range,
        followsBlank: followsBlank)
    }
    return nil
  }

  private mutating func nextRange() -> (range: Range<Int>, hasHash: Bool) {
    let start = index
    var hasHash = false
    while index < bytes.count, case let byte = bytes[index], byte != .lineFeed, byte != .return {
      if byte == .hash { hasHash = true }
      index += 1
    }
    let end = index
    number += 1
    // CR LF is one end of a line; so is CR CR LF, which a text that was converted twice has.
    let isReturn = index < bytes.count && bytes[index] == .return
    let length = isReturn ? (1...2).first { has(.lineFeed, at: index + $0) } ?? 0 : 0
    let isWhole = length < 2 || has(.return, at: index + 1)
    index = min(index + 1 + (isWhole ? length : 0), bytes.count)
    return (start..<end, hasHash)
  }

  private func has(_ byte: UInt8, at index: Int) -> Bool {
    index < bytes.count && bytes[index] == byte
  }

  /// Where a comment begins behind a space, outside of quotes.
  private func comment(in range: Range<Int>) -> Int? {
    var isQuoted = false
    for index in range {
      switch bytes[index] {
      case .quote: isQuoted.toggle()
      case .hash:
        if !isQuoted, index > range.lowerBound, bytes[index - 1].isBlank { return index }
      default: break
      }
    }
    return nil
  }
}

extension UInt8 {
  static let tab = UInt8(ascii: "\t")
  static let lineFeed = UInt8(ascii: "\n")
  static let `return` = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let hash = UInt8(ascii: "#")
  static let quote = UInt8(ascii: "\"")
  static let comma = UInt8(ascii: ",")
  static let semicolon = UInt8(ascii: ";")

  var isBlank: Bool { self == .space || self == .tab }
  var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
}

extension UnsafeBufferPointer<UInt8> {
  /// A range without the spaces and tabs at its ends.
  @inline(__always)
  func trimming(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, self[start].isBlank { start += 1 }
    while end > start, self[end - 1].isBlank { end -= 1 }
    return start..<end
  }
}
