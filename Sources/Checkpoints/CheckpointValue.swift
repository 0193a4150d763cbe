/// What a checkpoint holds: tensors and plain values in lists and dictionaries, as Python has them.
public indirect enum CheckpointValue: Equatable, Sendable {
  /// Python's `None`.
  case none
  /// A truth value.
  case bool(Bool)
  /// A whole number of at most 64 bits.
  case int(Int)
  /// A number with a fraction.
  case double(Double)
  /// A text.
  case string(String)
  /// A list, or a tuple that was read.
  case list([CheckpointValue])
  /// A `dict`.
  case dictionary([CheckpointItem])
  /// A `collections.OrderedDict`, such as a PyTorch state dictionary.
  case orderedDictionary([CheckpointItem])
  /// A tensor, or a parameter of a network.
  case tensor(CheckpointTensor)
  /// Something that was read but is none of these, by the name of its class. It cannot be written.
  case opaque(String)

  /// The entries of either kind of dictionary.
  public var items: [CheckpointItem]? {
    switch self {
    case .dictionary(let items), .orderedDictionary(let items): items
    default: nil
    }
  }

  /// What the value is, for messages.
  var kind: String {
    switch self {
    case .none: "None"
    case .bool, .int, .double: "a number"
    case .string: "a text"
    case .list: "a list"
    case .dictionary, .orderedDictionary: items?.isEmpty ?? true ? "an empty dict" : "a dict"
    case .tensor: "a tensor without a name"
    case .opaque(let name): "a value of \(name)"
    }
  }

  /// The value of `key` in either kind of dictionary.
  public subscript(key: CheckpointKey) -> CheckpointValue? {
    items?.first { $0.key == key }?.value
  }
}

/// One entry of a dictionary.
public struct CheckpointItem: Equatable, Sendable {
  /// The key, which comes once in a dictionary.
  public var key: CheckpointKey
  /// What it stands for.
  public var value: CheckpointValue

  /// An entry of `key` and `value`.
  public init(_ key: CheckpointKey, _ value: CheckpointValue) {
    self.key = key
    self.value = value
  }
}

/// The key of an entry: a text, or a number as in the state of a PyTorch optimizer.
public enum CheckpointKey: Hashable, Sendable, CustomStringConvertible {
  /// A name.
  case string(String)
  /// A whole number.
  case int(Int)

  public var description: String {
    switch self {
    case .string(let text): text
    case .int(let number): String(number)
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
