import Formats

/// Converts the pickled values and the storages of a checkpoint to its values.
struct PyTorchDecoder {
  private let file: String
  private let storages: [String: ByteStorage]
  /// The limit on the bytes of all tensors together, counted for each reference to them.
  private let maximumByteCount: Int
  private var byteCount = 0

  /// How often the tensors of a file may repeat its storages: layers share weights less often.
  private static let maximumRepetition = 16
  /// The bytes allowed beyond that, for expanded views of few elements.
  private static let expandedByteCount = 1 << 24

  /// The value of `pickled`, whose tensors are views of `storages`.
  static func value(
    of pickled: PickleValue, file: String, storages: [String: ByteStorage]
  ) throws -> CheckpointValue {
    var decoder = PyTorchDecoder(file: file, storages: storages)
    return try decoder.value(pickled, at: [])
  }

  private init(file: String, storages: [String: ByteStorage]) {
    self.file = file
    self.storages = storages
    let stored = storages.values.reduce(0) { $0 + $1.bytes.count }
    maximumByteCount = Self.maximumRepetition * stored + Self.expandedByteCount
  }

  /// The value of `pickled`, which has the key path `path` in the checkpoint.
  private mutating func value(_ pickled: PickleValue, at path: [String]) throws -> CheckpointValue {
    switch pickled {
    case .none: .none
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .float(let value): .double(value)
    case .string(let text): .string(text)
    case .bytes: pickled.shortText.map(CheckpointValue.string) ?? .opaque("bytes")
    case .list(let elements), .tuple(let elements):
      .list(
        try elements.enumerated().map { index, element in
          try value(element, at: path + [String(index)])
        })
    case .dictionary(let items):
      try dictionary(items, at: path).map { .dictionary($0) } ?? .opaque("dict")
    case .object(let object): try value(of: object, pickled, at: path)
    case .global(let global): .opaque(global.description)
    case .persistent: .opaque("storage")
    }
  }

  private mutating func value(
    of object: PickleObject, _ pickled: PickleValue, at path: [String]
  ) throws -> CheckpointValue {
    switch object.callee {
    case .rebuildTensor, .rebuildParameter: return .tensor(try tensor(pickled, at: path))
    case .orderedDictionary:
      guard let items = pickled.items, let entries = try dictionary(items, at: path) else { break }
      return .orderedDictionary(entries)
    case let callee where PickleGlobal.scalar.contains(callee): return number(pickled)
    default: break
    }
    return .opaque(object.callee.description)
  }

  /// The entries of a dictionary, or nil if a key is neither a string nor an integer.
  private mutating func dictionary(
    _ items: [PickleItem], at path: [String]
  ) throws -> [CheckpointItem]? {
    var entries: [CheckpointItem] = []
    var keys: Set<CheckpointKey> = []
    for item in items {
      guard let key = try key(item.key, at: path) else { return nil }
      guard keys.insert(key).inserted else {
        throw CheckpointError(file: file, path: path, problem: .duplicateKey(key.description))
      }
      entries.append(CheckpointItem(key, try value(item.value, at: path + [key.description])))
    }
    return entries
  }

  private func key(_ pickled: PickleValue, at path: [String]) throws -> CheckpointKey? {
    if case .int(let number) = pickled { return .int(number) }
    guard let text = pickled.shortText else { return nil }
    guard text.isShortKey else {
      throw CheckpointError(file: file, path: path, problem: .keyTooLong(text.utf8.count))
    }
    return .string(text)
  }

  /// The number of a NumPy scalar; strings and complex numbers are not interpreted.
  private func number(_ pickled: PickleValue) -> CheckpointValue {
    guard let array = try? NumPyArray(pickled: pickled, file: file) else {
      return .opaque("numpy.generic")
    }
    if let value = try? array.values(of: Bool.self).first { return .bool(value) }
    if let value = try? array.values(of: Int.self).first { return .int(value) }
    if let value = try? array.values(of: Double.self).first { return .double(value) }
    return .opaque("numpy.\(array.elementType)")
  }

  // MARK: Tensors

  private mutating func tensor(
    _ pickled: PickleValue, at path: [String]
  ) throws -> CheckpointTensor {
    do throws(CheckpointError.Problem) {
      let made = try tensor(pickled)
      // Both are sizes of memory, so that the sum fits in 64 bits.
      byteCount += made.count * made.elementType.byteCount
      guard byteCount <= maximumByteCount else {
        throw .tooManyRepeats(maximumByteCount: maximumByteCount)
      }
      return made
    } catch {
      throw CheckpointError(file: file, path: path, problem: error)
    }
  }

  /// Parses `_rebuild_tensor_v2(storage, offset, shape, strides, …)`, or a parameter of that.
  private func tensor(
    _ pickled: PickleValue
  ) throws(CheckpointError.Problem) -> CheckpointTensor {
    guard case .object(let object) = pickled, object.state == nil, object.items.isEmpty,
      object.elements.isEmpty, let first = object.arguments.first
    else { throw .malformedTensor(expected: "a call that rebuilds it") }
    if object.callee == .rebuildParameter { return try tensor(first) }
    guard object.callee == .rebuildTensor, (4...7).contains(object.arguments.count),
      case .persistent(let identifier) = first, case .int(let offset) = object.arguments[1],
      let shape = object.arguments[2].integers, let strides = object.arguments[3].integers
    else { throw .malformedTensor(expected: "a storage, an offset, a shape and strides") }
    // A seventh argument requests negated or conjugated elements.
    guard object.arguments.count < 7 || object.arguments[6].items?.isEmpty ?? true else {
      throw .malformedTensor(expected: "a tensor without negation or conjugation")
    }
    return try view(identifier, offset, shape, strides)
  }

  private func view(
    _ identifier: PickleValue, _ offset: Int, _ shape: [Int], _ strides: [Int]
  ) throws(CheckpointError.Problem) -> CheckpointTensor {
    let reference = try StorageReference(identifier)
    let (start, overflow) = try StorageReference.viewOffset(of: identifier)
      .addingReportingOverflow(offset)
    guard let storage = storages[reference.key], !overflow else {
      throw .malformedTensor(expected: "a storage of the file")
    }
    return try CheckpointTensor(
      reference.elementType, shape: shape, strides: strides, offset: start, storage: storage)
  }
}

extension PickleValue {
  fileprivate var integers: [Int]? {
    guard case .tuple(let elements) = self else { return nil }
    let integers = elements.compactMap { if case .int(let value) = $0 { value } else { nil } }
    return integers.count == elements.count ? integers : nil
  }
}

/// A pickled tensor's description of its storage.
///
/// In the pickle it is the persistent identifier `("storage", class, key, device, element count)`. The
/// older format appends `None` or a view of the storage, `(key, offset, element count)`.
struct StorageReference: Equatable {
  var key: String
  var elementType: ElementType
  var byteCount: Int

  init(_ identifier: PickleValue) throws(CheckpointError.Problem) {
    guard case .tuple(let parts) = identifier, [5, 6].contains(parts.count),
      parts[0].shortText == "storage", case .global(let storageClass) = parts[1],
      let key = parts[2].shortText, case .int(let count) = parts[4], count >= 0
    else { throw .malformedTensor(expected: "a storage") }
    guard key.isShortKey else { throw .keyTooLong(key.utf8.count) }
    guard
      let elementType = PickleGlobal.storageClasses.first(where: { $0.value == storageClass })?.key
    else { throw .unsupportedElementType(storageClass.description) }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: elementType.byteCount)
    guard !overflow else { throw .malformedTensor(expected: "a storage of a possible size") }
    self.key = key
    self.elementType = elementType
    self.byteCount = byteCount
  }

  /// The index in the storage of the first element of the identifier's view.
  static func viewOffset(of identifier: PickleValue) throws(CheckpointError.Problem) -> Int {
    guard case .tuple(let parts) = identifier, parts.count == 6, parts[5] != .none else { return 0 }
    guard case .tuple(let view) = parts[5], view.count == 3, case .int(let offset) = view[1] else {
      throw .malformedTensor(expected: "a view of a storage")
    }
    return offset
  }

  /// The storages that `value` refers to, each once, in the order of the first reference.
  static func all(
    in value: PickleValue, file: String, location: String
  ) throws -> [StorageReference] {
    do {
      return try all(in: value)
    } catch {
      throw CheckpointError(file: file, location: location, problem: error)
    }
  }

  private static func all(
    in value: PickleValue
  ) throws(CheckpointError.Problem) -> [StorageReference] {
    var references: [StorageReference] = []
    var indices: [String: Int] = [:]
    for identifier in value.persistentIdentifiers {
      let reference = try StorageReference(identifier)
      if let index = indices[reference.key] {
        guard references[index] == reference else {
          throw .conflictingStorage(key: reference.key)
        }
      } else {
        indices[reference.key] = references.count
        references.append(reference)
      }
    }
    return references
  }
}

extension String {
  /// Whether the text is short enough for a key, which is hashed for each reference to it.
  var isShortKey: Bool { utf8.count <= CheckpointError.Problem.maximumKeyByteCount }
}

extension PickleValue {
  fileprivate var persistentIdentifiers: [PickleValue] {
    switch self {
    case .persistent(let identifier): [identifier]
    case .list(let elements), .tuple(let elements): elements.flatMap(\.persistentIdentifiers)
    case .dictionary(let items): items.flatMap(\.persistentIdentifiers)
    case .object(let object):
      object.arguments.flatMap(\.persistentIdentifiers)
        + object.items.flatMap(\.persistentIdentifiers)
    case .none, .bool, .int, .float, .string, .bytes, .global: []
    }
  }
}

extension PickleItem {
  fileprivate var persistentIdentifiers: [PickleValue] {
    key.persistentIdentifiers + value.persistentIdentifiers
  }
}
