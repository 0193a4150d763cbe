/// The values of a pickle while it is being read, when a list may still grow after it was referred to.
struct PickleGraph {
  /// An index in `nodes`.
  typealias Reference = Int

  /// A value that refers to its parts in other nodes.
  struct Node {
    enum Content {
      case scalar(PickleValue)
      case list, tuple, dictionary, set, frozenSet, persistent
      case object(PickleGlobal)
    }

    var content: Content
    /// The elements of a list, tuple or set, the arguments of a call, or one persistent identifier.
    var parts: [Reference] = []
    /// The elements appended to an object.
    var elements: [Reference] = []
    /// Keys and values alternately.
    var items: [Reference] = []
    var state: Reference?

    /// The number of references to other nodes.
    var childCount: Int { parts.count + elements.count + items.count + (state == nil ? 0 : 1) }

    /// The reference at `index` of all: parts, elements, items, state.
    func child(at index: Int) -> Reference? {
      var index = index
      for list in [parts, elements, items] {
        if index < list.count { return list[index] }
        index -= list.count
      }
      return state
    }

    /// Whether the node describes a call of something that is not understood.
    var isUnknownObject: Bool {
      if case .object(let callee) = content { !PickleGlobal.known.contains(callee) } else { false }
    }
  }

  var nodes: [Node] = []

  mutating func add(_ content: Node.Content, parts: [Reference] = []) -> Reference {
    nodes.append(Node(content: content, parts: parts))
    return nodes.count - 1
  }
}

/// Builds the values of a graph, each once, from the innermost to the outermost.
///
/// A node with several references is built once and shared, but counted for each reference: otherwise a
/// few nested lists could describe more values than fit in memory. The path to the current node is kept
/// in an array, so that no nesting exhausts the stack.
struct PickleBuilder {
  private let graph: PickleGraph
  private let limits: PickleLimits
  private var progress: [Progress]
  /// How many references to parts have been followed.
  ///
  /// Calls may share their arguments, so that there can be more than the pickle has opcodes.
  private var referenceCount = 0
  /// The bytes of strings that were arguments of `_codecs.encode`.
  private var encoded: [PickleGraph.Reference: PickleValue] = [:]

  private enum Progress {
    case new, open
    case finished(Finished)
    case failed(PickleError.Problem)
  }

  private struct Finished {
    var value: PickleValue
    /// The number of values in it.
    var count = 1
    /// The levels of nesting in it.
    var height = 0
  }

  init(_ graph: PickleGraph, limits: PickleLimits) {
    self.graph = graph
    self.limits = limits
    progress = Array(repeating: .new, count: graph.nodes.count)
  }

  /// The complete value of `root`.
  ///
  /// A value that contains itself ends there in `PickleValue.cycle`. A call of something unknown whose
  /// parts exceed the limits is left without them.
  ///
  /// - Throws: The problem if another value exceeds the limits.
  mutating func value(
    of root: PickleGraph.Reference
  ) throws(PickleError.Problem) -> PickleValue {
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
      progress[reference] = finish(reference, node)
    }
    switch progress[root] {
    case .finished(let finished): return finished.value
    case .failed(let problem): throw problem
    case .new, .open: return .cycle
    }
  }

  /// The values that stand in the pickle for something outside it.
  ///
  /// - Throws: The problem if one exceeds the limits.
  mutating func persistentIdentifiers() throws(PickleError.Problem) -> [PickleValue] {
    var identifiers: [PickleValue] = []
    for (reference, node) in graph.nodes.enumerated() {
      guard case .persistent = node.content,
        case .persistent(let identifier) = try value(of: reference)
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
      progress[reference] = .finished(Finished(value: value))
    } else {
      progress[reference] = .open
      path.append((reference, 0))
    }
  }

  /// The value of a node whose children are finished, or open where it is inside them.
  private mutating func finish(
    _ reference: PickleGraph.Reference, _ node: PickleGraph.Node
  ) -> Progress {
    do throws(PickleError.Problem) {
      var total = Finished(value: .none)
      let parts = try values(of: node.parts, into: &total)
      let elements = try values(of: node.elements, into: &total)
      let items = try values(of: node.items, into: &total)
      let state = try values(of: node.state.map { [$0] } ?? [], into: &total)
      guard total.height <= limits.depth else {
        throw .tooLarge(what: "levels of nesting", maximum: limits.depth)
      }
      total.value =
        bytes(of: node, parts) ?? value(node.content, parts, elements, pairs(items), state.first)
      // NumPy's numbers refer to one description of their type, which is small.
      if case .object(.elementType) = node.content, total.count < 32 { total.count = 1 }
      return .finished(total)
    } catch {
      guard node.isUnknownObject, case .object(let callee) = node.content else {
        return .failed(error)
      }
      return .finished(Finished(value: .object(PickleObject(callee: callee, arguments: []))))
    }
  }

  private mutating func values(
    of references: [PickleGraph.Reference], into total: inout Finished
  ) throws(PickleError.Problem) -> [PickleValue] {
    guard referenceCount + references.count <= PickleMachine.opcodesPerValue * limits.valueCount
    else {
      throw .tooLarge(what: "values", maximum: limits.valueCount)
    }
    referenceCount += references.count
    var values: [PickleValue] = []
    values.reserveCapacity(references.count)
    for reference in references {
      let part: Finished
      switch progress[reference] {
      case .finished(let finished): part = finished
      case .failed(let problem): throw problem
      case .new, .open: part = Finished(value: .cycle)
      }
      // Each count is at most the limit, so the sum cannot overflow.
      total.count += part.count
      total.height = max(total.height, part.height + 1)
      guard total.count <= limits.valueCount else {
        throw .tooLarge(what: "values", maximum: limits.valueCount)
      }
      values.append(part.value)
    }
    return values
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
