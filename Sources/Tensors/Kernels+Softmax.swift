import CKernels

/// Exponentials and logarithms of whole rows: within 1.1 units in the last place, and the same bits
/// at every level but `reference`.
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
}
