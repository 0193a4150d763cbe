import COpenBLAS

/// A row-major matrix, or its transpose, in memory that somebody else owns.
package struct MatrixView {
  let elements: UnsafePointer<Float>
  let isTransposed: Bool
  /// The distance between rows as they are stored.
  let rowStride: Int

  package init(_ elements: UnsafePointer<Float>, rowStride: Int, isTransposed: Bool = false) {
    self.elements = elements
    self.rowStride = rowStride
    self.isTransposed = isTransposed
  }
}

/// Matrix products by OpenBLAS, each on the calling thread.
package enum MatrixProduct {
  /// Our own workers call it side by side, so the library must not start threads as well.
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  /// `product[m×n] = left[m×k] · right[k×n]`, added to what is there if `accumulating`.
  package static func multiply(
    _ left: MatrixView, _ right: MatrixView, into product: UnsafeMutablePointer<Float>,
    rowStride: Int, m: Int, n: Int, k: Int, accumulating: Bool = false
  ) {
    _ = singleThreaded
    cblas_sgemm(
      CblasRowMajor, left.isTransposed ? CblasTrans : CblasNoTrans,
      right.isTransposed ? CblasTrans : CblasNoTrans,
      blasint(m), blasint(n), blasint(k),
      1, left.elements, blasint(left.rowStride), right.elements, blasint(right.rowStride),
      accumulating ? 1 : 0, product, blasint(rowStride))
  }
}
