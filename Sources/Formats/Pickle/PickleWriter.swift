/// Writes values as a Python pickle of protocol 2, which PyTorch's restricted reader accepts.
///
/// The memo is not used: a value that occurs twice is written twice. A reference to a value that contains
/// this one is written as `None`, and so is a value that was left out. Equal values give equal bytes.
public struct PickleWriter {
  private var bytes: [UInt8] = []

  /// The pickle of `value`.
  ///
  /// Values are written as Python's pickler writes them, so that a reader gets Python's types; `bytes`
  /// become a call of `_codecs.encode`, because protocol 2 has no opcode for them.
  public static func bytes(of value: PickleValue) -> [UInt8] {
    var writer = PickleWriter()
    writer.append(.proto)
    writer.bytes.append(2)
    writer.write(value)
    writer.append(.stop)
    return writer.bytes
  }

  private mutating func write(_ value: PickleValue) {
    switch value {
    case .none, .cycle, .omitted: append(.none)
    case .bool(let value): append(value ? .newTrue : .newFalse)
    case .int(let value): write(value)
    case .largeInteger(let digits): write(digits: digits)
    case .float(let value):
      append(.binFloat)
      append(value.bitPattern.bigEndian)
    case .string(let text): write(Array(text.utf8))
    case .surrogates(let content): write(content)
    case .bytes(let content): write(encoded(content))
    case .list(let elements):
      append(.emptyList)
      write(elements, then: .appends)
    case .tuple(let elements): write(tuple: elements)
    case .dictionary(let items):
      append(.emptyDict)
      write(items.flatMap { [$0.key, $0.value] }, then: .setItems)
    case .global(let global): write(global)
    case .object(let object): write(object)
    case .persistent(let identifier):
      write(identifier)
      append(.binPersID)
    }
  }

  private mutating func write(_ value: Int) {
    if let value = UInt8(exactly: value) {
      append(.binInt1)
      append(value)
    } else if let value = UInt16(exactly: value) {
      append(.binInt2)
      append(value.littleEndian)
    } else if let value = Int32(exactly: value) {
      append(.binInt)
      append(value.littleEndian)
    } else {
      append(.long1)
      append(UInt8(8))
      append(value.littleEndian)
    }
  }

  private mutating func write(digits: [UInt8]) {
    if let count = UInt8(exactly: digits.count) {
      append(.long1)
      append(count)
    } else {
      append(.long4)
      append(Int32(truncatingIfNeeded: digits.count).littleEndian)
    }
    bytes += digits
  }

  private mutating func write(_ text: [UInt8]) {
    append(.binUnicode)
    append(UInt32(truncatingIfNeeded: text.count).littleEndian)
    bytes += text
  }

  private mutating func write(tuple elements: [PickleValue]) {
    guard elements.count > 3 else {
      for element in elements { write(element) }
      append([.emptyTuple, .tuple1, .tuple2, .tuple3][elements.count])
      return
    }
    append(.mark)
    for element in elements { write(element) }
    append(.tuple)
  }

  private mutating func write(_ global: PickleGlobal) {
    guard !(global.module + global.name).utf8.contains(UInt8(ascii: "\n")) else {
      // A line cannot hold the name; this opcode of protocol 4 can.
      write(Array(global.module.utf8))
      write(Array(global.name.utf8))
      return append(.stackGlobal)
    }
    append(.global)
    bytes += Array("\(global.module)\n\(global.name)\n".utf8)
  }

  private mutating func write(_ object: PickleObject) {
    write(object.callee)
    write(tuple: object.arguments)
    append(.reduce)
    write(object.elements, then: .appends)
    write(object.items.flatMap { [$0.key, $0.value] }, then: .setItems)
    if let state = object.state {
      write(state)
      append(.build)
    }
  }

  private mutating func write(_ elements: [PickleValue], then opcode: PickleOpcode) {
    guard !elements.isEmpty else { return }
    append(.mark)
    for element in elements { write(element) }
    append(opcode)
  }

  private func encoded(_ content: [UInt8]) -> PickleValue {
    let text = String(String.UnicodeScalarView(content.map { Unicode.Scalar($0) }))
    return .object(
      PickleObject(callee: .codecsEncode, arguments: [.string(text), .string("latin1")]))
  }

  private mutating func append(_ opcode: PickleOpcode) {
    bytes.append(opcode.rawValue)
  }

  private mutating func append(_ value: some BitwiseCopyable) {
    withUnsafeBytes(of: value) { bytes += $0 }
  }
}
