/// Reads the parts of JSON (RFC 8259) that a safetensors header is made of, strictly.
struct JSONCursor {
  let bytes: UnsafeRawBufferPointer
  var position: Int
  let end: Int
  let file: String

  /// Calls `member` with each key of an object, to read its value.
  mutating func object(_ member: (inout JSONCursor, String) throws -> Void) throws {
    try expect("{")
    if accept("}") { return }
    repeat {
      let key = try text()
      try expect(":")
      try member(&self, key)
    } while accept(",")
    try expect("}")
  }

  /// A list of up to `maximum` whole numbers, none negative.
  mutating func numbers(atMost maximum: Int) throws -> [Int] {
    var numbers: [Int] = []
    try expect("[")
    if accept("]") { return [] }
    repeat {
      guard numbers.count < maximum else { throw malformed("at most \(maximum) numbers") }
      numbers.append(try number())
    } while accept(",")
    try expect("]")
    return numbers
  }

  /// A whole number from 0 to 2⁶³ − 1, without sign, fraction or exponent.
  private mutating func number() throws -> Int {
    skipSpaces()
    let digits = bytes[position..<end].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 }
    guard digits.count == 1 || digits.first != UInt8(ascii: "0"), digits.count < 20,
      let number = Int(String(decoding: digits, as: UTF8.self))
    else { throw malformed("a whole number from 0 to \(Int.max)") }
    position += digits.count
    return number
  }

  /// A quoted text.
  mutating func text() throws -> String {
    skipSpaces()
    guard position < end, bytes[position] == UInt8(ascii: "\"") else { throw malformed("a text") }
    position += 1
    var content: [UInt8] = []
    while position < end {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw malformed("UTF-8 in the text that ends here")
        }
        position += 1
        return text
      case UInt8(ascii: "\\"): content += try escaped()
      case ..<0x20: throw malformed("no control character in a text")
      default:
        content.append(byte)
        position += 1
      }
    }
    throw malformed("the end of a text")
  }

  /// The UTF-8 that an escape stands for.
  private mutating func escaped() throws -> [UInt8] {
    if position + 1 < end, let byte = Self.unescaped(bytes[position + 1]) {
      position += 2
      return [byte]
    }
    var units = [try unit()]
    if UTF16.isLeadSurrogate(units[0]) { units.append(try unit()) }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw malformed("a pair of surrogates before here")
    }
    return Array(text.utf8)
  }

  private static func unescaped(_ letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
    case UInt8(ascii: "b"): 8
    case UInt8(ascii: "f"): 12
    case UInt8(ascii: "n"): 10
    case UInt8(ascii: "r"): 13
    case UInt8(ascii: "t"): 9
    default: nil
    }
  }

  /// The unit of UTF-16 that `\uXXXX` stands for.
  private mutating func unit() throws -> UInt16 {
    let digits = bytes[position..<end].dropFirst(2).prefix(4)
    guard bytes[position..<end].starts(with: "\\u".utf8), digits.count == 4,
      digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw malformed("an escape of JSON") }
    position += 6
    return unit
  }

  /// Only spaces may follow.
  mutating func expectEnd() throws {
    skipSpaces()
    guard position == end else { throw malformed("the end of the header") }
  }

  mutating func expect(_ character: Unicode.Scalar) throws {
    guard accept(character) else { throw malformed("\"\(character)\"") }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard position < end, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpaces() {
    while position < end, " \n\t\r".utf8.contains(bytes[position]) { position += 1 }
  }

  func malformed(_ expected: String) -> SafeTensorsError {
    error(.malformedHeader(offset: position, expected: expected))
  }

  func error(_ problem: SafeTensorsError.Problem, of tensor: String? = nil) -> SafeTensorsError {
    SafeTensorsError(file: file, tensor: tensor, problem: problem)
  }
}
