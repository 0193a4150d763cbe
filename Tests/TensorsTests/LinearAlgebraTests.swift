import Tensors
import Testing

struct CholeskyFactorTests {
  /// A symmetric positive definite matrix, `[size, size]`: B·Bᵀ plus the identity.
  private static func definiteMatrix(_ size: Int) -> [Double] {
    var stream = RandomStream(seed: 6, purpose: "matrix", major: size)
    let b = (0..<size * size).map { _ in stream.uniform(-1, 1) }
    return (0..<size * size).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: size)
      return (0..<size).reduce(row == column ? 1 : 0) {
        $0 + b[row * size + $1] * b[column * size + $1]
      }
    }
  }

  @Test(arguments: [1, 2, 7, 64, 200])
  func `solutions satisfy the system`(size: Int) throws {
    let matrix = Self.definiteMatrix(size)
    var stream = RandomStream(seed: 6, purpose: "right side", major: size)
    let expected = (0..<size).map { _ in stream.uniform(-1, 1) }
    var solution = expected
    try #require(CholeskyFactor(matrix, size: size)).solve(&solution)
    let roots = (0..<size).map { matrix[$0 * size + $0].squareRoot() }
    let scale = zip(roots, solution).reduce(0) { $0 + $1.0 * abs($1.1) }
    for row in 0..<size {
      let product = (0..<size).reduce(0) { $0 + matrix[row * size + $1] * solution[$1] }
      // 3n + 1 roundings of the factorization and both substitutions (Higham 2002, theorem 10.4),
      // and n of this product, of at most Σ √(aᵢᵢ aⱼⱼ) |xⱼ|.
      let bound = Double(4 * size + 1) * 0x1p-53 * roots[row] * scale
      #expect(abs(product - expected[row]) <= bound)
    }
  }

  @Test func `only the lower triangle is read`() throws {
    let size = 5
    var matrix = Self.definiteMatrix(size)
    var expected = [1.0, 2, 3, 4, 5]
    var found = expected
    try #require(CholeskyFactor(matrix, size: size)).solve(&expected)
    for row in 0..<size {
      for column in row + 1..<size { matrix[row * size + column] = .nan }
    }
    try #require(CholeskyFactor(matrix, size: size)).solve(&found)
    #expect(found == expected)
  }

  @Test(arguments: [
    [1, 2, 2, 1], [0, 0, 0, 1], [-1, 0, 0, 1], [1, 0, .nan, 1], [.infinity, 0, 0, 1],
    [1, 0, 0, .nan],
  ])
  func `a matrix that is not positive definite has no factor`(matrix: [Double]) {
    #expect(CholeskyFactor(matrix, size: 2) == nil)
  }

  @Test func `a matrix of no rows has a factor`() throws {
    var solution: [Double] = []
    try #require(CholeskyFactor([], size: 0)).solve(&solution)
    #expect(solution.isEmpty)
  }
}
