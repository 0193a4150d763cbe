/// The bytes of copies of tensors, which may repeat the elements of their storages.
private enum Repetition {
  /// How often copies may repeat the storages of a file: layers share weights less often.
  static let maximumFactor = 16
  /// The bytes allowed beyond that, for expanded views of few elements.
  static let freeByteCount = 1 << 28
}

extension CheckpointTensor {
  /// Whether a copy of the elements takes memory in proportion to their storage.
  package var isCopyable: Bool { [self].areCopyable }
}

extension Sequence<CheckpointTensor> {
  /// Whether copies of the elements of all tensors, for each separately, take memory in proportion to
  /// their storages.
  package var areCopyable: Bool {
    var storages: [ObjectIdentifier: Int] = [:]
    var copied = 0
    for tensor in self {
      storages[ObjectIdentifier(tensor.storage)] = tensor.storage.bytes.count
      let (bytes, isLarge) = tensor.count.multipliedReportingOverflow(
        by: tensor.elementType.byteCount)
      let (sum, overflow) = copied.addingReportingOverflow(bytes)
      guard !isLarge, !overflow else { return false }
      copied = sum
    }
    // Storages are in memory, so that their sum is far from the largest integer.
    let stored = storages.values.reduce(0, +)
    return copied <= Repetition.maximumFactor * stored + Repetition.freeByteCount
  }
}
