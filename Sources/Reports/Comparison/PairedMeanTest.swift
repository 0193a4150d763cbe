import Foundation

/// The sign-flip test of whether the mean of real differences, one for each image, is 0.
///
/// If two runs could be swapped on every image, each difference has either sign with probability ½
/// (Fisher 1935). With differences d, a sum of s then has the variance Σd² and nearly normal tails. The
/// sum is taken for nearer to 0 by Σ|d|³/Σd², the continuity correction: half the distance of sums where
/// all |d| are equal, and more than the steps of other sums. So corrected, p-values are nowhere below the
/// exact ones of all choices of signs, which a test enumerates. If only the means are equal, the test
/// holds for many images, as a t-test does.
package struct PairedMeanTest: Sendable, Equatable {
  /// The sum of the differences.
  package let sum: Double
  private let squares: Double
  private let cubes: Double

  /// The test of one finite difference for each image.
  package init(_ differences: [Double]) {
    var (sum, squares, cubes) = (0.0, 0.0, 0.0)
    // Cubes of small numbers do not underflow.
    let largest = differences.reduce(0) { max($0, abs($1)) }
    for difference in differences where difference != 0 {
      let size = abs(difference) / largest
      sum += difference / largest
      squares += size * size
      cubes += size * size * size
    }
    (self.sum, self.squares, self.cubes) = (sum, squares, cubes)
  }

  /// The p-value of a mean above 0 against one of at most 0.
  package var upperTail: Double { tail(sum) }

  /// The p-value of a mean below 0 against one of at least 0.
  package var lowerTail: Double { tail(-sum) }

  /// The two-sided p-value.
  package var pValue: Double { min(1, 2 * tail(abs(sum))) }

  private func tail(_ sum: Double) -> Double {
    guard squares > 0 else { return 1 }
    let z = (sum - cubes / squares) / squares.squareRoot()
    return erfc(z / 2.0.squareRoot()) / 2
  }
}
