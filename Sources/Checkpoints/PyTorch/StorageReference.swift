import Formats

/// A pickled tensor's description of its storage.
///
/// In the pickle it is the persistent identifier `("storage", class, key, device, element count)`. The
/// older format appends `None` or a view of the storage, `(key, offset, element count)`.
struct StorageReference: Equatable {
  var key: String
  /// The name of the class.
  var name: String
  /// The type of the elements; nil for one that is not read, and for bytes of any type.
  var elementType: ElementType?
  /// Whether the elements are bytes of a tensor that has its own type.
  var isUntyped: Bool
  /// The size of an element in bytes; nil for an unknown class.
  var elementByteCount: Int?
  /// The size in bytes; nil for an unknown class.
  var byteCount: Int?
  /// The index in the storage of the first element of the identifier's view.
  var viewOffset: Int

  /// Whether tensors in the storage can be read.
  var isReadable: Bool { elementType != nil || isUntyped }

  /// Parses a persistent identifier; nil for another than a storage's.
  init?(_ identifier: PickleValue) throws(CheckpointError.Problem) {
    guard case .tuple(let parts) = identifier, parts.first?.shortText == "storage" else {
      return nil
    }
    guard [5, 6].contains(parts.count), case .global(let storageClass) = parts[1],
      let key = parts[2].shortText, case .int(let count) = parts[4], count >= 0
    else { throw .malformedTensor(expected: "a storage") }
    guard key.isShortKey else { throw .keyTooLong(key.utf8.count) }
    self.key = key
    name = storageClass.name
    elementType = PickleGlobal.storageClasses.first { $0.value == storageClass }?.key
    isUntyped = PickleGlobal.untypedStorages.contains(storageClass)
    elementByteCount =
      elementType?.byteCount ?? (isUntyped ? 1 : PickleGlobal.otherStorageClasses[storageClass])
    viewOffset = try Self.viewOffset(parts)
    guard let elementByteCount else { return }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: elementByteCount)
    guard !overflow else { throw .malformedTensor(expected: "a storage of a possible size") }
    self.byteCount = byteCount
  }

  private static func viewOffset(_ parts: [PickleValue]) throws(CheckpointError.Problem) -> Int {
    guard parts.count == 6, parts[5] != .none else { return 0 }
    guard case .tuple(let view) = parts[5], view.count == 3, case .int(let offset) = view[1] else {
      throw .malformedTensor(expected: "a view of a storage")
    }
    return offset
  }

  /// The storages among persistent identifiers, each once, in the order of the first reference.
  static func all(
    in identifiers: [PickleValue], file: String, location: String
  ) throws -> [StorageReference] {
    do {
      return try all(in: identifiers)
    } catch {
      throw CheckpointError(file: file, location: location, problem: error)
    }
  }

  private static func all(
    in identifiers: [PickleValue]
  ) throws(CheckpointError.Problem) -> [StorageReference] {
    var references: [StorageReference] = []
    var indices: [String: Int] = [:]
    for identifier in identifiers {
      guard var reference = try StorageReference(identifier) else { continue }
      // Views of one storage differ in nothing else.
      reference.viewOffset = 0
      if let index = indices[reference.key] {
        // PyTorch gives empty storages of several types one key.
        let areEmpty = references[index].byteCount == 0 && reference.byteCount == 0
        guard references[index] == reference || areEmpty else {
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
