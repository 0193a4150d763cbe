/// The indices `0..<total` in consecutive ranges of `size`, of which the last may be shorter.
package struct IndexChunks: RandomAccessCollection, Sendable {
  /// How many indices there are.
  package let total: Int
  /// How many a range has, at least 1; the last may have fewer.
  package let size: Int

  /// The ranges of `size` indices, at least 1, of `total`.
  package init(total: Int, size: Int) {
    self.total = total
    self.size = size
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { (total + size - 1) / size }

  /// The range at `index`.
  package subscript(index: Int) -> Range<Int> {
    index * size..<Swift.min((index + 1) * size, total)
  }
}
