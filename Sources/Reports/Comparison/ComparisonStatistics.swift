import Scoring

/// The exact sign-flip test of whether two runs are equally accurate on the same images.
///
/// An image's difference is how many of its versions one run gets right minus how many the other
/// does. If the runs could be swapped on every image, however its versions are correlated, each
/// difference has either sign with probability ½ (Fisher 1935). If only the means are equal, the
/// test holds for many images, as a one-sample t-test does. With one version of each image it is
/// McNemar's exact test.
package struct SignFlipTest: Sendable, Equatable {
  /// The magnitudes of the differences that are not 0, in rising order.
  private let magnitudes: [Int]
  /// The sum of the differences.
  package let sum: Int

  /// The test of one difference for each image.
  package init(_ differences: [Int]) {
    magnitudes = differences.filter { $0 != 0 }.map(abs).sorted()
    sum = differences.reduce(0, +)
  }

  /// Probabilities below this are removed from the far end of a distribution, before they underflow;
  /// the p-value includes their sum.
  private static let negligible = 1e-300

  /// The two-sided p-value: the share of all choices of signs whose sum is at least as far from 0.
  ///
  /// The distribution of the sum of the magnitudes with a minus is built up image by image, up to
  /// the value that was observed. All terms are positive, so N images cost N roundings.
  package var pValue: Double {
    guard sum != 0 else { return 1 }
    let last = (magnitudes.reduce(0, +) - abs(sum)) / 2
    var (start, probabilities, removed) = (0, [1.0], 0.0)
    for magnitude in magnitudes {
      probabilities = Self.adding(magnitude, to: probabilities, limit: last - start + 1)
      let first = probabilities.firstIndex { $0 >= Self.negligible } ?? probabilities.count
      removed += probabilities[..<first].reduce(0, +)
      probabilities.removeFirst(first)
      start += first
    }
    return min(1, 2 * (probabilities.reduce(0, +) + removed))
  }

  /// The distribution of a sum, given by `probabilities`, after adding a term that is `magnitude` or
  /// 0; at most its first `limit` values.
  private static func adding(
    _ magnitude: Int, to probabilities: [Double], limit: Int
  ) -> [Double] {
    let size = max(0, min(probabilities.count + magnitude, limit))
    return [Double](unsafeUninitializedCapacity: size) { sums, count in
      let (alone, both) = (min(magnitude, size), min(probabilities.count, size))
      for i in 0..<min(alone, both) { sums[i] = probabilities[i] / 2 }
      if both < alone { for i in both..<alone { sums[i] = 0 } }
      if alone < both {
        for i in alone..<both { sums[i] = (probabilities[i] + probabilities[i - magnitude]) / 2 }
      }
      let rest = max(alone, both)
      for i in rest..<max(rest, size) { sums[i] = probabilities[i - magnitude] / 2 }
      count = size
    }
  }
}

/// The correction of a comparison's p-values for multiple testing.
///
/// There are two families of hypotheses: conclusions, on clean images and on average over corrupted cells,
/// and single corrupted cells. Each has half of the error rate and is tested by Holm's procedure; once all
/// conclusions are rejected, their half goes to the cells. This is a graphical procedure of Bretz et al.
/// 2009: rejecting where the corrected p-value is at most α rejects any true hypothesis with probability at
/// most α, whatever their dependence. Conclusions do not depend on the cells.
package enum FamilyCorrection {
  /// The corrected p-values, in the order given; without cells the conclusions have the whole error rate.
  package static func adjusted(
    conclusions: [Double], cells: [Double]
  ) -> (conclusions: [Double], cells: [Double]) {
    let holm = HolmCorrection.adjusted(conclusions)
    guard !cells.isEmpty else { return (holm, []) }
    let halved = holm.map { min(1, 2 * $0) }
    let largest = halved.max() ?? 0
    // A cell is rejected at α if its Holm value is at most α/2, or at most α after all conclusions.
    return (
      halved, HolmCorrection.adjusted(cells).map { min(1, 2 * $0, max($0, largest)) }
    )
  }
}
