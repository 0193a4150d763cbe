import Formats

/// Converts the pickled values and the storages of a checkpoint to its values.
///
/// What is not understood is an opaque value: it matters only where a weight is sought.
struct PyTorchDecoder {
  private let file: String
  private let storages: [String: ByteStorage]
  /// The keys that lead to the current value.
  private var path: [CheckpointKey] = []
  /// How many modules and tensors of networks that were pickled whole may still be followed.
  private var moduleBudget = 100_000

  /// The value of `pickled`, whose tensors are views of `storages`.
  static func value(
    of pickled: PickleValue, file: String, storages: [String: ByteStorage]
  ) throws -> CheckpointValue {
    var decoder = PyTorchDecoder(file: file, storages: storages)
    return try decoder.value(pickled)
  }

  private init(file: String, storages: [String: ByteStorage]) {
    self.file = file
    self.storages = storages
  }

  /// The value of `pickled`, which is at `path` in the checkpoint.
  private mutating func value(_ pickled: PickleValue) throws -> CheckpointValue {
    switch pickled {
    case .none: .none
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .largeInteger(let digits): .opaque("int of \(digits.count) bytes")
    case .float(let value): .double(value)
    case .string(let text): .string(text)
    case .surrogates: .opaque("text with a lone surrogate")
    case .bytes: pickled.shortText.map(CheckpointValue.string) ?? .opaque("bytes")
    case .list(let elements), .tuple(let elements):
      .list(
        try elements.enumerated().map { index, element in try value(element, under: .int(index)) })
    case .dictionary(let items): .dictionary(try dictionary(items))
    case .object(let object): try value(of: object, pickled)
    case .global(let global): .opaque(global.shownName)
    case .persistent: .opaque("storage")
    case .cycle: .opaque("reference to a value around it")
    case .omitted(.nesting): .opaque(CheckpointValue.omission + "nested too deeply")
    case .omitted(.repetition): .opaque(CheckpointValue.omission + "repeated too often")
    }
  }

  private mutating func value(
    _ pickled: PickleValue, under key: CheckpointKey
  ) throws -> CheckpointValue {
    path.append(key)
    let made = try value(pickled)
    path.removeLast()
    return made
  }

  private mutating func value(
    of object: PickleObject, _ pickled: PickleValue
  ) throws -> CheckpointValue {
    if PickledTensor.rebuildingFunctions.contains(object.callee) {
      return try tensor(pickled)
    }
    if let items = pickled.items {
      let entries = try dictionary(items)
      return object.callee == .orderedDictionary
        ? .orderedDictionary(entries) : .dictionary(entries)
    }
    if PickleGlobal.scalar.contains(object.callee) { return number(pickled) }
    if let items = ModuleState(object)?.stateDictionary(within: &moduleBudget), !items.isEmpty {
      return .orderedDictionary(try dictionary(items))
    }
    return .opaque(object.callee.shownName)
  }

  /// The entries of a dictionary.
  ///
  /// A key that is not read, or equal only as text, is known by its kind.
  private mutating func dictionary(_ items: [PickleItem]) throws -> [CheckpointItem] {
    var entries: [CheckpointItem] = []
    entries.reserveCapacity(items.count)
    // The keys so far, and whether each is text of Python 3.
    var keys: [CheckpointKey: Bool] = [:]
    for item in items {
      let isText = if case .string = item.key { true } else { false }
      var key = Self.key(item.key) ?? .other(item.key.kind, entries.count)
      if let wasText = keys[key] {
        guard wasText != isText, case .string = key else {
          throw CheckpointError(
            file: file, path: path.map(\.description), problem: .duplicateKey(key.description))
        }
        // Python tells text and bytes apart.
        key = .other(item.key.kind, entries.count)
      }
      keys[key] = isText
      entries.append(CheckpointItem(key, try value(item.value, under: key)))
    }
    return entries
  }

  /// A key that is an integer or short text.
  private static func key(_ pickled: PickleValue) -> CheckpointKey? {
    if case .int(let number) = pickled { return .int(number) }
    guard let text = pickled.shortText, text.isShortKey else { return nil }
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

  /// A tensor, or what it is if its elements cannot be read.
  private func tensor(_ pickled: PickleValue) throws -> CheckpointValue {
    do throws(CheckpointError.Problem) {
      let view: PickledTensor
      switch try PickledTensor.parse(pickled) {
      case .view(let found): view = found
      case .other(let kind): return .opaque(kind)
      }
      guard let storage = storages[view.storage.key] else {
        if view.storage.isUntyped { return .opaque("foreign tensor") }
        throw .malformedTensor(expected: "a storage of the file")
      }
      return .tensor(
        try CheckpointTensor(
          view.elementType, shape: view.shape, strides: view.strides, offset: view.offset,
          storage: storage))
    } catch {
      throw CheckpointError(file: file, path: path.map(\.description), problem: error)
    }
  }
}

extension PickleValue {
  /// The kind of a key that is neither a string nor an integer.
  fileprivate var kind: String {
    switch self {
    case .none: "None"
    case .bool: "bool"
    case .int, .largeInteger: "int"
    case .float: "float"
    case .string: "text"
    case .surrogates: "text with a lone surrogate"
    case .bytes: "bytes"
    case .tuple: "tuple"
    case .list, .dictionary: "value"
    case .object(let object): object.callee.shownName.oneLine
    case .global(let name): name.shownName.oneLine
    case .persistent, .cycle, .omitted: "reference"
    }
  }
}

extension PickleGlobal {
  /// The name that people know: that of a class, even if a function makes its objects.
  fileprivate var shownName: String {
    let name = fullName
    return name.utf8.count > 100 ? name.oneLine : name
  }

  private var fullName: String {
    if Self.reconstructArray.contains(self) || Self.arrayFromBuffer.contains(self) {
      return "numpy.ndarray"
    }
    if let kind = Self.tensorKinds[name], module.hasPrefix("torch.") { return kind }
    return ["builtins", "__builtin__", ""].contains(module) ? name : description
  }

  /// What the functions of PyTorch make whose tensors are not read.
  private static let tensorKinds = [
    "_rebuild_sparse_tensor": "sparse tensor", "_rebuild_sparse_csr_tensor": "sparse tensor",
    "_rebuild_qtensor": "quantized tensor", "_rebuild_nested_tensor": "nested tensor",
    "_rebuild_meta_tensor_no_storage": "meta tensor",
    "_rebuild_wrapper_subclass": "wrapped tensor",
    "_rebuild_device_tensor_from_numpy": "device tensor",
    "_rebuild_device_tensor_from_cpu_tensor": "device tensor",
  ]
}
