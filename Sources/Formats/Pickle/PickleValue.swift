/// The data that a Python pickle describes; none of its code is executed.
public indirect enum PickleValue: Equatable, Sendable {
  /// Python's `None`.
  case none
  /// A truth value.
  case bool(Bool)
  /// An integer of at most 64 bits.
  case int(Int)
  /// A longer integer: its bytes in two's complement, the least significant first.
  case largeInteger([UInt8])
  /// A floating-point number.
  case float(Double)
  /// Unicode text.
  case string(String)
  /// Text with surrogates that stand alone, as Python has it for names of files that are not UTF-8; its
  /// bytes in UTF-8 with the surrogates encoded as other characters are.
  case surrogates([UInt8])
  /// Bytes or a byte array of Python 3, or a string of Python 2.
  case bytes([UInt8])
  /// A list.
  case list([PickleValue])
  /// A tuple.
  case tuple([PickleValue])
  /// A dictionary in the order of its file; a duplicate key is kept twice.
  case dictionary([PickleItem])
  /// The name of a class or function.
  case global(PickleGlobal)
  /// The call of a class or function, which is not made.
  case object(PickleObject)
  /// A reference to a value that contains this one.
  case cycle
  /// A reference to something outside the pickle, such as a storage of PyTorch.
  case persistent(PickleValue)
  /// A value that was left out, because it exceeds a limit.
  case omitted(PickleOmission)
}

/// The limit for which a value was left out.
public enum PickleOmission: Equatable, Sendable {
  /// It has more levels than are read.
  case nesting
  /// References to shared values make it larger than the file allows.
  case repetition
}

/// One entry of a dictionary.
public struct PickleItem: Equatable, Sendable {
  /// The key, which may be any value.
  public var key: PickleValue
  /// The value of the key.
  public var value: PickleValue

  /// Creates an entry.
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

  /// Creates the name of a class or function.
  public init(_ module: String, _ name: String) {
    self.module = module
    self.name = name
  }

  public var description: String { "\(module).\(name)" }
}

/// A call in a pickle, and the operations on its result.
public struct PickleObject: Equatable, Sendable {
  /// The class or function to call.
  public var callee: PickleGlobal
  /// The arguments of the call.
  public var arguments: [PickleValue]
  /// The elements to append to the result.
  public var elements: [PickleValue]
  /// The entries to set in the result.
  public var items: [PickleItem]
  /// The argument of `__setstate__`, or the attributes to set.
  public var state: PickleValue?

  /// Creates a call and the operations on its result.
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
  /// Creates a `collections.OrderedDict`.
  public static func orderedDictionary(_ items: [PickleItem]) -> PickleValue {
    .object(PickleObject(callee: .orderedDictionary, arguments: [], items: items))
  }

  /// The text of a string, or of bytes if they are UTF-8, as strings of Python 2 are.
  public var text: String? {
    if case .string(let text) = self { return text }
    return byteString.flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// As `text`, but nil for more than 256 bytes: each reference to them would make a copy, so a small
  /// file could take much memory.
  package var shortText: String? {
    if case .bytes(let bytes) = self, bytes.count > 256 { return nil }
    return text
  }

  /// The content of a bytes object.
  public var byteString: [UInt8]? {
    if case .bytes(let bytes) = self { bytes } else { nil }
  }

  /// The entries of a dictionary, an ordered dictionary or one with a default.
  public var items: [PickleItem]? {
    switch self {
    case .dictionary(let items): return items
    case .object(let object) where object.callee == .defaultDictionary: return object.items
    case .object(let object) where object.callee == .orderedDictionary:
      guard case .list(let pairs)? = object.arguments.first else {
        return object.arguments.isEmpty ? object.items : nil
      }
      let initial = pairs.compactMap(\.pair)
      return initial.count == pairs.count ? initial + object.items : nil
    default: return nil
    }
  }

  /// The value of a string key in a dictionary; the last one if the key is duplicate, as in Python.
  public subscript(key: String) -> PickleValue? {
    items?.last { $0.key.isText(key) }?.value
  }

  /// Whether `text` equals `other`; compares bytes without copying them.
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
