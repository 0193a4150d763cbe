import Formats

/// What a pickled tensor says about the storage that it views.
///
/// In the pickle it is the persistent identifier
/// `("storage", class, key, location, element count)`; the older format adds the part of the storage
/// that is meant, `None` or `(key, offset, element count)`.
struct StorageReference: Equatable {
  var key: String
  var scalarType: ScalarType
  var byteCount: Int

  init(_ identifier: PickleValue) throws(CheckpointError.Problem) {
    guard case .tuple(let parts) = identifier, [5, 6].contains(parts.count),
      parts[0].shortText == "storage", case .global(let storageClass) = parts[1],
      let key = parts[2].shortText, case .int(let count) = parts[4], count >= 0
    else { throw .malformedTensor(expected: "a storage") }
    guard key.isShortKey else { throw .keyTooLong(key.utf8.count) }
    let scalarType = try ScalarType(storageClass: storageClass)
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: scalarType.byteCount)
    guard !overflow else { throw .malformedTensor(expected: "a storage of a possible size") }
    self.key = key
    self.scalarType = scalarType
    self.byteCount = byteCount
  }

  /// The element of the storage where the part that the identifier means begins.
  static func viewOffset(of identifier: PickleValue) throws(CheckpointError.Problem) -> Int {
    guard case .tuple(let parts) = identifier, parts.count == 6, parts[5] != .none else { return 0 }
    guard case .tuple(let view) = parts[5], view.count == 3, case .int(let offset) = view[1] else {
      throw .malformedTensor(expected: "a view of a storage")
    }
    return offset
  }

  /// The storages that `value` refers to, each once, in the order of first mention.
  static func all(
    in value: PickleValue, file: String, place: String
  ) throws -> [StorageReference] {
    do {
      return try all(in: value)
    } catch {
      throw CheckpointError(file: file, place: place, problem: error)
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
  /// Whether the text is short enough for a key, which is hashed at each place that refers to it.
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
