/// The opcodes that pickles consist of, under their names in Python's `pickletools`.
enum PickleOpcode: UInt8 {
  case mark = 0x28
  case stop = 0x2E
  case pop = 0x30
  case popMark = 0x31
  case dup = 0x32
  case binInt = 0x4A
  case binInt1 = 0x4B
  case binInt2 = 0x4D
  case none = 0x4E
  case persID = 0x50
  case binPersID = 0x51
  case reduce = 0x52
  case binString = 0x54
  case shortBinString = 0x55
  case binUnicode = 0x58
  case append = 0x61
  case build = 0x62
  case global = 0x63
  case appends = 0x65
  case binGet = 0x68
  case inst = 0x69
  case longBinGet = 0x6A
  case obj = 0x6F
  case binPut = 0x71
  case longBinPut = 0x72
  case setItem = 0x73
  case tuple = 0x74
  case setItems = 0x75
  case binFloat = 0x47
  case emptyTuple = 0x29
  case emptyList = 0x5D
  case emptyDict = 0x7D
  case binBytes = 0x42
  case shortBinBytes = 0x43

  // Only protocols 0 and 1 have these.
  case int = 0x49
  case long = 0x4C
  case float = 0x46
  case string = 0x53
  case unicode = 0x56
  case get = 0x67
  case put = 0x70
  case list = 0x6C
  case dict = 0x64

  case proto = 0x80
  case newObj = 0x81
  case ext1 = 0x82
  case ext2 = 0x83
  case ext4 = 0x84
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case newTrue = 0x88
  case newFalse = 0x89
  case long1 = 0x8A
  case long4 = 0x8B

  case shortBinUnicode = 0x8C
  case binUnicode8 = 0x8D
  case binBytes8 = 0x8E
  case emptySet = 0x8F
  case addItems = 0x90
  case frozenSet = 0x91
  case newObjEx = 0x92
  case stackGlobal = 0x93
  case memoize = 0x94
  case frame = 0x95

  case byteArray8 = 0x96
  case nextBuffer = 0x97
  case readonlyBuffer = 0x98
}

extension PickleOpcode {
  /// Whether a pickle of protocol 0 or 1, which has no head, can begin with it.
  var beginsOldPickle: Bool {
    [.mark, .emptyDict, .emptyList, .emptyTuple, .global].contains(self)
  }
}

/// Reads opcodes and operands of a pickle; every read is checked against the bytes that remain.
struct PickleCursor {
  let bytes: UnsafeRawBufferPointer
  let file: String
  /// The byte offset of the next read.
  private(set) var offset: Int
  /// The byte offset of the current opcode, for errors.
  private(set) var opcodeOffset: Int

  init(_ bytes: UnsafeRawBufferPointer, at offset: Int, file: String) {
    self.bytes = bytes
    self.file = file
    self.offset = offset
    opcodeOffset = offset
  }

  /// Reads an opcode, which the following errors refer to.
  mutating func opcode() throws -> PickleOpcode {
    opcodeOffset = offset
    let code = try byte()
    guard let opcode = PickleOpcode(rawValue: code) else { throw error(.unsupportedOpcode(code)) }
    return opcode
  }

  mutating func byte() throws -> UInt8 { try integer(UInt8.self) }

  /// Reads a little-endian integer.
  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) throws -> Value {
    let source = try take(UInt64(MemoryLayout<Value>.size))
    return Value(littleEndian: source.loadUnaligned(as: Value.self))
  }

  /// Reads a big-endian double.
  mutating func double() throws -> Double {
    Double(bitPattern: try integer(UInt64.self).byteSwapped)
  }

  /// Reads a length of the given type, then that many bytes.
  mutating func counted<Length: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    by length: Length.Type
  ) throws -> UnsafeRawBufferPointer {
    try take(UInt64(integer(Length.self)))
  }

  /// Reads a length of the given type, then that many bytes of UTF-8, in which surrogates may stand alone.
  mutating func unicode<Length: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    by length: Length.Type
  ) throws -> PickleValue {
    let bytes = try counted(by: length)
    if let text = String(validating: bytes, as: UTF8.self) { return .string(text) }
    guard Self.isTextWithSurrogates(bytes) else { throw error(.invalidText) }
    return .surrogates(Array(bytes))
  }

  /// Whether the bytes are UTF-8 once each surrogate, in three bytes, is replaced by U+FFFD.
  private static func isTextWithSurrogates(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var plain = Array(bytes)
    for index in plain.indices.dropLast(2)
    where plain[index] == 0xED && 0xA0...0xBF ~= plain[index + 1] && 0x80...0xBF ~= plain[index + 2]
    {
      (plain[index], plain[index + 1], plain[index + 2]) = (0xEF, 0xBF, 0xBD)
    }
    return String(validating: plain, as: UTF8.self) != nil
  }

  /// Reads text up to the next newline.
  mutating func line() throws -> String { try text(lineBytes()) }

  /// Reads the bytes up to the next newline.
  mutating func lineBytes() throws -> UnsafeRawBufferPointer {
    let rest = bytes[offset...]
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
      throw error(.truncated(expected: UInt64(rest.count) + 1, found: rest.count))
    }
    let line = try take(UInt64(end - offset))
    offset += 1
    return line
  }

  /// Reads a length and an integer of that many bytes in two's complement; 0 for none.
  mutating func long<Length: FixedWidthInteger & BitwiseCopyable>(
    by length: Length.Type
  ) throws -> PickleValue {
    guard let length = Int(exactly: try integer(Length.self)), length >= 0 else {
      throw error(.wrongOperand(expected: "a length"))
    }
    let digits = try take(UInt64(length))
    let isNegative = digits.last.map { $0 & 0x80 != 0 } ?? false
    guard length > 8 else {
      return .int(digits.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) })
    }
    return .largeInteger(Array(digits))
  }

  /// Reads the length of a frame and checks that as many bytes remain.
  mutating func frame() throws {
    let length = try integer(UInt64.self)
    guard length <= UInt64(bytes.count - offset) else {
      throw error(.truncated(expected: length, found: bytes.count - offset))
    }
  }

  func error(_ problem: PickleError.Problem) -> PickleError {
    PickleError(file: file, offset: opcodeOffset, problem: problem)
  }

  private mutating func take(_ count: UInt64) throws -> UnsafeRawBufferPointer {
    let found = bytes.count - offset
    guard count <= UInt64(found) else { throw error(.truncated(expected: count, found: found)) }
    let range = offset..<offset + Int(count)
    offset = range.upperBound
    return UnsafeRawBufferPointer(rebasing: bytes[range])
  }

  private func text(_ bytes: UnsafeRawBufferPointer) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw error(.invalidText) }
    return text
  }
}
