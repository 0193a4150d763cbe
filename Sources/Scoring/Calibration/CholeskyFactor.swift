/// The lower triangle L with A = L·Lᵀ of a symmetric, positive definite matrix A.
struct CholeskyFactor {
  private let size: Int
  private let factor: [Double]  // [size, size], its upper triangle is never read

  /// Factors a matrix of which the lower triangle is read; nil where it is not positive definite.
  init?(_ matrix: [Double], size: Int) {
    var factor = matrix
    let isDefinite = factor.withUnsafeMutableBufferPointer { factor in
      guard let start = factor.baseAddress else { return true }
      for i in 0..<size {
        let row = start + i * size
        for j in 0..<i {
          let other = start + j * size
          row[j] = (row[j] - product(row, other, count: j)) / other[j]
        }
        let square = row[i] - product(row, row, count: i)
        guard square > 0, square.isFinite else { return false }
        row[i] = square.squareRoot()
      }
      return true
    }
    guard isDefinite else { return nil }
    (self.size, self.factor) = (size, factor)
  }

  /// Replaces `vector` by x with A·x = `vector`.
  func solve(_ vector: inout [Double]) {
    factor.withUnsafeBufferPointer { factor in
      vector.withUnsafeMutableBufferPointer { vector in
        guard let start = factor.baseAddress, let vector = vector.baseAddress else { return }
        for i in 0..<size {
          let row = start + i * size
          vector[i] = (vector[i] - product(row, vector, count: i)) / row[i]
        }
        for i in (0..<size).reversed() {
          let row = start + i * size
          vector[i] /= row[i]
          let value = vector[i]
          for j in 0..<i { vector[j] -= row[j] * value }
        }
      }
    }
  }
}
