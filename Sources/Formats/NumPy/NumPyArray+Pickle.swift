extension NumPyArray {
  /// Reads an array, or a single number, as NumPy pickles it in protocols 2 to 4.
  ///
  /// - Parameters:
  ///   - value: What `PickleReader` made of it, such as an entry of a CIFAR file of Python.
  ///   - file: The name that errors carry.
  /// - Throws: `NumPyError`.
  public init(pickled value: PickleValue, file: String) throws {
    guard case .object(let object) = value,
      let content = try Self.array(object, file) ?? Self.scalar(object, file)
    else { throw NumPyError(file: file, problem: .notAPickledArray) }
    try self.init(
      content.bytes.withUnsafeBytes(ByteStorage.init(copying:)), dataOffset: 0,
      shape: content.shape, elementType: content.type, isBigEndian: content.isBigEndian,
      isFortranOrder: content.isFortranOrder, file: file)
  }

  private struct Content {
    var shape: [Int]
    var type: NumPyElementType
    var isBigEndian: Bool
    var isFortranOrder = false
    var bytes: [UInt8]
  }

  /// `_reconstruct(...)` with the state (version, shape, dtype, is Fortran order, bytes).
  private static func array(_ object: PickleObject, _ file: String) throws -> Content? {
    guard PickleGlobal.reconstructArray.contains(object.callee),
      case .tuple(let state) = object.state, state.count == 5,
      case .tuple(let extents) = state[1], case .bool(let isFortranOrder) = state[3]
    else { return nil }
    let shape = extents.compactMap { if case .int(let extent) = $0 { extent } else { nil } }
    let (isBigEndian, type) = try elementType(state[2], file)
    guard shape.count == extents.count, let bytes = state[4].byteString else { return nil }
    return Content(
      shape: shape, type: type, isBigEndian: isBigEndian, isFortranOrder: isFortranOrder,
      bytes: bytes)
  }

  /// `scalar(dtype, bytes)`.
  private static func scalar(_ object: PickleObject, _ file: String) throws -> Content? {
    guard PickleGlobal.scalar.contains(object.callee), object.arguments.count == 2,
      let bytes = object.arguments[1].byteString
    else { return nil }
    let (isBigEndian, type) = try elementType(object.arguments[0], file)
    guard bytes.count == type.byteCount else { return nil }
    return Content(shape: [], type: type, isBigEndian: isBigEndian, bytes: bytes)
  }

  /// `dtype(kind and size, …)` with the state (version, byte order, …).
  private static func elementType(
    _ value: PickleValue, _ file: String
  ) throws -> (isBigEndian: Bool, type: NumPyElementType) {
    guard case .object(let object) = value, object.callee == .elementType,
      let kind = object.arguments.first?.shortText, case .tuple(let state) = object.state,
      state.count > 1, let order = state[1].shortText
    else { throw NumPyError(file: file, problem: .notAPickledArray) }
    return try NumPyHeader.elementType(of: order + kind, file: file)
  }
}
