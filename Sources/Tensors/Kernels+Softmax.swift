import CKernels

/// Means, exponentials and logarithms of whole rows: within 1.1 units in the last place, and the
/// same bits at every level but `reference`.
extension Kernels {
  /// Writes exp(scale · (logit − largest logit)) of each of `count` ≥ 1 classes.
  ///
  /// - Returns: The lowest index of the largest logit, whose numerator is 1, and the sum of the
  ///   others.
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

  /// Has `count` numbers brought near that will be read soon; no address is wrong.
  @inline(__always)
  package static func prefetch(_ numbers: UnsafePointer<Float>, count: Int) {
    prefetchNumbers(numbers, count)
  }

  /// Writes `count` numbers in Float64.
  @inline(__always)
  package func widen(
    _ numbers: UnsafePointer<Float>, count: Int, into results: UnsafeMutablePointer<Double>
  ) {
    table.widen(numbers, count, results)
  }

  /// Writes the means over `rows`, `[rowCount, count]`, added up in Float64 from the first row on.
  @inline(__always)
  package func meanOfRows(
    _ rows: UnsafePointer<Float>, rowCount: Int, count: Int,
    into means: UnsafeMutablePointer<Double>
  ) {
    table.meanOfRows(rows, rowCount, count, means)
  }
}
