import Tensors
import Testing

/// The kernels that scores are made of: the same bits whatever the instruction set.
struct RowKernelTests {
  /// Logits of which some are equal, also to the largest.
  private func logits(_ count: Int) -> [Float] {
    (0..<count).map { Float($0 * 7 % 11) * 0.37 - Float($0 % 3) }
  }

  @Test(arguments: Kernels.available)
  func `softmax numerators are those of the baseline`(kernels: Kernels) throws {
    for count in 1...35 {
      let row = logits(count).map(Double.init)
      let results = [Kernels.available[0], kernels].map { level in
        var numerators = [Double](repeating: -1, count: count)
        let (largest, rest) = level.probabilities.softmaxNumerators(
          of: row, count: count, scale: 1.3, into: &numerators)
        #expect(row.firstIndex(of: row.max() ?? 0) == largest, "\(count) classes")
        return numerators + [rest]
      }
      #expect(results[0] == results[1], "\(count) classes")
      #expect(results[1].dropLast().allSatisfy { (0...1).contains($0) }, "\(count) classes")
    }
  }

  @Test(arguments: Kernels.available)
  func `means and wider numbers are those of plain code`(kernels: Kernels) {
    for (rowCount, count) in [(1, 1), (2, 7), (2, 100), (3, 10), (4, 33), (5, 16)] {
      let rows = logits(rowCount * count)
      var (means, wide) = ([Double](repeating: 0, count: count), rows.map { _ in 0.0 })
      kernels.probabilities.meanOfRows(rows, rowCount: rowCount, count: count, into: &means)
      kernels.probabilities.widen(rows, count: rows.count, into: &wide)
      #expect(wide == rows.map(Double.init))
      let expected = (0..<count).map { c in
        (0..<rowCount).reduce(0) { $0 + Double(rows[$1 * count + c]) } / Double(rowCount)
      }
      #expect(means == expected, "\(rowCount) rows of \(count)")
    }
  }
}
