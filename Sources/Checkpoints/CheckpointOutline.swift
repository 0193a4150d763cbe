import Formats

/// The keys of a checkpoint and what is under each, for people.
public struct CheckpointOutline: Sendable {
  /// A key.
  public struct Row: Equatable, Sendable, Encodable {
    /// The keys that lead to it, with dots between them, as `FoundWeights.name` has them.
    public let name: String
    /// What is there, in words.
    public let content: String
  }

  /// The keys in the order of the file, those of a dictionary after its own.
  public private(set) var rows: [Row] = []

  /// The most rows, those of one dictionary or list, and the levels that are shown.
  private static let maximumCount = 200
  private static let maximumWidth = 30
  private static let maximumDepth = 6

  /// The outline of a file; empty if it is nothing but a dictionary of tensors.
  public init(_ checkpoint: Checkpoint) {
    guard !checkpoint.root.isAllTensors else { return }
    add(checkpoint.root, path: [])
  }

  private mutating func add(_ value: CheckpointValue, path: [CheckpointKey]) {
    let children = value.children
    for (key, child) in children.prefix(Self.maximumWidth) where rows.count < Self.maximumCount {
      let path = path + [key]
      rows.append(Row(name: WeightCandidate.name(path).oneLine, content: child.content))
      if path.count < Self.maximumDepth, !child.isAllTensors, child.hasParts {
        add(child, path: path)
      }
    }
    guard children.count > Self.maximumWidth, rows.count < Self.maximumCount else { return }
    rows.append(
      Row(
        name: WeightCandidate.name(path + [.string("…")]).oneLine,
        content: "\(children.count - Self.maximumWidth) more"))
  }
}

extension CheckpointValue {
  fileprivate var children: [(key: CheckpointKey, value: CheckpointValue)] {
    switch self {
    case .dictionary(let items), .orderedDictionary(let items): items.map { ($0.key, $0.value) }
    case .list(let elements): elements.enumerated().map { (.int($0), $1) }
    default: []
    }
  }

  /// Whether the parts are worth rows of their own: a list of numbers is not.
  fileprivate var hasParts: Bool {
    guard case .list(let elements) = self else { return true }
    return elements.contains { $0.items != nil }
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
      (["tensor"]
        + (tensor.shape.isEmpty ? [] : [tensor.shape.map(String.init).joined(separator: "×")])
        + [tensor.elementType.description]).joined(separator: " ")
    case .opaque(let name): name.oneLine
    }
  }
}
