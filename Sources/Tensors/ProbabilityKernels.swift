import CKernels

/// Exponentials, logarithms, means and sums of whole rows in Float64, for one instruction set.
///
/// Exponentials and logarithms are within 1.1 units in the last place. Sums over classes do not
/// depend on the order of the classes: terms are rounded to at most 2⁻⁵¹ of the largest (2⁻⁵⁰ where
/// they have signs), and then added exactly. All are the same bits at every level but `reference`.
package struct ProbabilityKernels: @unchecked Sendable {
  /// Those of the level `Kernels.preferred`.
  package static let preferred = Kernels.preferred.probabilities

  let table: ProbabilityTable

  /// The probabilities of K classes, and their logarithms, in memory that somebody else owns.
  package struct Distribution {
    package let probabilities: UnsafePointer<Double>  // [K]
    package let logarithms: UnsafePointer<Double>  // [K]

    package init(probabilities: UnsafePointer<Double>, logarithms: UnsafePointer<Double>) {
      self.probabilities = probabilities
      self.logarithms = logarithms
    }

    fileprivate var pointers: KernelDistribution {
      KernelDistribution(probabilities: probabilities, logarithms: logarithms)
    }
  }

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

  /// Divides the numerators of a softmax by 1 + `rest`, and replaces the logits by log-probabilities,
  /// scale · (logit − maximum) − logSum.
  @inline(__always)
  package func normalize(
    _ logits: UnsafeMutablePointer<Double>, numerators: UnsafeMutablePointer<Double>, count: Int,
    scale: Double, maximum: Double, rest: Double, logSum: Double
  ) {
    table.normalize(logits, numerators, count, scale, maximum, rest, logSum)
  }

  /// Σ d, Σ e·d, Σ e·d², Σ e·d³ and Σ e·d⁴, with d = maximum − logit and e a softmax's numerators.
  @inline(__always)
  package func softmaxMoments(
    _ logits: UnsafePointer<Double>, numerators: UnsafePointer<Double>, count: Int, maximum: Double
  ) -> (Double, Double, Double, Double, Double) {
    var moments = (0.0, 0.0, 0.0, 0.0, 0.0)
    withUnsafeMutableBytes(of: &moments) {
      table.softmaxMoments(
        logits, numerators, count, maximum, $0.assumingMemoryBound(to: Double.self).baseAddress)
    }
    return moments
  }

  /// Σ (p − 1[label])² and −Σ p log p.
  @inline(__always)
  package func brierScoreAndEntropy(
    of distribution: Distribution, count: Int, label: Int
  ) -> (brierScore: Double, entropy: Double) {
    var results = (0.0, 0.0)
    withUnsafeMutableBytes(of: &results) {
      table.brierScoreAndEntropy(
        distribution.pointers, count, label,
        $0.assumingMemoryBound(to: Double.self).baseAddress)
    }
    return results
  }

  /// Σ |p − q|·|log p − log q|, Σ p·q, Σ p² and Σ q².
  @inline(__always)
  package func pairProducts(
    of p: Distribution, and q: Distribution, count: Int
  ) -> (divergence: Double, product: Double, firstSquare: Double, secondSquare: Double) {
    var results = (0.0, 0.0, 0.0, 0.0)
    withUnsafeMutableBytes(of: &results) {
      table.pairProducts(
        p.pointers, q.pointers, count, $0.assumingMemoryBound(to: Double.self).baseAddress)
    }
    return results
  }

  /// Σ p (log p − log q) over the classes where p and q differ.
  @inline(__always)
  package func divergence(of p: Distribution, from q: Distribution, count: Int) -> Double {
    table.divergence(p.pointers, q.pointers, count)
  }

  /// The sum of `count` numbers of at least 0.
  @inline(__always)
  package func sum(of numbers: UnsafePointer<Double>, count: Int) -> Double {
    table.sum(numbers, count)
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

  /// Writes the means over `rows`, `[rowCount, count]`, which do not depend on the order of rows.
  ///
  /// Each is added up from the smallest number on; `rows` are changed.
  ///
  /// With `isRelative` the largest sum is subtracted from all before they are divided: equal
  /// differences of sums are then equal differences from the largest mean, which is 0.
  @inline(__always)
  package func meanOfColumns(
    _ rows: UnsafeMutablePointer<Double>, rowCount: Int, count: Int, isRelative: Bool = false,
    into means: UnsafeMutablePointer<Double>
  ) {
    table.meanOfColumns(rows, rowCount, count, isRelative ? 1 : 0, means)
  }

  /// Sorts each column of `rows`, `[rowCount, count]`, the smallest number first.
  @inline(__always)
  package func sortColumns(of rows: UnsafeMutablePointer<Double>, rowCount: Int, count: Int) {
    table.sortColumns(rows, rowCount, count)
  }

  /// Replaces the logits of each of `rows`, `[count, classCount]`, by their probabilities less 1 at the
  /// row's label, and writes the logarithm of the label's probability.
  ///
  /// In Float32: probabilities are within 1e-6 of their own size for up to 1000 classes, or of 1e-37.
  @inline(__always)
  package func softmaxErrors(
    of rows: UnsafeMutablePointer<Float>, count: Int, classCount: Int, labels: UnsafePointer<Int>,
    logLikelihoods: UnsafeMutablePointer<Double>
  ) {
    table.softmaxErrors(rows, count, classCount, labels, logLikelihoods)
  }

  /// Writes `matrix` · `vector` + `addends`, of a matrix `[count, count]`.
  @inline(__always)
  package func multiply(
    _ matrix: UnsafePointer<Double>, _ vector: UnsafePointer<Double>,
    adding addends: UnsafePointer<Double>, count: Int, into results: UnsafeMutablePointer<Double>
  ) {
    table.multiplyVector(matrix, count, vector, addends, results)
  }

  /// Loads `count` numbers that will soon be read into the cache; any address is allowed.
  @inline(__always)
  package static func prefetch(_ numbers: UnsafePointer<Float>, count: Int) {
    prefetchNumbers(numbers, count)
  }
}
