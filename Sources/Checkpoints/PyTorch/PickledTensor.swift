import Formats

/// A tensor as a pickle describes it: a view of a storage.
struct PickledTensor {
  var storage: StorageReference
  var elementType: ElementType
  var offset: Int
  var shape: [Int]
  var strides: [Int]

  /// A view of a storage, or what else a pickled tensor is.
  enum Parsed {
    case view(PickledTensor)
    case other(String)
  }

  /// The functions of PyTorch whose calls are understood.
  static let rebuildingFunctions: Set<PickleGlobal> = [
    .rebuildTensor, .rebuildOldTensor, .rebuildTypedTensor, .rebuildParameter,
    .rebuildParameterWithState, .rebuildFromType,
  ]
  /// A parameter of a tensor with attributes is three calls deep; a file could nest more.
  private static let maximumDepth = 8

  /// Parses the call of one of the functions.
  ///
  /// - Throws: The problem for a call that PyTorch would not write.
  static func parse(
    _ pickled: PickleValue, depth: Int = 0
  ) throws(CheckpointError.Problem) -> Parsed {
    guard case .object(let object) = pickled, object.items.isEmpty, object.elements.isEmpty,
      depth < maximumDepth
    else { throw .malformedTensor(expected: "a call that rebuilds it") }
    // PyTorch would hand a state to the tensor, which may replace its elements.
    guard object.state == nil else { return .other("changed tensor") }
    switch object.callee {
    case .rebuildTensor: return try view(object, argumentCounts: 4...7)
    case .rebuildOldTensor: return try view(object, argumentCounts: 4...4)
    case .rebuildTypedTensor: return try view(object, argumentCounts: 7...8)
    case .rebuildParameter, .rebuildParameterWithState:
      guard let first = object.arguments.first else { break }
      if case .object(let inner) = first, !rebuildingFunctions.contains(inner.callee) {
        return .other("parameter of another kind of tensor")
      }
      return try parse(first, depth: depth + 1)
    case .rebuildFromType: return try subclass(object, depth: depth)
    default: break
    }
    throw .malformedTensor(expected: "a call that rebuilds it")
  }

  /// Parses `_rebuild_from_type_v2(function, class, arguments, attributes)`.
  private static func subclass(
    _ object: PickleObject, depth: Int
  ) throws(CheckpointError.Problem) -> Parsed {
    guard object.arguments.count == 4, case .global(let function) = object.arguments[0],
      case .global(let type) = object.arguments[1], case .tuple(let arguments) = object.arguments[2]
    else { throw .malformedTensor(expected: "a function, a class and arguments") }
    // Another class may store something else than its elements.
    guard PickleGlobal.tensorClasses.contains(type) else {
      return .other("\(type.description.oneLine) tensor")
    }
    guard rebuildingFunctions.contains(function) else { return .other("special tensor") }
    return try parse(
      .object(PickleObject(callee: function, arguments: arguments)), depth: depth + 1)
  }

  /// Parses `(storage, offset, shape, strides, requires gradient, hooks, …)`; the older function has
  /// four arguments, that of typed tensors the element type as the seventh, and metadata are the last.
  private static func view(
    _ object: PickleObject, argumentCounts: ClosedRange<Int>
  ) throws(CheckpointError.Problem) -> Parsed {
    let arguments = object.arguments
    guard argumentCounts.contains(arguments.count), case .persistent(let identifier) = arguments[0],
      case .int(let offset) = arguments[1], let shape = arguments[2].integers,
      let strides = arguments[3].integers
    else { throw .malformedTensor(expected: "a storage, an offset, a shape and strides") }
    let isTyped = object.callee == .rebuildTypedTensor
    // Metadata request negated or conjugated elements.
    let metadata = arguments.dropFirst(isTyped ? 7 : 6).first
    guard metadata?.items?.isEmpty ?? (metadata == nil || metadata == PickleValue.none) else {
      return .other("negated or conjugated tensor")
    }
    guard let storage = try StorageReference(identifier) else {
      return .other("tensor without a storage in the file, a special tensor")
    }
    guard let type = elementType(storage, isTyped ? arguments[6] : nil) else {
      let name =
        if isTyped, case .global(let type) = arguments[6] { type.name } else { storage.name }
      return .other("\(name.oneLine) tensor")
    }
    let (start, overflow) = storage.viewOffset.addingReportingOverflow(offset)
    guard !overflow else { throw .malformedTensor(expected: "a possible offset") }
    return .view(
      PickledTensor(
        storage: storage, elementType: type, offset: start, shape: shape, strides: strides))
  }

  /// The type of the elements: the storage's, or for a storage of bytes that of the tensor.
  private static func elementType(
    _ storage: StorageReference, _ declared: PickleValue?
  ) -> ElementType? {
    guard case .global(let name)? = declared else { return storage.elementType }
    let type = name.elementTypeOfPyTorch
    return storage.isUntyped || storage.elementType == type ? type : nil
  }
}

extension PickleValue {
  fileprivate var integers: [Int]? {
    guard case .tuple(let elements) = self else { return nil }
    let integers = elements.compactMap { if case .int(let value) = $0 { value } else { nil } }
    return integers.count == elements.count ? integers : nil
  }
}
