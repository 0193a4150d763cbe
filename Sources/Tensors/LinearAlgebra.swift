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

/// Our own workers call OpenBLAS side by side, so the library must not start threads as well.
private let isSingleThreaded: Void = openblas_set_num_threads(1)

/// Matrix products by OpenBLAS, each on the calling thread.
///
/// `left` is `[rows, depth]`, `right` is `[depth, columns]`, and `product` is `[rows, columns]` with
/// rows `rowStride` apart.
package enum MatrixProduct {
  /// `product = left · right` in Float32, added to what is there if `accumulating`.
  package static func multiply(
    _ left: MatrixView<Float>, _ right: MatrixView<Float>,
    into product: UnsafeMutablePointer<Float>, rowStride: Int,
    rows: Int, columns: Int, depth: Int, accumulating: Bool = false
  ) {
    _ = isSingleThreaded
    cblas_sgemm(
      CblasRowMajor, left.transposition, right.transposition,
      blasint(rows), blasint(columns), blasint(depth),
      1, left.elements, blasint(left.rowStride), right.elements, blasint(right.rowStride),
      accumulating ? 1 : 0, product, blasint(rowStride))
  }

  /// `product = left · right` in Float64.
  package static func multiply(
    _ left: MatrixView<Double>, _ right: MatrixView<Double>,
    into product: UnsafeMutablePointer<Double>, rowStride: Int,
    rows: Int, columns: Int, depth: Int
  ) {
    _ = isSingleThreaded
    cblas_dgemm(
      CblasRowMajor, left.transposition, right.transposition,
      blasint(rows), blasint(columns), blasint(depth),
      1, left.elements, blasint(left.rowStride), right.elements, blasint(right.rowStride),
      0, product, blasint(rowStride))
  }
}

/// The lower triangle L with A = L·Lᵀ of a symmetric positive definite matrix A, by LAPACK.
package struct CholeskyFactor: Sendable {
  private let size: Int
  private let factor: [Double]  // [size, size], row-major; the upper triangle is never read

  /// Factors `matrix`, `[size, size]` in row-major order, of which the lower triangle is read.
  ///
  /// Nil where the matrix is not positive definite, or an element is not finite.
  package init?(_ matrix: [Double], size: Int) {
    precondition(matrix.count == size * size, "\(matrix.count) elements of \(size)×\(size)")
    _ = isSingleThreaded
    var (factor, order, leading, info) = (matrix, blasint(size), blasint(max(size, 1)), blasint(0))
    // LAPACK reads columns first: our lower triangle is its upper one.
    var triangle = CChar(UInt8(ascii: "U"))
    dpotrf_(&triangle, &order, &factor, &leading, &info)
    // The factorization passes NaN on to the diagonal without failing.
    guard info == 0, (0..<size).allSatisfy({ factor[$0 * size + $0].isFinite }) else { return nil }
    (self.size, self.factor) = (size, factor)
  }

  /// Replaces `vector`, of `size` elements, by x with A·x = `vector`.
  package func solve(_ vector: inout [Double]) {
    precondition(vector.count == size, "\(vector.count) elements, expected \(size)")
    // Two triangular systems: L·y = vector, then Lᵀ·x = y.
    for transposition in [CblasNoTrans, CblasTrans] {
      cblas_dtrsv(
        CblasRowMajor, CblasLower, transposition, CblasNonUnit, blasint(size), factor,
        blasint(max(size, 1)), &vector, 1)
    }
  }
}
