/// Slices of the probabilities above a threshold, 64 an octave.
enum ProbabilitySlice {
  /// Below it, and at it, a probability does not count for the thresholded error.
  static let threshold = 1e-3

  /// How many slices there are: the first holds what does not count, the last 1 alone.
  static let count = Int(1.0.bitPattern >> shift - first) + 2

  private static let first = threshold.bitPattern >> shift
  // Leaves the exponent and six bits of the significand.
  private static let shift = 46

  /// The slice of a probability of at most 1.
  @inline(__always)
  static func index(of probability: Double) -> Int {
    let slice = Int(truncatingIfNeeded: probability.bitPattern >> shift &- first)
    return probability > threshold ? slice &+ 1 : 0
  }
}
