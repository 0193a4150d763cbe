/// The values of a pickle while it is being read, when a list may still grow after it was referred to.
struct PickleGraph {
  /// An index in `nodes`.
  typealias Reference = Int

  /// A value that refers to its parts in other nodes.
  struct Node {
    enum Content {
      case scalar(PickleValue)
      case list, tuple, dictionary, persistent
      case object(PickleGlobal)
    }

    var content: Content
    /// The elements of a list or tuple, the arguments of a call, or one persistent identifier.
    var parts: [Reference] = []
    /// The elements appended to an object.
    var elements: [Reference] = []
    /// Keys and values alternately.
    var items: [Reference] = []
    var state: Reference?
  }

  var nodes: [Node] = []

  mutating func add(_ content: Node.Content, parts: [Reference] = []) -> Reference {
    nodes.append(Node(content: content, parts: parts))
    return nodes.count - 1
  }

  /// The complete value of `root`.
  ///
  /// A node with several references is built once and shared, but counted for each reference:
  /// otherwise a few nested lists could describe more values than fit in memory.
  ///
  /// - Returns: The value, or the problem if a value contains itself or exceeds `limits`.
  func value(
    of root: Reference, limits: PickleLimits
  ) -> Result<PickleValue, PickleError.Problem> {
    var builder = Builder(graph: self, limits: limits)
    return Result { () throws(PickleError.Problem) in try builder.finish(root, depth: 0).value }
  }

  private struct Finished {
    var value: PickleValue
    var count: Int
    var height: Int
  }

  private struct Builder {
    let graph: PickleGraph
    let limits: PickleLimits
    var finished: [Reference: Finished] = [:]
    var open: Set<Reference> = []
    /// The bytes of strings that were arguments of `_codecs.encode`.
    var encoded: [Reference: PickleValue] = [:]

    init(graph: PickleGraph, limits: PickleLimits) {
      self.graph = graph
      self.limits = limits
    }

    mutating func finish(
      _ reference: Reference, depth: Int
    ) throws(PickleError.Problem) -> Finished {
      let node = graph.nodes[reference]
      if case .scalar(let value) = node.content {
        return Finished(value: value, count: 1, height: 0)
      }
      if let known = finished[reference] { return known }
      guard depth <= limits.depth else { throw tooDeep }
      guard open.insert(reference).inserted else { throw .cycle }
      defer { open.remove(reference) }
      var total = Finished(value: .none, count: 1, height: 0)
      let parts = try finish(node.parts, depth: depth, into: &total)
      let elements = try finish(node.elements, depth: depth, into: &total)
      let items = try finish(node.items, depth: depth, into: &total)
      let state = try finish(node.state.map { [$0] } ?? [], depth: depth, into: &total)
      guard total.height <= limits.depth else { throw tooDeep }
      total.value =
        bytes(of: node, parts)
        ?? value(node.content, parts, elements, pairs(items), state.first)
      finished[reference] = total
      return total
    }

    private mutating func finish(
      _ references: [Reference], depth: Int, into total: inout Finished
    ) throws(PickleError.Problem) -> [PickleValue] {
      var values: [PickleValue] = []
      values.reserveCapacity(references.count)
      for reference in references {
        let part = try finish(reference, depth: depth + 1)
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

    /// The bytes that protocol 2 writes as `_codecs.encode(text, "latin1")`, or nil for other nodes.
    ///
    /// They are built once per string, even if there are several calls.
    private mutating func bytes(of node: Node, _ arguments: [PickleValue]) -> PickleValue? {
      guard case .object(.codecsEncode) = node.content, arguments.count == 2,
        node.elements.isEmpty, node.items.isEmpty, node.state == nil,
        case .string(let text) = arguments[0], case .string(let encoding) = arguments[1],
        ["latin1", "latin-1"].contains(encoding)
      else { return nil }
      if let known = encoded[node.parts[0]] { return known }
      guard let bytes = text.latin1.map(PickleValue.bytes) else { return nil }
      encoded[node.parts[0]] = bytes
      return bytes
    }

    private func value(
      _ content: Node.Content, _ parts: [PickleValue], _ elements: [PickleValue],
      _ items: [PickleItem], _ state: PickleValue?
    ) -> PickleValue {
      switch content {
      case .scalar(let value): value
      case .list: .list(parts)
      case .tuple: .tuple(parts)
      case .dictionary: .dictionary(items)
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

    private var tooDeep: PickleError.Problem {
      .tooLarge(what: "levels of nesting", maximum: limits.depth)
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
