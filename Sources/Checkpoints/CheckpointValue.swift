import Formats

/// The content of a checkpoint: tensors and plain values in lists and dictionaries, as in Python.
public indirect enum CheckpointValue: Equatable, Sendable {
  /// Python's `None`.
  case none
  /// A truth value.
  case bool(Bool)
  /// An integer of at most 64 bits.
  case int(Int)
  /// A floating-point number.
  case double(Double)
  /// A string.
  case string(String)
  /// A list, or a tuple that was read.
  case list([CheckpointValue])
  /// A `dict`.
  case dictionary([CheckpointItem])
  /// A `collections.OrderedDict`, such as a PyTorch state dictionary.
  case orderedDictionary([CheckpointItem])
  /// A tensor, or a parameter of a network.
  case tensor(CheckpointTensor)
  /// Another value that was read, as the name of its class or as what it is, such as "sparse tensor". It
  /// cannot be written.
  case opaque(String)

  /// The entries of a dictionary of either kind.
  public var items: [CheckpointItem]? {
    switch self {
    case .dictionary(let items), .orderedDictionary(let items): items
    default: nil
    }
  }

  /// The entries of a dictionary, or the elements of a list under their indices.
  var children: [(key: CheckpointKey, value: CheckpointValue)] {
    switch self {
    case .dictionary(let items), .orderedDictionary(let items): items.map { ($0.key, $0.value) }
    case .list(let elements): elements.enumerated().map { (.int($0), $1) }
    default: []
    }
  }

  /// The kind of the value, for messages.
  package var kind: String {
    switch self {
    case .none: "None"
    case .bool, .int, .double: "a number"
    case .string: "a string"
    case .list: "a list"
    case .dictionary, .orderedDictionary: items?.isEmpty ?? true ? "an empty dict" : "a dict"
    case .tensor: "a tensor without a name"
    case .opaque(let name) where name.hasPrefix(Self.omission): name
    case .opaque(let name): (name.hasSuffix(" tensor") ? "a " : "a value of ") + name.oneLine
    }
  }

  /// How the name of a value begins that was left out because it exceeds a limit.
  static let omission = "values left out: "

  /// The value of `key` in a dictionary of either kind.
  public subscript(key: CheckpointKey) -> CheckpointValue? {
    items?.first { $0.key == key }?.value
  }
}

/// An entry of a dictionary.
public struct CheckpointItem: Equatable, Sendable {
  /// The key, unique in the dictionary.
  public var key: CheckpointKey
  /// The value of the key.
  public var value: CheckpointValue

  /// Creates an entry.
  public init(_ key: CheckpointKey, _ value: CheckpointValue) {
    self.key = key
    self.value = value
  }
}

/// The key of an entry: a string, or an integer as in the state of a PyTorch optimizer.
public enum CheckpointKey: Hashable, Sendable, CustomStringConvertible {
  /// A string.
  case string(String)
  /// An integer.
  case int(Int)
  /// A key that was read and is neither, as its kind and number among those of its dictionary. It cannot
  /// be written.
  case other(String, Int)

  public var description: String {
    switch self {
    case .string(let text): text
    case .int(let number): String(number)
    case .other(let kind, let index): "<\(kind) \(index)>"
    }
  }
}

extension CheckpointKey: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
}

extension CheckpointValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: CheckpointValue...) { self = .list(elements) }
  public init(dictionaryLiteral elements: (CheckpointKey, CheckpointValue)...) {
    self = .dictionary(elements.map { CheckpointItem($0, $1) })
  }
}
