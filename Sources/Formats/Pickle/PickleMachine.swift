/// The stack machine that executes a pickle; where Python would call something, it describes the call.
struct PickleMachine {
  private(set) var cursor: PickleCursor
  private let limits: PickleLimits
  private var graph = PickleGraph()
  private var stack: [PickleGraph.Reference] = []
  /// The heights of the stack at its marks.
  private var marks: [Int] = []
  private var memo: [Int: PickleGraph.Reference] = [:]

  init(cursor: PickleCursor, limits: PickleLimits) {
    self.cursor = cursor
    self.limits = limits
  }

  /// Runs to the end of the pickle and returns its value and all persistent identifiers in it.
  mutating func run() throws -> (value: PickleValue, persistentIdentifiers: [PickleValue]) {
    try start()
    while true {
      let opcode = try cursor.opcode()
      guard opcode != .stop else { return try finish() }
      if try !pushScalar(opcode), try !build(opcode), try !describeCall(opcode) {
        try arrange(opcode)
      }
      try checkLimits()
    }
  }

  /// Bounds allocations: values, references to them, and entries of the memo.
  ///
  /// An opcode adds no more references than it has taken from the stack.
  private func checkLimits() throws {
    guard graph.nodes.count <= limits.nodeCount else {
      throw cursor.error(.tooLarge(what: "values", maximum: limits.nodeCount))
    }
    guard max(stack.count, marks.count, memo.count) <= limits.valueCount else {
      throw cursor.error(.tooLarge(what: "values", maximum: limits.valueCount))
    }
  }

  /// Reads the head of a pickle, which protocols 0 and 1 do not have.
  private mutating func start() throws {
    let start = cursor
    let mark = try cursor.byte()
    if mark == PickleOpcode.proto.rawValue { return try readProtocol() }
    guard let opcode = PickleOpcode(rawValue: mark), opcode.beginsOldPickle else {
      throw cursor.error(.unsupportedProtocol(found: mark))
    }
    cursor = start
  }

  private mutating func readProtocol() throws {
    let version = try cursor.byte()
    guard (2...5).contains(version) else {
      throw cursor.error(.unsupportedProtocol(found: version))
    }
  }

  private func finish() throws -> (value: PickleValue, persistentIdentifiers: [PickleValue]) {
    guard marks.isEmpty, stack.count == 1, let root = stack.first else {
      throw operandError("exactly one value at the end")
    }
    var builder = PickleBuilder(graph, root: root, limits: limits)
    return (builder.value(of: root), builder.persistentIdentifiers())
  }

  // MARK: Opcodes that contain a value

  private mutating func pushScalar(_ opcode: PickleOpcode) throws -> Bool {
    switch opcode {
    case .none: stack.append(graph.constant(.none))
    case .newTrue: stack.append(graph.constant(.truth(true)))
    case .newFalse: stack.append(graph.constant(.truth(false)))
    case .binInt: push(.int(Int(try cursor.integer(Int32.self))))
    case .binInt1: stack.append(graph.constant(.byte(try cursor.byte())))
    case .binInt2: push(.int(Int(try cursor.integer(UInt16.self))))
    case .long1: push(try cursor.long(by: UInt8.self))
    case .long4: push(try cursor.long(by: Int32.self))
    case .binFloat: push(.float(try cursor.double()))
    case .int, .long: push(try cursor.decimal())
    case .float: push(try cursor.float())
    case .string: push(try cursor.quoted())
    case .unicode: push(try cursor.escapedText())
    case .shortBinUnicode: push(try cursor.unicode(by: UInt8.self))
    case .binUnicode: push(try cursor.unicode(by: UInt32.self))
    case .binUnicode8: push(try cursor.unicode(by: UInt64.self))
    case .shortBinString, .shortBinBytes: push(.bytes(Array(try cursor.counted(by: UInt8.self))))
    case .binString, .binBytes: push(.bytes(Array(try cursor.counted(by: UInt32.self))))
    case .binBytes8, .byteArray8: push(.bytes(Array(try cursor.counted(by: UInt64.self))))
    case .global: push(.global(try global(cursor.line(), cursor.line())))
    case .ext1: pushExtension(Int(try cursor.byte()))
    case .ext2: pushExtension(Int(try cursor.integer(UInt16.self)))
    case .ext4: pushExtension(Int(try cursor.integer(Int32.self)))
    default: return false
    }
    return true
  }

  private mutating func push(_ value: PickleValue) {
    stack.append(graph.add(.scalar(value)))
  }

  /// A name that Python's registry of extensions has; only the program that wrote the file knows it.
  private mutating func pushExtension(_ code: Int) {
    push(.global(PickleGlobal("copyreg", "extension \(code)")))
  }

  private func global(_ module: String, _ name: String) throws -> PickleGlobal {
    guard module.utf8.count + name.utf8.count <= PickleGlobal.maximumByteCount else {
      throw cursor.error(
        .tooLarge(what: "bytes in a name", maximum: PickleGlobal.maximumByteCount))
    }
    return PickleGlobal(module, name)
  }

  // MARK: Opcodes that build a value from others

  private mutating func build(_ opcode: PickleOpcode) throws -> Bool {
    switch opcode {
    case .emptyList: stack.append(graph.add(.list))
    case .emptyDict: stack.append(graph.add(.dictionary))
    case .emptyTuple: stack.append(graph.constant(.emptyTuple))
    case .emptySet: stack.append(graph.add(.set))
    case .frozenSet: stack.append(graph.add(.frozenSet, parts: try popToMark()))
    case .tuple: stack.append(graph.add(.tuple, parts: try popToMark()))
    case .list: stack.append(graph.add(.list, parts: try popToMark()))
    case .dict:
      let items = try popToMark()
      stack.append(graph.add(.dictionary))
      try setItemsOfTop(items)
    case .tuple1: stack.append(graph.add(.tuple, parts: try pop(1)))
    case .tuple2: stack.append(graph.add(.tuple, parts: try pop(2)))
    case .tuple3: stack.append(graph.add(.tuple, parts: try pop(3)))
    case .append: try appendToTop(pop(1))
    case .appends: try appendToTop(popToMark())
    case .addItems: try addToTop(popToMark())
    case .setItem: try setItemsOfTop(pop(2))
    case .setItems: try setItemsOfTop(popToMark())
    case .build: try setStateOfTop(pop(1))
    case .binPersID: stack.append(graph.add(.persistent, parts: try pop(1)))
    case .persID:
      push(.string(try cursor.line()))
      stack.append(graph.add(.persistent, parts: try pop(1)))
    case .stackGlobal: try pushStackGlobal()
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

  private mutating func addToTop(_ values: [PickleGraph.Reference]) throws {
    let top = try self.top
    switch graph.nodes[top].content {
    case .set: graph.nodes[top].parts += values
    case .object: graph.nodes[top].elements += values
    default: throw operandError("a set")
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
    guard case .object = graph.nodes[top].content else { throw operandError("an object") }
    guard graph.nodes[top].state == nil || graph.nodes[top].isUnknownObject else {
      throw operandError("an object without a state")
    }
    graph.nodes[top].state = values.first
  }

  private mutating func pushStackGlobal() throws {
    let names = try pop(2).map { graph.nodes[$0].content }
    guard case .scalar(.string(let module)) = names[0], case .scalar(.string(let name)) = names[1]
    else { throw operandError("the two names of a class or function") }
    push(.global(try global(module, name)))
  }

  // MARK: Opcodes that call something

  private mutating func describeCall(_ opcode: PickleOpcode) throws -> Bool {
    switch opcode {
    case .reduce, .newObj:
      let operands = try pop(2)
      try describeCall(of: operands[0], try arguments(operands[1]))
    case .newObjEx:
      let operands = try pop(3)
      // The tuple is not copied: many calls may share it.
      _ = try arguments(operands[1])
      try describeCall(of: operands[0], Array(operands.dropFirst()))
    case .obj:
      let operands = try popToMark()
      guard let callee = operands.first else { throw operandError("a class after the mark") }
      try describeCall(of: callee, Array(operands.dropFirst()))
    case .inst:
      let callee = try global(cursor.line(), cursor.line())
      stack.append(graph.add(.object(callee), parts: try popToMark()))
    case .nextBuffer: stack.append(graph.add(.object(PickleGlobal("pickle", "PickleBuffer"))))
    default: return false
    }
    return true
  }

  private func arguments(_ reference: PickleGraph.Reference) throws -> [PickleGraph.Reference] {
    guard case .tuple = graph.nodes[reference].content else {
      throw operandError("a tuple of arguments")
    }
    return graph.nodes[reference].parts
  }

  private mutating func describeCall(
    of reference: PickleGraph.Reference, _ arguments: [PickleGraph.Reference]
  ) throws {
    let callee = try name(ofCallee: reference)
    let first = arguments.first.flatMap(className)
    if let first, PickleGlobal.attribute.contains(callee), arguments.count == 2,
      case .scalar(.string(let attribute)) = graph.nodes[arguments[1]].content,
      first.name.utf8.count + attribute.utf8.count <= PickleGlobal.maximumAttributeByteCount
    {
      // Protocol 2 names a class in a class so. With a point in it, the name is never a known one.
      return push(.global(PickleGlobal(first.module, "\(first.name).\(attribute)")))
    }
    if let first, PickleGlobal.newObject.contains(callee), !PickleGlobal.known.contains(first) {
      stack.append(graph.add(.object(first), parts: arguments))
    } else {
      stack.append(graph.add(.object(callee), parts: arguments))
    }
  }

  /// The name of what is called: a class, or the result of a call of something unknown.
  private func name(ofCallee reference: PickleGraph.Reference) throws -> PickleGlobal {
    if let name = className(reference) { return name }
    guard graph.nodes[reference].isUnknownObject,
      case .object(let callee) = graph.nodes[reference].content
    else { throw cursor.error(.forbiddenCall) }
    return PickleGlobal(callee.module, "result of a call")
  }

  /// The class that a node names: directly, or as PyTorch's older format does with its source code.
  private func className(_ reference: PickleGraph.Reference) -> PickleGlobal? {
    let node = graph.nodes[reference]
    switch node.content {
    case .scalar(.global(let name)): return name
    case .persistent:
      guard let identifier = node.parts.first, case .tuple = graph.nodes[identifier].content,
        graph.nodes[identifier].parts.count == 4,
        case .scalar(.global(let name)) = graph.nodes[graph.nodes[identifier].parts[1]].content
      else { return nil }
      return PickleGlobal.known.contains(name) ? nil : name
    default: return nil
    }
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
    case .get: try recall(cursor.number())
    case .put: memo[try cursor.number()] = try top
    case .binPut: memo[Int(try cursor.byte())] = try top
    case .longBinPut: memo[Int(try cursor.integer(UInt32.self))] = try top
    case .memoize: memo[memo.count] = try top
    case .readonlyBuffer: _ = try top
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
