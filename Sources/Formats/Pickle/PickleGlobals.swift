extension PickleGlobal {
  package static let orderedDictionary = PickleGlobal("collections", "OrderedDict")
  package static let defaultDictionary = PickleGlobal("collections", "defaultdict")
  package static let set = PickleGlobal("builtins", "set")
  package static let frozenSet = PickleGlobal("builtins", "frozenset")
  package static let codecsEncode = PickleGlobal("_codecs", "encode")

  /// The calls by which pickles make bytes; Python 2's names are those of protocol 2.
  package static let makesBytes: Set = [
    codecsEncode, PickleGlobal("builtins", "bytes"), PickleGlobal("builtins", "bytearray"),
    PickleGlobal("__builtin__", "bytes"), PickleGlobal("__builtin__", "bytearray"),
  ]
}

// MARK: Calls whose first argument is what matters

extension PickleGlobal {
  /// The function that names an attribute of its first argument.
  static let attribute: Set = [
    PickleGlobal("builtins", "getattr"), PickleGlobal("__builtin__", "getattr"),
  ]
  /// The functions that make an object of the class that is their first argument.
  static let newObject: Set = Set(
    ["copyreg", "copy_reg"].flatMap { module in
      ["_reconstructor", "__newobj__", "__newobj_ex__"].map { PickleGlobal(module, $0) }
    })
}

// MARK: PyTorch

extension PickleGlobal {
  package static let rebuildTensor = PickleGlobal("torch._utils", "_rebuild_tensor_v2")
  /// What PyTorch wrote before version 0.4.
  package static let rebuildOldTensor = PickleGlobal("torch._utils", "_rebuild_tensor")
  /// What PyTorch writes for element types without a storage class.
  package static let rebuildTypedTensor = PickleGlobal("torch._utils", "_rebuild_tensor_v3")
  package static let rebuildParameter = PickleGlobal("torch._utils", "_rebuild_parameter")
  package static let rebuildParameterWithState = PickleGlobal(
    "torch._utils", "_rebuild_parameter_with_state")
  /// A tensor with attributes, or one of a subclass.
  package static let rebuildFromType = PickleGlobal("torch._tensor", "_rebuild_from_type_v2")
  /// The classes of tensors that have no elements of their own kind.
  package static let tensorClasses: Set = [
    PickleGlobal("torch", "Tensor"), PickleGlobal("torch.nn.parameter", "Parameter"),
    PickleGlobal("torch.nn.parameter", "Buffer"),
  ]

  /// PyTorch's storage class of each element type that has one.
  package static let storageClasses: [ElementType: PickleGlobal] = [
    .float32: "Float", .float64: "Double", .float16: "Half", .bfloat16: "BFloat16",
    .int32: "Int", .int64: "Long", .int16: "Short", .int8: "Char", .uint8: "Byte", .bool: "Bool",
  ].mapValues { PickleGlobal("torch", $0 + "Storage") }

  /// Storages of bytes whose type is that of the tensor.
  package static let untypedStorages: Set = Set(
    ["UntypedStorage", "_UntypedStorage"].flatMap {
      [PickleGlobal("torch.storage", $0), PickleGlobal("torch", $0)]
    })

  /// The bytes of each element of storages whose tensors are not read.
  package static let otherStorageClasses: [PickleGlobal: Int] = {
    let sizes = [
      "ComplexFloat": 8, "ComplexDouble": 16, "QInt8": 1, "QUInt8": 1, "QInt32": 4, "QUInt4x2": 1,
      "QUInt2x4": 1,
    ]
    return Dictionary(
      uniqueKeysWithValues: sizes.map { (PickleGlobal("torch", $0.key + "Storage"), $0.value) })
  }()

  /// The element type of one of PyTorch's names for them, such as `torch.float32`.
  package var elementTypeOfPyTorch: ElementType? {
    module == "torch" ? ElementType.allCases.first { $0.description == name } : nil
  }
}

// MARK: NumPy

extension PickleGlobal {
  package static let arrayType = PickleGlobal("numpy", "ndarray")
  package static let elementType = PickleGlobal("numpy", "dtype")
  package static let reconstructArray = core("multiarray", "_reconstruct")
  package static let scalar = core("multiarray", "scalar")
  /// What protocol 5 writes for an array.
  package static let arrayFromBuffer = core("numeric", "_frombuffer")

  /// A function in both of its modules: NumPy 2 renamed `numpy.core` to `numpy._core`.
  private static func core(_ module: String, _ name: String) -> [PickleGlobal] {
    ["core", "_core"].map { PickleGlobal("numpy.\($0).\(module)", name) }
  }
}

extension PickleGlobal {
  /// The names that are understood: those that PyTorch and NumPy write for tensors and arrays.
  ///
  /// Nothing is imported or called by these names. What other names describe is an opaque value.
  public static let known: Set<PickleGlobal> = {
    var names: Set = [
      orderedDictionary, defaultDictionary, set, frozenSet, rebuildTensor, rebuildOldTensor,
      rebuildTypedTensor, rebuildParameter, rebuildParameterWithState, rebuildFromType, arrayType,
      elementType,
    ]
    names.formUnion(makesBytes.union(tensorClasses).union(untypedStorages))
    names.formUnion(reconstructArray + scalar + arrayFromBuffer)
    names.formUnion(storageClasses.values)
    names.formUnion(otherStorageClasses.keys)
    names.formUnion(ElementType.allCases.map { PickleGlobal("torch", $0.description) })
    return names
  }()

  /// The longest name that is read, in bytes: names are compared for each reference to them.
  static let maximumByteCount = 1024
  /// The longest name that is put together of a class and its attribute, in bytes.
  static let maximumAttributeByteCount = 128
}
