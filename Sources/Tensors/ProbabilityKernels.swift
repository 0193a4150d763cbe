import CKernels

/// Exponentials, logarithms and means of whole rows in Float64, for one instruction set.
///
/// They are within 1.1 units in the last place, and the same bits at every level but `reference`.
package struct ProbabilityKernels: @unchecked Sendable {
  /// Those of the level `Kernels.preferred`.
  package static let preferred = Kernels.preferred.probabilities

  let table: ProbabilityTable

  /// Writes exp(scale · (logit − largest logit)) for each of `count` ≥ 1 classes.
  ///
  /// - Returns: The lowest index of the largest logit, whose numerator is 1, and the sum of the
  ///   other numerators.
  @inline(__always)
  package func softmaxNumerators(
    of logits: UnsafePointer<Double>, count: Int, scale: Double,
    into numerators: UnsafeMutablePointer<Double>
  ) -> (largest: Int, rest: Double) {
    var largest = 0
    let rest = table.softmaxNumerators(logits, count, scale, numerators, &largest)
    return (largest, rest)
  }

  /// Writes the natural logarithms of `count` positive normal numbers.
  @inline(__always)
  package func logarithms(
    of numbers: UnsafePointer<Double>, count: Int, into results: UnsafeMutablePointer<Double>
  ) {
    table.logarithms(numbers, count, results)
  }

  /// Converts `count` numbers to Float64.
  @inline(__always)
  package func widen(
    _ numbers: UnsafePointer<Float>, count: Int, into results: UnsafeMutablePointer<Double>
  ) {
    table.widen(numbers, count, results)
  }

  /// Writes the means over `rows`, `[rowCount, count]`, each added up from the first row on.
  @inline(__always)
  package func meanOfRows(
    _ rows: UnsafePointer<Float>, rowCount: Int, count: Int,
    into means: UnsafeMutablePointer<Double>
  ) {
    table.meanOfRows(rows, rowCount, count, means)
  }

  /// Loads `count` numbers that will soon be read into the cache; any address is allowed.
  @inline(__always)
  package static func prefetch(_ numbers: UnsafePointer<Float>, count: Int) {
    prefetchNumbers(numbers, count)
  }
}
