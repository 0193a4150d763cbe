import Foundation

/// Reads Python pickles of protocols 2 to 5 as data.
///
/// Nothing is imported or called: a call becomes a `PickleObject` that describes it. Names of classes
/// and functions outside a fixed list (`PickleGlobal.known`) are refused, so the worst that a hostile
/// file can do is to fail to be read. The opcodes are those documented in Python's `pickletools`.
public enum PickleReader {
  /// Reads one pickle from memory.
  ///
  /// - Parameters:
  ///   - bytes: The whole pickle.
  ///   - file: The file's name in errors.
  ///   - limits: The limits on its contents, by default in proportion to its size.
  /// - Returns: The value, which is within the limits.
  /// - Throws: `PickleError` with the byte offset of the opcode at fault.
  public static func value(
    of bytes: [UInt8], file: String, limits: PickleLimits? = nil
  ) throws -> PickleValue {
    try bytes.withUnsafeBytes { try value(of: $0, file: file, limits: limits) }
  }

  /// Reads the file at `url` as one pickle.
  ///
  /// - Throws: `PickleError` or `FileError`.
  public static func value(
    contentsOf url: URL, limits: PickleLimits? = nil
  ) throws -> PickleValue {
    try ByteStorage(mapping: url).withBytes { bytes in
      try value(of: bytes, file: url.path, limits: limits)
    }
  }

  private static func value(
    of bytes: UnsafeRawBufferPointer, file: String, limits: PickleLimits?
  ) throws -> PickleValue {
    var offset = 0
    let value = try value(
      of: bytes, at: &offset, file: file,
      limits: limits ?? PickleLimits(fileByteCount: bytes.count))
    guard offset == bytes.count else {
      throw PickleError(
        file: file, offset: offset, problem: .trailingBytes(bytes.count - offset))
    }
    return value
  }

  /// Reads the pickle at byte `offset`, and advances `offset` to its end.
  ///
  /// - Throws: `PickleError`.
  package static func value(
    of bytes: UnsafeRawBufferPointer, at offset: inout Int, file: String,
    limits: PickleLimits
  ) throws -> PickleValue {
    var machine = PickleMachine(
      cursor: PickleCursor(bytes, at: offset, file: file), limits: limits)
    let value = try machine.run()
    offset = machine.cursor.offset
    return value
  }
}

/// The stack machine that executes a pickle, restricted to the opcodes that build data.
private struct PickleMachine {
  private(set) var cursor: PickleCursor
  private let limits: PickleLimits
  private var graph = PickleGraph()
  private var stack: [PickleGraph.Reference] = []
  /// The heights of the stack at its marks.
  private var marks: [Int] = []
  private var memo: [Int: PickleGraph.Reference] = [:]
  /// The number of opcodes so far, which bounds the number of references between values.
  private var opcodeCount = 0

  /// Opcodes allowed per value: one to create it, one to store it, and some to refer to it.
  private static let opcodesPerValue = 4

  init(cursor: PickleCursor, limits: PickleLimits) {
    self.cursor = cursor
    self.limits = limits
  }

  /// Runs to the end of the pickle and returns its value.
  mutating func run() throws -> PickleValue {
    try start()
    while true {
      let opcode = try cursor.opcode()
      guard opcode != .stop else { return try finish() }
      if try !pushScalar(opcode), try !build(opcode) { try arrange(opcode) }
      try checkLimits()
    }
  }

  /// Bounds allocations: values, references to them, and entries of the memo.
  private mutating func checkLimits() throws {
    opcodeCount += 1
    let count = max(graph.nodes.count, stack.count, marks.count, memo.count)
    guard count <= limits.valueCount, opcodeCount / Self.opcodesPerValue <= limits.valueCount else {
      throw cursor.error(.tooLarge(what: "values", maximum: limits.valueCount))
    }
  }

  private mutating func start() throws {
    let mark = try cursor.byte()
    guard mark == PickleOpcode.proto.rawValue else {
      throw cursor.error(.unsupportedProtocol(found: mark))
    }
    try readProtocol()
  }

  private mutating func readProtocol() throws {
    let version = try cursor.byte()
    guard (2...5).contains(version) else {
      throw cursor.error(.unsupportedProtocol(found: version))
    }
  }

  private mutating func finish() throws -> PickleValue {
    guard marks.isEmpty, stack.count == 1, let root = stack.first else {
      throw operandError("exactly one value at the end")
    }
    switch graph.value(of: root, limits: limits) {
    case .success(let value): return value
    case .failure(let problem): throw cursor.error(problem)
    }
  }

  // MARK: Opcodes that contain a value

  private mutating func pushScalar(_ opcode: PickleOpcode) throws -> Bool {
    switch opcode {
    case .none: push(.none)
    case .newTrue: push(.bool(true))
    case .newFalse: push(.bool(false))
    case .binInt: push(.int(Int(try cursor.integer(Int32.self))))
    case .binInt1: push(.int(Int(try cursor.byte())))
    case .binInt2: push(.int(Int(try cursor.integer(UInt16.self))))
    case .long1: push(.int(try cursor.long(by: UInt8.self)))
    case .long4: push(.int(try cursor.long(by: Int32.self)))
    case .binFloat: push(.float(try cursor.double()))
    case .shortBinUnicode: push(.string(try cursor.text(by: UInt8.self)))
    case .binUnicode: push(.string(try cursor.text(by: UInt32.self)))
    case .binUnicode8: push(.string(try cursor.text(by: UInt64.self)))
    case .shortBinString, .shortBinBytes: push(.bytes(Array(try cursor.counted(by: UInt8.self))))
    case .binString, .binBytes: push(.bytes(Array(try cursor.counted(by: UInt32.self))))
    case .binBytes8, .byteArray8: push(.bytes(Array(try cursor.counted(by: UInt64.self))))
    case .global: try pushGlobal(PickleGlobal(cursor.line(), cursor.line()))
    default: return false
    }
    return true
  }

  private mutating func push(_ value: PickleValue) {
    stack.append(graph.add(.scalar(value)))
  }

  private mutating func pushGlobal(_ global: PickleGlobal) throws {
    guard PickleGlobal.known.contains(global) else {
      throw cursor.error(.forbiddenGlobal(global.description))
    }
    push(.global(global))
  }

  // MARK: Opcodes that build a value from others

  private mutating func build(_ opcode: PickleOpcode) throws -> Bool {
    switch opcode {
    case .emptyList: stack.append(graph.add(.list))
    case .emptyDict: stack.append(graph.add(.dictionary))
    case .emptyTuple: stack.append(graph.add(.tuple))
    case .tuple: stack.append(graph.add(.tuple, parts: try popToMark()))
    case .tuple1: stack.append(graph.add(.tuple, parts: try pop(1)))
    case .tuple2: stack.append(graph.add(.tuple, parts: try pop(2)))
    case .tuple3: stack.append(graph.add(.tuple, parts: try pop(3)))
    case .append: try appendToTop(pop(1))
    case .appends: try appendToTop(popToMark())
    case .setItem: try setItemsOfTop(pop(2))
    case .setItems: try setItemsOfTop(popToMark())
    case .build: try setStateOfTop(pop(1))
    case .binPersID: stack.append(graph.add(.persistent, parts: try pop(1)))
    case .stackGlobal: try pushStackGlobal()
    case .reduce, .newObj: try call()
    default: return false
    }
    return true
  }

  private mutating func appendToTop(_ values: [PickleGraph.Reference]) throws {
    let top = try self.top
    switch graph.nodes[top].content {
    case .list: graph.nodes[top].parts += values
    case .object: graph.nodes[top].elements += values
    default: throw operandError("a list")
    }
  }

  private mutating func setItemsOfTop(_ values: [PickleGraph.Reference]) throws {
    let top = try self.top
    guard values.count.isMultiple(of: 2) else { throw operandError("keys and values in pairs") }
    switch graph.nodes[top].content {
    case .dictionary, .object: graph.nodes[top].items += values
    default: throw operandError("a dictionary")
    }
  }

  private mutating func setStateOfTop(_ values: [PickleGraph.Reference]) throws {
    let top = try self.top
    guard case .object = graph.nodes[top].content, graph.nodes[top].state == nil else {
      throw operandError("an object without a state")
    }
    graph.nodes[top].state = values.first
  }

  private mutating func pushStackGlobal() throws {
    let names = try pop(2).map { graph.nodes[$0].content }
    guard case .scalar(.string(let module)) = names[0], case .scalar(.string(let name)) = names[1]
    else { throw operandError("the two names of a class or function") }
    try pushGlobal(PickleGlobal(module, name))
  }

  private mutating func call() throws {
    let operands = try pop(2)
    guard case .scalar(.global(let callee)) = graph.nodes[operands[0]].content else {
      throw cursor.error(.forbiddenCall)
    }
    guard case .tuple = graph.nodes[operands[1]].content else {
      throw operandError("a tuple of arguments")
    }
    stack.append(graph.add(.object(callee), parts: graph.nodes[operands[1]].parts))
  }

  // MARK: Opcodes on the stack and the memo

  private mutating func arrange(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .proto: try readProtocol()
    case .frame: try cursor.frame()
    case .mark: marks.append(stack.count)
    case .pop: if marks.last == stack.count { marks.removeLast() } else { _ = try pop(1) }
    case .popMark: _ = try popToMark()
    case .dup: stack.append(try top)
    case .binGet: try recall(Int(cursor.byte()))
    case .longBinGet: try recall(Int(cursor.integer(UInt32.self)))
    case .binPut: memo[Int(try cursor.byte())] = try top
    case .longBinPut: memo[Int(try cursor.integer(UInt32.self))] = try top
    case .memoize: memo[memo.count] = try top
    default: throw cursor.error(.unsupportedOpcode(opcode.rawValue))
    }
  }

  private mutating func recall(_ index: Int) throws {
    guard let reference = memo[index] else { throw cursor.error(.missingMemo(index)) }
    stack.append(reference)
  }

  /// The value at the top of the stack, above the last mark.
  private var top: PickleGraph.Reference {
    get throws {
      guard stack.count > marks.last ?? 0, let top = stack.last else {
        throw operandError("a value")
      }
      return top
    }
  }

  private mutating func pop(_ count: Int) throws -> [PickleGraph.Reference] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw operandError(count == 1 ? "a value" : "\(count) values")
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws -> [PickleGraph.Reference] {
    guard let mark = marks.popLast() else { throw operandError("a mark") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private func operandError(_ expected: String) -> PickleError {
    cursor.error(.wrongOperand(expected: expected))
  }
}
