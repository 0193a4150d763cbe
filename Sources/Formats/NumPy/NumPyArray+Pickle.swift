extension NumPyArray {
  /// Reads a pickled array or scalar of NumPy, of any protocol.
  ///
  /// - Parameters:
  ///   - value: The unpickled value, such as an entry of CIFAR's files for Python.
  ///   - file: The file's name in errors.
  /// - Throws: `NumPyError`.
  public init(pickled value: PickleValue, file: String) throws {
    guard case .object(let object) = value,
      let content = try Self.arrayContent(object, file) ?? Self.bufferContent(object, file)
        ?? Self.scalarContent(object, file)
    else { throw NumPyError(file: file, problem: .notAPickledArray) }
    try self.init(
      content.bytes.withUnsafeBytes(ByteStorage.init(copying:)), dataOffset: 0,
      shape: content.shape, elementType: content.type, isBigEndian: content.isBigEndian,
      isFortranOrder: content.isFortranOrder, file: file)
  }

  private struct Content {
    var shape: [Int]
    var type: ElementType
    var isBigEndian: Bool
    var isFortranOrder = false
    var bytes: [UInt8]
  }

  /// Parses `_reconstruct(...)` with the state (version, shape, dtype, is Fortran order, bytes).
  private static func arrayContent(_ object: PickleObject, _ file: String) throws -> Content? {
    guard PickleGlobal.reconstructArray.contains(object.callee),
      case .tuple(let state) = object.state, state.count == 5,
      case .bool(let isFortranOrder) = state[3]
    else { return nil }
    let (isBigEndian, type) = try dtype(state[2], file)
    guard let shape = shape(state[1]), let bytes = state[4].byteString else { return nil }
    return Content(
      shape: shape, type: type, isBigEndian: isBigEndian, isFortranOrder: isFortranOrder,
      bytes: bytes)
  }

  /// Parses `_frombuffer(bytes, dtype, shape, order)`, where the order is C's or Fortran's.
  private static func bufferContent(_ object: PickleObject, _ file: String) throws -> Content? {
    let arguments = object.arguments
    guard PickleGlobal.arrayFromBuffer.contains(object.callee), arguments.count >= 4,
      let bytes = arguments[0].byteString, let order = arguments[3].shortText,
      ["C", "F"].contains(order)
    else { return nil }
    let (isBigEndian, type) = try dtype(arguments[1], file)
    guard let shape = shape(arguments[2]) else { return nil }
    return Content(
      shape: shape, type: type, isBigEndian: isBigEndian, isFortranOrder: order == "F",
      bytes: bytes)
  }

  private static func shape(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let extents) = value else { return nil }
    let shape = extents.compactMap { if case .int(let extent) = $0 { extent } else { nil } }
    return shape.count == extents.count ? shape : nil
  }

  /// Parses `scalar(dtype, bytes)`.
  private static func scalarContent(_ object: PickleObject, _ file: String) throws -> Content? {
    guard PickleGlobal.scalar.contains(object.callee), object.arguments.count == 2,
      let bytes = object.arguments[1].byteString
    else { return nil }
    let (isBigEndian, type) = try dtype(object.arguments[0], file)
    guard bytes.count == type.byteCount else { return nil }
    return Content(shape: [], type: type, isBigEndian: isBigEndian, bytes: bytes)
  }

  /// Parses `dtype(kind and size, …)` with the state (version, byte order, …).
  private static func dtype(
    _ value: PickleValue, _ file: String
  ) throws -> (isBigEndian: Bool, type: ElementType) {
    guard case .object(let object) = value, object.callee == .elementType,
      let kind = object.arguments.first?.shortText, case .tuple(let state) = object.state,
      state.count > 1, let order = state[1].shortText
    else { throw NumPyError(file: file, problem: .notAPickledArray) }
    return try NumPyHeader.byteOrderAndType(of: order + kind, file: file)
  }
}
