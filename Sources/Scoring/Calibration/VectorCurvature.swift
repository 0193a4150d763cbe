// P pooled distributions, K classes.

/// The second derivatives of the loss of `VectorObjective` without its penalty, summed over rows.
///
/// Of one distribution, with p its probabilities and x the logits before scaling, those with
/// respect to (scale, scale), (scale, bias) and (bias, bias) of classes c and d are
/// p_c (δ_cd − p_d) times x_c·x_d, x_c and 1. Of averaged distributions, each counts with its weight,
/// and what would make the sum indefinite is left out. Takes 32·K² bytes.
struct VectorCurvature: Sendable {
  private let classCount: Int
  /// The lower triangle.
  private(set) var sums: [Double]  // [2K, 2K]
  /// Of distributions whose outer products are still to be taken off, √weight · (p·x, p).
  private var directions: [Double]  // [4, 2K]
  private var directionCount = 0

  /// So many outer products at once: the triangle is then read and written less often.
  private static let batchSize = 4
  private var size: Int { 2 * classCount }

  init(classCount: Int) {
    self.classCount = classCount
    sums = [Double](repeating: 0, count: 4 * classCount * classCount)
    directions = [Double](repeating: 0, count: Self.batchSize * 2 * classCount)
  }

  /// Adds a distribution, given its logits before scaling and its probabilities.
  mutating func add(
    _ logits: UnsafePointer<Double>, _ probabilities: UnsafePointer<Double>, weight: Double
  ) {
    let (classCount, size, root) = (classCount, size, weight.squareRoot())
    let first = directionCount * size
    for c in 0..<classCount {
      let (bias, scale) = (probabilities[c], probabilities[c] * logits[c])
      directions[first + c] = root * scale
      directions[first + classCount + c] = root * bias
      sums[c * size + c] += weight * scale * logits[c]
      sums[(classCount + c) * size + c] += weight * scale
      sums[(classCount + c) * size + classCount + c] += weight * bias
    }
    directionCount += 1
    if directionCount == Self.batchSize { finish() }
  }

  /// Takes off the outer products that were put aside.
  mutating func finish() {
    let size = size
    for i in directionCount * size..<directions.count { directions[i] = 0 }
    directionCount = 0
    sums.withUnsafeMutableBufferPointer { sums in
      directions.withUnsafeBufferPointer { directions in
        guard let sums = sums.baseAddress, let a = directions.baseAddress else { return }
        let (b, c, d) = (a + size, a + 2 * size, a + 3 * size)
        for i in 0..<size {
          let (row, ai, bi, ci, di) = (sums + i * size, a[i], b[i], c[i], d[i])
          let whole = (i + 1) & ~7
          for j in stride(from: 0, to: whole, by: 8) {
            let firstTwo = ai * a.lanes(at: j) + bi * b.lanes(at: j)
            let difference =
              row.lanes(at: j) - (firstTwo + (ci * c.lanes(at: j) + di * d.lanes(at: j)))
            UnsafeMutableRawPointer(row + j).storeBytes(of: difference, as: Lanes.self)
          }
          for j in whole..<(i + 1) { row[j] -= ai * a[j] + bi * b[j] + (ci * c[j] + di * d[j]) }
        }
      }
    }
  }

  mutating func merge(_ other: VectorCurvature) {
    for i in sums.indices { sums[i] += other.sums[i] }
  }
}
