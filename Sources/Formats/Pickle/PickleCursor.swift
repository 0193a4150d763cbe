/// Reads a pickle's operands, each checked against the bytes that are left.
struct PickleCursor {
  let bytes: UnsafeRawBufferPointer
  let file: String
  /// The next byte to read.
  private(set) var position: Int
  /// Where the current opcode begins, for errors.
  private(set) var opcodeOffset: Int

  init(_ bytes: UnsafeRawBufferPointer, at position: Int, file: String) {
    self.bytes = bytes
    self.file = file
    self.position = position
    opcodeOffset = position
  }

  /// The next byte as an opcode; errors that follow are about it.
  mutating func opcode() throws -> PickleOpcode {
    opcodeOffset = position
    let code = try byte()
    guard let opcode = PickleOpcode(rawValue: code) else { throw error(.unsupportedOpcode(code)) }
    return opcode
  }

  mutating func byte() throws -> UInt8 { try integer(UInt8.self) }

  /// A little-endian whole number.
  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) throws -> Value {
    let source = try take(UInt64(MemoryLayout<Value>.size))
    return Value(littleEndian: source.loadUnaligned(as: Value.self))
  }

  /// A big-endian double.
  mutating func double() throws -> Double {
    Double(bitPattern: try integer(UInt64.self).byteSwapped)
  }

  /// A length of the given width, then that many bytes.
  mutating func counted<Length: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    by length: Length.Type
  ) throws -> UnsafeRawBufferPointer {
    try take(UInt64(integer(Length.self)))
  }

  /// A length of the given width, then that many bytes of UTF-8.
  mutating func text<Length: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    by length: Length.Type
  ) throws -> String {
    try text(counted(by: length))
  }

  /// Text up to the next newline.
  mutating func line() throws -> String {
    let rest = bytes[position...]
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
      throw error(.truncated(expected: UInt64(rest.count) + 1, found: rest.count))
    }
    let line = try take(UInt64(end - position))
    position += 1
    return try text(line)
  }

  /// A whole number of up to 8 bytes in two's complement; no bytes are zero.
  mutating func long<Length: FixedWidthInteger & BitwiseCopyable>(
    by length: Length.Type
  ) throws -> Int {
    guard let length = Int(exactly: try integer(Length.self)), length >= 0 else {
      throw error(.wrongOperand(expected: "a length"))
    }
    guard length <= 8 else { throw error(.integerTooLarge(byteCount: length)) }
    let digits = try take(UInt64(length))
    let isNegative = digits.last.map { $0 & 0x80 != 0 } ?? false
    return digits.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) }
  }

  /// Checks that a frame of the length that follows is there.
  mutating func frame() throws {
    let length = try integer(UInt64.self)
    guard length <= UInt64(bytes.count - position) else {
      throw error(.truncated(expected: length, found: bytes.count - position))
    }
  }

  func error(_ problem: PickleError.Problem) -> PickleError {
    PickleError(file: file, offset: opcodeOffset, problem: problem)
  }

  private mutating func take(_ count: UInt64) throws -> UnsafeRawBufferPointer {
    let found = bytes.count - position
    guard count <= UInt64(found) else { throw error(.truncated(expected: count, found: found)) }
    let range = position..<position + Int(count)
    position = range.upperBound
    return UnsafeRawBufferPointer(rebasing: bytes[range])
  }

  private func text(_ bytes: UnsafeRawBufferPointer) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw error(.invalidText) }
    return text
  }
}
