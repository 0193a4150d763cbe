/// The exact sign-flip test of whether two runs are as good as each other on the same images.
///
/// Each image has a difference: how many of its versions one run gets right, less how many the other
/// does. If the runs could be swapped on every image, whatever its versions have in common, then each
/// difference has either sign with probability ½ (Fisher 1935). Where the means are equal and no more
/// than that is, the test holds as images become many, as a one-sample t-test does. With one version
/// of each image it is McNemar's exact test.
package struct SignFlipTest: Sendable, Equatable {
  /// The differences that tell, without their signs, rising.
  private let magnitudes: [Int]
  /// Σ of the differences.
  package let sum: Int

  /// The test of one difference for each image.
  package init(_ differences: [Int]) {
    magnitudes = differences.filter { $0 != 0 }.map(abs).sorted()
    sum = differences.reduce(0, +)
  }

  /// Values that are less are cut off the far end of a distribution, where they would become too
  /// small to compute with; they count in the p-value.
  private static let negligible = 1e-300

  /// The two-sided p-value: the share of all choices of signs whose sum is at least as far from 0.
  ///
  /// The sum of the magnitudes that get a minus is added up image by image, up to where it is as rare
  /// as the one that was seen. All terms are positive: N images cost N roundings.
  package var pValue: Double {
    guard sum != 0 else { return 1 }
    let last = (magnitudes.reduce(0, +) - abs(sum)) / 2
    var (start, chances, cutOff) = (0, [1.0], 0.0)
    for magnitude in magnitudes {
      chances = Self.adding(magnitude, to: chances, limit: last - start + 1)
      let first = chances.firstIndex { $0 >= Self.negligible } ?? chances.count
      cutOff += chances[..<first].reduce(0, +)
      chances.removeFirst(first)
      start += first
    }
    return min(1, 2 * (chances.reduce(0, +) + cutOff))
  }

  /// The distribution of a sum, from `chances`, with a term that is `magnitude` or 0; its first
  /// `limit` values at most.
  private static func adding(_ magnitude: Int, to chances: [Double], limit: Int) -> [Double] {
    let size = max(0, min(chances.count + magnitude, limit))
    return [Double](unsafeUninitializedCapacity: size) { sums, count in
      let (alone, both) = (min(magnitude, size), min(chances.count, size))
      for i in 0..<min(alone, both) { sums[i] = chances[i] / 2 }
      if both < alone { for i in both..<alone { sums[i] = 0 } }
      if alone < both {
        for i in alone..<both { sums[i] = (chances[i] + chances[i - magnitude]) / 2 }
      }
      let rest = max(alone, both)
      for i in rest..<max(rest, size) { sums[i] = chances[i - magnitude] / 2 }
      count = size
    }
  }
}
