import Formats

/// Makes a checkpoint's values of what its pickle says and of its storages.
struct PyTorchDecoder {
  private let file: String
  private let storages: [String: ByteStorage]
  /// The bytes that all tensors may have together, each counted at every place that refers to it.
  private let maximumByteCount: Int
  private var byteCount = 0

  /// How often the tensors of a file may repeat its storages: far more than layers share weights.
  private static let maximumRepetition = 16
  /// What they may have beyond that: views of a few numbers that are expanded.
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

  /// The value of `pickled`, which stands at `path` in the checkpoint.
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

  /// The entries of a dictionary, or nil if a key is neither text nor a whole number.
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

  /// A single number of NumPy; a text or a complex number is left as it is.
  private func number(_ pickled: PickleValue) -> CheckpointValue {
    guard let array = try? NumPyArray(pickled: pickled, file: file) else {
      return .opaque("numpy.generic")
    }
    if let value = try? array.values(of: Bool.self).first { return .bool(value) }
    if let value = try? array.values(of: Int.self).first { return .int(value) }
    if let value = try? array.values(of: Double.self).first { return .double(value) }
    return .opaque("numpy.\(array.elementType.rawValue)")
  }

  // MARK: Tensors

  private mutating func tensor(
    _ pickled: PickleValue, at path: [String]
  ) throws -> CheckpointTensor {
    do throws(CheckpointError.Problem) {
      let made = try tensor(pickled)
      // Neither number is beyond that of an address, which keeps the sum within 64 bits.
      byteCount += made.count * made.scalarType.byteCount
      guard byteCount <= maximumByteCount else {
        throw .tooManyRepeats(maximumByteCount: maximumByteCount)
      }
      return made
    } catch {
      throw CheckpointError(file: file, path: path, problem: error)
    }
  }

  /// `_rebuild_tensor_v2(storage, offset, shape, strides, …)`, or a parameter made of that.
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
    // A seventh argument would say that the numbers are to be negated or conjugated.
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
      reference.scalarType, shape: shape, strides: strides, offset: start, storage: storage)
  }
}

extension PickleValue {
  fileprivate var integers: [Int]? {
    guard case .tuple(let elements) = self else { return nil }
    let integers = elements.compactMap { if case .int(let value) = $0 { value } else { nil } }
    return integers.count == elements.count ? integers : nil
  }
}
