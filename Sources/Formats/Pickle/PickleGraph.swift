/// The values of a pickle while it is being read, when a list may still grow after it was referred to.
struct PickleGraph {
  /// An index in `nodes`.
  typealias Reference = Int

  /// A value that refers to its parts in other nodes.
  struct Node {
    enum Content {
      case scalar(PickleValue)
      case list, tuple, dictionary, set, frozenSet, persistent
      indirect case object(PickleGlobal)
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

    /// Whether the node may have parts of its own that are not outside the pickle.
    var isContainer: Bool {
      switch content {
      case .scalar, .persistent: false
      default: true
      }
    }

    /// Whether the node describes a call of something that is not understood.
    var isUnknownObject: Bool {
      if case .object(let callee) = content { !PickleGlobal.known.contains(callee) } else { false }
    }
  }

  /// Values that are the same wherever they occur, so that each needs one node.
  enum Constant {
    case none, emptyTuple
    case truth(Bool)
    case byte(UInt8)

    fileprivate var index: Int {
      switch self {
      case .none: 256
      case .emptyTuple: 257
      case .truth(let value): value ? 258 : 259
      case .byte(let value): Int(value)
      }
    }

    fileprivate var content: Node.Content {
      switch self {
      case .none: .scalar(.none)
      case .emptyTuple: .tuple
      case .truth(let value): .scalar(.bool(value))
      case .byte(let value): .scalar(.int(Int(value)))
      }
    }
  }

  var nodes: [Node] = []
  /// The nodes of constants that have occurred.
  private var constants: [Reference?] = Array(repeating: nil, count: 260)

  mutating func add(_ content: Node.Content, parts: [Reference] = []) -> Reference {
    nodes.append(Node(content: content, parts: parts))
    return nodes.count - 1
  }

  /// The one node of a constant.
  mutating func constant(_ constant: Constant) -> Reference {
    if let known = constants[constant.index] { return known }
    let made = add(constant.content)
    constants[constant.index] = made
    return made
  }
}
