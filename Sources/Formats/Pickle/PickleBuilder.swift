/// Builds the values of a graph, each once, from the innermost to the outermost.
///
/// Each value is kept where it is nearest to the root, so that what the pickle itself holds is there.
/// Further references to it share it, but are counted with all that is in it: otherwise a few nested lists
/// could describe more values than fit in memory. Those beyond the limit are left out, and so is what is
/// nested too deeply. Paths are kept in arrays, so that no nesting exhausts the stack.
struct PickleBuilder {
  private let graph: PickleGraph
  private let limits: PickleLimits
  private var progress: [Progress]
  /// The node whose reference to this one is the nearest to the root; none if it is not reached, or once
  /// that reference has been followed.
  private var owners: [PickleGraph.Reference?]
  /// How many values further references may still add.
  private var remainingRepetition: Int
  /// The bytes of strings that were arguments of `_codecs.encode`.
  private var encoded: [PickleGraph.Reference: PickleValue] = [:]

  private enum Progress {
    case new, open
    case finished(Part)
  }

  private struct Part {
    var value: PickleValue
    /// The number of values in it.
    var count = 1
    /// The levels of nesting in it, at most twice the limit.
    var height = 0
  }

  /// Prepares to build the value of `root` and the values that stand for something outside the pickle.
  init(_ graph: PickleGraph, root: PickleGraph.Reference, limits: PickleLimits) {
    self.graph = graph
    self.limits = limits
    remainingRepetition = limits.valueCount
    progress = Array(repeating: .new, count: graph.nodes.count)
    owners = Array(repeating: nil, count: graph.nodes.count)
    var remaining = 2 * limits.valueCount
    findOwners(from: root, within: &remaining)
    for (reference, node) in graph.nodes.enumerated() {
      guard case .persistent = node.content, owners[reference] == nil else { continue }
      findOwners(from: reference, within: &remaining)
    }
  }

  /// Walks through the graph level by level, and leaves out what is deeper than the limit.
  ///
  /// - Parameters:
  ///   - root: The node to begin at.
  ///   - remaining: How many references to parts may still be followed: calls may share their arguments,
  ///     so that there can be more than the pickle has opcodes. Nodes with more are left out.
  private mutating func findOwners(from root: PickleGraph.Reference, within remaining: inout Int) {
    owners[root] = root
    var level = [root]
    var depth = 0
    while !level.isEmpty {
      depth += 1
      var next: [PickleGraph.Reference] = []
      for reference in level {
        let node = graph.nodes[reference]
        guard node.childCount <= remaining else {
          progress[reference] = .finished(Part(value: .omitted(.repetition)))
          continue
        }
        remaining -= node.childCount
        let isIdentified = if case .persistent = node.content { true } else { false }
        for index in 0..<node.childCount {
          guard let child = node.child(at: index), owners[child] == nil else { continue }
          owners[child] = reference
          // A reference to something outside the pickle is whole, however deep it is.
          if depth > limits.depth, graph.nodes[child].isContainer, !isIdentified {
            progress[child] = .finished(Part(value: .omitted(.nesting)))
          } else {
            next.append(child)
          }
        }
      }
      level = next
    }
  }

  /// The complete value of `root`.
  ///
  /// A value that contains itself ends there in `PickleValue.cycle`.
  mutating func value(of root: PickleGraph.Reference) -> PickleValue {
    var path: [(reference: PickleGraph.Reference, next: Int)] = []
    enter(root, &path)
    while let (reference, next) = path.last {
      let node = graph.nodes[reference]
      if let child = next < node.childCount ? node.child(at: next) : nil {
        path[path.count - 1].next += 1
        if case .new = progress[child] { enter(child, &path) }
        continue
      }
      path.removeLast()
      progress[reference] = .finished(finish(reference, node))
    }
    return if case .finished(let part) = progress[root] { part.value } else { .cycle }
  }

  /// The values that stand in the pickle for something outside it.
  mutating func persistentIdentifiers() -> [PickleValue] {
    var identifiers: [PickleValue] = []
    for (reference, node) in graph.nodes.enumerated() {
      guard case .persistent = node.content,
        case .persistent(let identifier) = value(of: reference)
      else { continue }
      identifiers.append(identifier)
    }
    return identifiers
  }

  private mutating func enter(
    _ reference: PickleGraph.Reference,
    _ path: inout [(reference: PickleGraph.Reference, next: Int)]
  ) {
    guard case .new = progress[reference] else { return }
    if case .scalar(let value) = graph.nodes[reference].content {
      progress[reference] = .finished(Part(value: value, count: 1 + value.textByteCount / 16))
    } else {
      progress[reference] = .open
      path.append((reference, 0))
    }
  }

  /// Builds a node whose children are finished, or open where it is inside them.
  private mutating func finish(
    _ reference: PickleGraph.Reference, _ node: PickleGraph.Node
  ) -> Part {
    var whole = Part(value: .none)
    func values(of references: [PickleGraph.Reference]) -> [PickleValue] {
      references.map { child in
        let part = part(child, of: reference)
        whole.count += part.count
        whole.height = max(whole.height, part.height + 1)
        return part.value
      }
    }
    let parts = values(of: node.parts)
    let elements = values(of: node.elements)
    let items = values(of: node.items)
    let state = values(of: node.state.map { [$0] } ?? []).first
    whole.value =
      bytes(of: node, parts) ?? value(node.content, parts, elements, pairs(items), state)
    // NumPy's numbers refer to one description of their type, which is small.
    if case .object(.elementType) = node.content, whole.count < 32 { whole.count = 1 }
    return whole
  }

  /// What is built of a node for one that refers to it.
  private mutating func part(
    _ child: PickleGraph.Reference, of parent: PickleGraph.Reference
  ) -> Part {
    guard case .finished(let part) = progress[child] else { return Part(value: .cycle) }
    if owners[child] == parent {
      owners[child] = nil
      return part
    }
    guard part.count > 1 else { return part }
    guard part.height < limits.depth else { return Part(value: .omitted(.nesting)) }
    guard part.count <= remainingRepetition else { return Part(value: .omitted(.repetition)) }
    remainingRepetition -= part.count
    return part
  }

  private func value(
    _ content: PickleGraph.Node.Content, _ parts: [PickleValue], _ elements: [PickleValue],
    _ items: [PickleItem], _ state: PickleValue?
  ) -> PickleValue {
    switch content {
    case .scalar(let value): value
    case .list: .list(parts)
    case .tuple: .tuple(parts)
    case .dictionary: .dictionary(items)
    case .set: .object(PickleObject(callee: .set, arguments: [.list(parts)]))
    case .frozenSet: .object(PickleObject(callee: .frozenSet, arguments: [.list(parts)]))
    case .persistent: .persistent(parts.first ?? .none)
    case .object(let callee):
      .object(
        PickleObject(
          callee: callee, arguments: parts, elements: elements, items: items, state: state))
    }
  }

  private func pairs(_ flat: [PickleValue]) -> [PickleItem] {
    stride(from: 0, to: flat.count - 1, by: 2).map {
      PickleItem(key: flat[$0], value: flat[$0 + 1])
    }
  }
}

extension PickleValue {
  /// The size of text or bytes, which each reference to them may copy.
  fileprivate var textByteCount: Int {
    switch self {
    case .string(let text): text.utf8.count
    case .bytes(let content), .surrogates(let content), .largeInteger(let content): content.count
    default: 0
    }
  }
}

// MARK: Bytes

extension PickleBuilder {
  /// The bytes that protocols 2 to 4 write as a call, or nil for other nodes: `_codecs.encode(text,
  /// "latin1")`, `bytes()`, and `bytearray` of either.
  ///
  /// They are built once per string, even if there are several calls.
  private mutating func bytes(
    of node: PickleGraph.Node, _ arguments: [PickleValue]
  ) -> PickleValue? {
    guard case .object(let callee) = node.content, PickleGlobal.makesBytes.contains(callee),
      node.elements.isEmpty, node.items.isEmpty, node.state == nil
    else { return nil }
    switch (arguments.first, arguments.count) {
    case (nil, 0) where callee != .codecsEncode: return .bytes([])
    case (.bytes?, 1) where callee != .codecsEncode: return arguments[0]
    case (.string(let text)?, 2):
      guard case .string(let encoding) = arguments[1], ["latin1", "latin-1"].contains(encoding)
      else { return nil }
      if let known = encoded[node.parts[0]] { return known }
      guard let bytes = text.latin1.map(PickleValue.bytes) else { return nil }
      encoded[node.parts[0]] = bytes
      return bytes
    default: return nil
    }
  }
}

extension String {
  /// The text in Latin-1, or nil if a scalar exceeds U+00FF.
  fileprivate var latin1: [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
