/// What a Python pickle describes, without anything of it being executed.
public indirect enum PickleValue: Equatable, Sendable {
  /// Python's `None`.
  case none
  /// A truth value.
  case bool(Bool)
  /// A whole number of at most 64 bits.
  case int(Int)
  /// A number with a fraction.
  case float(Double)
  /// Unicode text.
  case string(String)
  /// Bytes, also as protocol 2 writes those of Python 3, a byte array, or a text of Python 2.
  case bytes([UInt8])
  /// A list.
  case list([PickleValue])
  /// A tuple.
  case tuple([PickleValue])
  /// A plain dictionary in the order of its file. A key that comes twice is kept twice.
  case dictionary([PickleItem])
  /// A class or function by name.
  case global(PickleGlobal)
  /// What calling a class or function would have made.
  case object(PickleObject)
  /// A reference to something outside the pickle, such as a storage of PyTorch.
  case persistent(PickleValue)
}

/// One entry of a dictionary.
public struct PickleItem: Equatable, Sendable {
  /// The key, of any kind.
  public var key: PickleValue
  /// What it stands for.
  public var value: PickleValue

  /// An entry of `key` and `value`.
  public init(key: PickleValue, value: PickleValue) {
    self.key = key
    self.value = value
  }
}

/// The name of a Python class or function.
public struct PickleGlobal: Hashable, Sendable, CustomStringConvertible {
  /// The module, such as `collections`.
  public var module: String
  /// The name in the module, such as `OrderedDict`.
  public var name: String

  /// The class or function `name` of `module`.
  public init(_ module: String, _ name: String) {
    self.module = module
    self.name = name
  }

  public var description: String { "\(module).\(name)" }
}

/// A call that a pickle asks for, and what it does with the result.
public struct PickleObject: Equatable, Sendable {
  /// What would be called.
  public var callee: PickleGlobal
  /// The arguments of the call.
  public var arguments: [PickleValue]
  /// The elements that would be appended.
  public var elements: [PickleValue]
  /// The entries that would be set.
  public var items: [PickleItem]
  /// The argument of `__setstate__`, or the attributes.
  public var state: PickleValue?

  /// A call and what follows it.
  public init(
    callee: PickleGlobal, arguments: [PickleValue], elements: [PickleValue] = [],
    items: [PickleItem] = [], state: PickleValue? = nil
  ) {
    self.callee = callee
    self.arguments = arguments
    self.elements = elements
    self.items = items
    self.state = state
  }
}

extension PickleValue {
  /// A `collections.OrderedDict`.
  public static func orderedDictionary(_ items: [PickleItem]) -> PickleValue {
    .object(PickleObject(callee: .orderedDictionary, arguments: [], items: items))
  }

  /// The text of a string, or of bytes, such as those that a text of Python 2 is, if they are UTF-8.
  public var text: String? {
    if case .string(let text) = self { return text }
    return byteString.flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// The text that a value is, unless it is a long one of bytes: that is copied for each place that
  /// refers to it, so that a few bytes of a file could take much memory.
  package var shortText: String? {
    if case .bytes(let bytes) = self, bytes.count > 256 { return nil }
    return text
  }

  /// The bytes of a bytes object.
  public var byteString: [UInt8]? {
    if case .bytes(let bytes) = self { bytes } else { nil }
  }

  /// The entries of a dictionary or an ordered dictionary.
  public var items: [PickleItem]? {
    switch self {
    case .dictionary(let items): return items
    case .object(let object) where object.callee == .orderedDictionary:
      guard case .list(let pairs)? = object.arguments.first else {
        return object.arguments.isEmpty ? object.items : nil
      }
      let initial = pairs.compactMap(\.pair)
      return initial.count == pairs.count ? initial + object.items : nil
    default: return nil
    }
  }

  /// The value of a text key in a dictionary; the last one, as in Python, if there are several.
  public subscript(key: String) -> PickleValue? {
    items?.last { $0.key.isText(key) }?.value
  }

  /// Whether `text` is `other`, without a copy of bytes that may be many.
  private func isText(_ other: String) -> Bool {
    switch self {
    case .string(let text): text == other
    case .bytes(let bytes): bytes.count == other.utf8.count && bytes.elementsEqual(other.utf8)
    default: false
    }
  }

  private var pair: PickleItem? {
    switch self {
    case .list(let both) where both.count == 2, .tuple(let both) where both.count == 2:
      PickleItem(key: both[0], value: both[1])
    default: nil
    }
  }
}
