extension Checkpoint {
  /// The checkpoint without the values that cannot be written, and the names of those.
  ///
  /// An entry that has such a value in a list is left out with the list. In a list that is the whole file,
  /// or stands in such a list, `None` takes its place.
  public var writable: (checkpoint: Checkpoint, omissions: [String]) {
    var omissions: [String] = []
    let root = root.writable(path: [], &omissions) ?? root
    var copy = Checkpoint(root, file: file)
    copy.metadata = metadata
    return (copy, omissions)
  }
}

extension CheckpointValue {
  /// The value without entries that cannot be written; nil if it cannot be written itself.
  fileprivate func writable(
    path: [CheckpointKey], _ omissions: inout [String]
  ) -> CheckpointValue? {
    switch self {
    case .opaque: return nil
    case .dictionary(let items): return .dictionary(Self.writable(items, path: path, &omissions))
    case .orderedDictionary(let items):
      return .orderedDictionary(Self.writable(items, path: path, &omissions))
    case .list(let elements) where path.allSatisfy({ if case .int = $0 { true } else { false } }):
      return .list(
        elements.enumerated().map { index, element in
          let path = path + [.int(index)]
          if let value = element.writable(path: path, &omissions) { return value }
          omissions.append("\(ValueName(path).dotted) (\(element.kind))")
          return CheckpointValue.none
        })
    case .list(let elements):
      var inner: [String] = []
      let written = elements.enumerated().compactMap { index, element in
        element.writable(path: path + [.int(index)], &inner)
      }
      guard written.count == elements.count else { return nil }
      omissions += inner
      return .list(written)
    case .none, .bool, .int, .double, .string, .tensor: return self
    }
  }

  private static func writable(
    _ items: [CheckpointItem], path: [CheckpointKey], _ omissions: inout [String]
  ) -> [CheckpointItem] {
    items.compactMap { item in
      let path = path + [item.key]
      if case .other = item.key {
        omissions.append(ValueName(path).dotted)
        return nil
      }
      guard let value = item.value.writable(path: path, &omissions) else {
        omissions.append("\(ValueName(path).dotted) (\(item.value.kind))")
        return nil
      }
      return CheckpointItem(item.key, value)
    }
  }
}
