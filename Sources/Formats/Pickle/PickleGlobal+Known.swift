extension PickleGlobal {
  package static let orderedDictionary = PickleGlobal("collections", "OrderedDict")
  package static let rebuildTensor = PickleGlobal("torch._utils", "_rebuild_tensor_v2")
  package static let rebuildParameter = PickleGlobal("torch._utils", "_rebuild_parameter")
  package static let codecsEncode = PickleGlobal("_codecs", "encode")
  package static let arrayType = PickleGlobal("numpy", "ndarray")
  package static let elementType = PickleGlobal("numpy", "dtype")
  /// NumPy moved its functions from `numpy.core` to `numpy._core` in version 2.
  package static let reconstructArray = [
    PickleGlobal("numpy.core.multiarray", "_reconstruct"),
    PickleGlobal("numpy._core.multiarray", "_reconstruct"),
  ]
  package static let scalar = [
    PickleGlobal("numpy.core.multiarray", "scalar"),
    PickleGlobal("numpy._core.multiarray", "scalar"),
  ]

  private static let storages = [
    "Float", "Double", "Half", "BFloat16", "Int", "Long", "Short", "Char", "Byte", "Bool",
  ].map { PickleGlobal("torch", $0 + "Storage") }

  private static let storageBases = [
    "TypedStorage", "UntypedStorage", "_TypedStorage", "_UntypedStorage",
  ].map { PickleGlobal("torch.storage", $0) }

  /// The names that a pickle may mention: what PyTorch and NumPy write for tensors and arrays.
  ///
  /// They are names only; nothing is looked up or called.
  public static let known = Set(
    [
      orderedDictionary, rebuildTensor, rebuildParameter, codecsEncode, arrayType, elementType,
    ] + reconstructArray + scalar + storages + storageBases)
}
