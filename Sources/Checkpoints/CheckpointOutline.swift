import Formats

/// The keys of a checkpoint and what is under each, for people.
public struct CheckpointOutline: Sendable {
  /// A key.
  public struct Row: Equatable, Sendable, Encodable {
    /// The keys that lead to it, as `FoundWeights.name` has them.
    public let name: String
    /// What is there, in words.
    public let content: String
  }

  /// The keys in the order of the file, those of a dictionary after its own.
  public let rows: [Row]

  /// The most rows, those of one dictionary or list, and the levels that are shown.
  private static let maximumCount = 200
  private static let maximumWidth = 30
  private static let maximumDepth = 6

  /// The outline of a file; empty if it is nothing but a dictionary of tensors.
  public init(_ checkpoint: Checkpoint) {
    var found: [(name: ValueName, content: String)] = []
    if !checkpoint.root.isAllTensors { Self.add(checkpoint.root, path: [], to: &found) }
    rows = zip(ValueName.texts(found.map(\.name)), found).map {
      Row(name: $0.oneLine, content: $1.content)
    }
  }

  private static func add(
    _ value: CheckpointValue, path: [CheckpointKey],
    to rows: inout [(name: ValueName, content: String)]
  ) {
    let children = value.children
    for (key, child) in children.prefix(maximumWidth) where rows.count < maximumCount {
      let path = path + [key]
      rows.append((ValueName(path), child.content))
      if path.count < maximumDepth, !child.isAllTensors, child.hasParts {
        add(child, path: path, to: &rows)
      }
    }
    guard children.count > maximumWidth, rows.count < maximumCount else { return }
    rows.append(
      (ValueName(path + [.string("…")]), "\(children.count - maximumWidth) more"))
  }
}

extension CheckpointValue {
  /// Whether the parts are worth rows of their own: a list of numbers is not.
  fileprivate var hasParts: Bool {
    guard case .list(let elements) = self else { return true }
    return elements.contains { element in
      switch element {
      case .dictionary, .orderedDictionary: true
      case .list: element.hasParts
      default: false
      }
    }
  }

  /// Whether the value is a dictionary of nothing but tensors.
  fileprivate var isAllTensors: Bool {
    guard let items, !items.isEmpty else { return false }
    return items.allSatisfy { $0.namedTensor != nil }
  }

  /// The value in a few words.
  fileprivate var content: String {
    switch self {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .int(let value): String(value)
    case .double(let value): String(value)
    case .string(let text): "\"\(text.oneLine)\""
    case .list(let elements): "list of \(elements.count)"
    case .dictionary(let items), .orderedDictionary(let items):
      isAllTensors
        ? "\(items.count) tensor\(items.count == 1 ? "" : "s")" : "dict of \(items.count)"
    case .tensor(let tensor):
      "tensor " + tensor.shape.map(String.init).joined(separator: "×")
        + (tensor.shape.isEmpty ? "" : " ") + tensor.elementType.description
    case .opaque(let name): name.oneLine
    }
  }
}
