import COpenBLAS

/// A row-major matrix, or its transpose, in memory that somebody else owns.
package struct MatrixView<Scalar> {
  let elements: UnsafePointer<Scalar>
  let isTransposed: Bool
  /// The distance between rows as they are stored.
  let rowStride: Int

  package init(_ elements: UnsafePointer<Scalar>, rowStride: Int, isTransposed: Bool = false) {
    self.elements = elements
    self.rowStride = rowStride
    self.isTransposed = isTransposed
  }

  fileprivate var transposition: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
}

/// Matrix products by OpenBLAS, each on the calling thread.
package enum MatrixProduct {
  /// Our own workers call it side by side, so the library must not start threads as well.
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  /// `product[m×n] = left[m×k] · right[k×n]`, added to what is there if `accumulating`.
  package static func multiply(
    _ left: MatrixView<Float>, _ right: MatrixView<Float>,
    into product: UnsafeMutablePointer<Float>,
    rowStride: Int, m: Int, n: Int, k: Int, accumulating: Bool = false
  ) {
    _ = singleThreaded
    cblas_sgemm(
      CblasRowMajor, left.transposition, right.transposition,
      blasint(m), blasint(n), blasint(k),
      1, left.elements, blasint(left.rowStride), right.elements, blasint(right.rowStride),
      accumulating ? 1 : 0, product, blasint(rowStride))
  }

  /// `product[m×n] = left[m×k] · right[k×n]` in Float64.
  package static func multiply(
    _ left: MatrixView<Double>, _ right: MatrixView<Double>,
    into product: UnsafeMutablePointer<Double>, rowStride: Int, m: Int, n: Int, k: Int
  ) {
    _ = singleThreaded
    cblas_dgemm(
      CblasRowMajor, left.transposition, right.transposition,
      blasint(m), blasint(n), blasint(k),
      1, left.elements, blasint(left.rowStride), right.elements, blasint(right.rowStride),
      0, product, blasint(rowStride))
  }
}
