import Formats

/// Converts the pickled values and the storages of a checkpoint to its values.
///
/// What is not understood is an opaque value: it matters only where a weight is sought.
struct PyTorchDecoder {
  private let file: String
  private let storages: [String: ByteStorage]
  /// The limit on the bytes of all tensors together, counted for each reference to them.
  private let maximumByteCount: Int
  private var byteCount = 0
  /// How many modules and tensors of networks that were pickled whole may still be followed.
  private var moduleBudget = 100_000

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
    case .largeInteger(let digits): .opaque("int of \(digits.count) bytes")
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
    case .global(let global): .opaque(global.shownName)
    case .persistent: .opaque("storage")
    case .cycle: .opaque("reference to a value around it")
    }
  }

  private mutating func value(
    of object: PickleObject, _ pickled: PickleValue, at path: [String]
  ) throws -> CheckpointValue {
    if PickledTensor.rebuildingFunctions.contains(object.callee) {
      return try tensor(pickled, at: path)
    }
    if let items = pickled.items, let entries = try dictionary(items, at: path) {
      return object.callee == .orderedDictionary
        ? .orderedDictionary(entries) : .dictionary(entries)
    }
    if PickleGlobal.scalar.contains(object.callee) { return number(pickled) }
    if let items = ModuleState(object)?.stateDictionary(within: &moduleBudget), !items.isEmpty,
      let entries = try dictionary(items, at: path)
    {
      return .orderedDictionary(entries)
    }
    return .opaque(object.callee.shownName)
  }

  /// The entries of a dictionary, or nil if it has some and no key is a string or an integer.
  private mutating func dictionary(
    _ items: [PickleItem], at path: [String]
  ) throws -> [CheckpointItem]? {
    var entries: [CheckpointItem] = []
    var keys: Set<CheckpointKey> = []
    for item in items {
      let key = try key(item.key, at: path) ?? .other(item.key.kind, entries.count)
      guard keys.insert(key).inserted else {
        throw CheckpointError(file: file, path: path, problem: .duplicateKey(key.description))
      }
      entries.append(CheckpointItem(key, try value(item.value, at: path + [key.description])))
    }
    let isReadable = entries.contains { if case .other = $0.key { false } else { true } }
    return isReadable || entries.isEmpty ? entries : nil
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

  /// A tensor, or what it is if its elements cannot be read.
  private mutating func tensor(
    _ pickled: PickleValue, at path: [String]
  ) throws -> CheckpointValue {
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
      let made = try CheckpointTensor(
        view.elementType, shape: view.shape, strides: view.strides, offset: view.offset,
        storage: storage)
      // Both are sizes of memory, so that the sum fits in 64 bits.
      byteCount += made.count * made.elementType.byteCount
      guard byteCount <= maximumByteCount else {
        throw .tooManyRepeats(maximumByteCount: maximumByteCount)
      }
      return .tensor(made)
    } catch {
      throw CheckpointError(file: file, path: path, problem: error)
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
    case .string, .bytes: "bytes"
    case .tuple: "tuple"
    case .list, .dictionary: "value"
    case .object(let object): object.callee.shownName.oneLine
    case .global(let name): name.shownName.oneLine
    case .persistent, .cycle: "reference"
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
