import Tensors

/// What the layers of a network run on: threads and reusable memory.
package final class Engine {
  package let workers: Workers
  let pool = TensorPool()

  package init(workers: Workers) {
    self.workers = workers
  }

  /// Elements a task of an elementwise loop handles; results do not depend on it.
  private static let rangeSize = 1 << 14

  /// Calls `body` on ranges that cover the indices of a tensor of `count` elements.
  func forEachRange(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    workers.forEachRange(of: count, size: Self.rangeSize, body)
  }

  /// `sum = Σ_p partial[p]`, added in the order of p.
  func sum(_ partial: Tensor, over parts: Int, into sum: Tensor) {
    let count = sum.count
    forEachRange(count) { range in
      let target = sum.elements
      target.advanced(by: range.lowerBound)
        .update(from: partial.elements + range.lowerBound, count: range.count)
      for part in 1..<max(parts, 1) {
        let source = partial.elements + part * count
        for i in range { target[i] += source[i] }
      }
    }
  }

  /// `left + right`, in a new tensor.
  func add(_ left: Tensor, _ right: Tensor) -> Tensor {
    let sum = pool.tensor(left.shape)
    forEachRange(sum.count) { range in
      let (a, b, c) = (left.elements, right.elements, sum.elements)
      for i in range { c[i] = a[i] + b[i] }
    }
    return sum
  }
}
