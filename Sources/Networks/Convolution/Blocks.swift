import Tensors

/// The indices 0..<total in consecutive ranges of `size`, of which the last may be shorter.
struct Blocks: RandomAccessCollection {
  let total: Int
  let size: Int

  let startIndex = 0
  var endIndex: Int { (total + size - 1) / size }

  subscript(index: Int) -> Range<Int> { index * size..<Swift.min((index + 1) * size, total) }

  /// Columns of a product in whole panels, about `size` at a time.
  static func columns(_ total: Int, size: Int, _ kernels: Kernels) -> Blocks {
    let width = kernels.panelWidth(columns: total)
    return Blocks(total: total, size: Swift.max(1, size / width) * width)
  }
}
