// Values as protocol 0 writes them: text on a line.

extension PickleCursor {
  /// Reads a line with a number of decimal digits, such as the index of a memo.
  mutating func number() throws -> Int {
    let text = try line()
    guard let number = Int(text), number >= 0 else {
      throw error(.wrongOperand(expected: "a whole number"))
    }
    return number
  }

  /// Reads a line with an integer, or with a truth value: `00` and `01`.
  mutating func decimal() throws -> PickleValue {
    switch try line() {
    case "00": return .bool(false)
    case "01": return .bool(true)
    case let text:
      // Python 2 marks its long integers by an L.
      guard let number = Int(text.hasSuffix("L") ? String(text.dropLast()) : text) else {
        throw error(.wrongOperand(expected: "an integer of at most 64 bits"))
      }
      return .int(number)
    }
  }

  /// Reads a line with a floating-point number.
  mutating func float() throws -> PickleValue {
    guard let number = Double(try line()) else {
      throw error(.wrongOperand(expected: "a number"))
    }
    return .float(number)
  }

  /// Reads a line with a string of Python 2: quoted, with escapes.
  mutating func quoted() throws -> PickleValue {
    let line = Array(try lineBytes())
    guard line.count >= 2, let quote = line.first, line.last == quote,
      quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    else { throw error(.wrongOperand(expected: "a text in quotes")) }
    var escapes = PickleEscapes(line[1..<line.count - 1])
    guard let bytes = escapes.string() else { throw error(.invalidText) }
    return .bytes(bytes)
  }

  /// Reads a line with Unicode text: bytes are Latin-1, other characters are escaped.
  mutating func escapedText() throws -> PickleValue {
    var escapes = PickleEscapes(try lineBytes()[...])
    guard let text = escapes.unicode() else { throw error(.invalidText) }
    return .string(text)
  }
}

/// Text with escapes that begin with a backslash.
private struct PickleEscapes<Bytes: RandomAccessCollection<UInt8>> {
  private var rest: Bytes.SubSequence

  private static var backslash: UInt8 { UInt8(ascii: "\\") }

  init(_ bytes: Bytes) where Bytes == Bytes.SubSequence {
    rest = bytes
  }

  /// The bytes of a string of Python 2; nil where an escape is cut off, or none that it writes.
  mutating func string() -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(rest.count)
    while let byte = rest.popFirst() {
      guard byte == Self.backslash else {
        bytes.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "x"):
        guard let value = hexadecimal(2) else { return nil }
        bytes.append(UInt8(truncatingIfNeeded: value))
      case UInt8(ascii: "t"): bytes.append(9)
      case UInt8(ascii: "n"): bytes.append(10)
      case UInt8(ascii: "r"): bytes.append(13)
      case let quoted? where [Self.backslash, 0x22, 0x27].contains(quoted): bytes.append(quoted)
      default: return nil
      }
    }
    return bytes
  }

  /// Unicode text; nil where an escape is cut off, or is of no character.
  mutating func unicode() -> String? {
    var text = String.UnicodeScalarView()
    while let byte = rest.popFirst() {
      let length = byte == Self.backslash ? escapeLength : 0
      guard length > 0 else {
        text.append(Unicode.Scalar(byte))
        // A second backslash begins no escape.
        if byte == Self.backslash, let next = rest.popFirst() { text.append(Unicode.Scalar(next)) }
        continue
      }
      rest.removeFirst()
      guard let scalar = hexadecimal(length).flatMap(Unicode.Scalar.init) else { return nil }
      text.append(scalar)
    }
    return String(text)
  }

  /// The digits of the escape that a backslash begins here; 0 where it begins none.
  private var escapeLength: Int {
    switch rest.first {
    case UInt8(ascii: "u"): 4
    case UInt8(ascii: "U"): 8
    default: 0
    }
  }

  private mutating func hexadecimal(_ count: Int) -> UInt32? {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let byte = rest.popFirst(),
        let digit = Character(Unicode.Scalar(byte)).hexDigitValue
      else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
