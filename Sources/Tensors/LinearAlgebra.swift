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

  fileprivate var transposition: Int32 {
    isTransposed ? OpenBLAS.transposed : OpenBLAS.notTransposed
  }
}

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
    OpenBLAS.call { library in
      library.sgemm(
        OpenBLAS.rowMajor, left.transposition, right.transposition,
        Int32(rows), Int32(columns), Int32(depth),
        1, left.elements, Int32(left.rowStride), right.elements, Int32(right.rowStride),
        accumulating ? 1 : 0, product, Int32(rowStride))
    }
  }

  /// `product = left · right` in Float64, added to what is there if `accumulating`.
  package static func multiply(
    _ left: MatrixView<Double>, _ right: MatrixView<Double>,
    into product: UnsafeMutablePointer<Double>, rowStride: Int,
    rows: Int, columns: Int, depth: Int, accumulating: Bool = false
  ) {
    OpenBLAS.call { library in
      library.dgemm(
        OpenBLAS.rowMajor, left.transposition, right.transposition,
        Int32(rows), Int32(columns), Int32(depth),
        1, left.elements, Int32(left.rowStride), right.elements, Int32(right.rowStride),
        accumulating ? 1 : 0, product, Int32(rowStride))
    }
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
    var (factor, info) = (matrix, Int32(0))
    // LAPACK reads columns first: our lower triangle is its upper one.
    OpenBLAS.call { library in
      library.dpotrf("U", [Int32(size)], &factor, [Int32(max(size, 1))], &info)
    }
    // The factorization passes NaN on to the diagonal without failing.
    guard info == 0, (0..<size).allSatisfy({ factor[$0 * size + $0].isFinite }) else { return nil }
    (self.size, self.factor) = (size, factor)
  }

  /// Replaces `vector`, of `size` elements, by x with A·x = `vector`.
  package func solve(_ vector: inout [Double]) {
    precondition(vector.count == size, "\(vector.count) elements, expected \(size)")
    // Two triangular systems: L·y = vector, then Lᵀ·x = y.
    for transposition in [OpenBLAS.notTransposed, OpenBLAS.transposed] {
      OpenBLAS.call { library in
        library.dtrsv(
          OpenBLAS.rowMajor, OpenBLAS.lower, transposition, OpenBLAS.notUnit, Int32(size), factor,
          Int32(max(size, 1)), &vector, 1)
      }
    }
  }
}
