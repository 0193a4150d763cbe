import Foundation

/// The errors of classes' probabilities in bins, added up, and what chance alone adds to them.
///
/// In a bin of n rows with the mean probability p, the number of labels is a sum of independent trials
/// if the probabilities are right, which is no more dispersed than a binomial number X of n trials with
/// p (Hoeffding 1956, "On the distribution of the number of successes in independent trials").
///
/// Classes are added up by size, so that the sums do not depend on their order.
public struct ClassErrors: Sendable, Equatable {
  /// A bin of the probabilities of one class.
  public struct Bin: Sendable {
    /// n, the number of rows.
    let count: Int
    /// How many labels are the class; those that are shared out between bins need not be whole.
    let labelCount: Double
    /// Σ probability − labels.
    let excess: Double

    /// The bin.
    public init(count: Int, labelCount: Double, excess: Double) {
      self.count = count
      self.labelCount = labelCount
      self.excess = excess
    }
  }

  /// The sums over the bins of one class.
  private struct OfClass: Sendable, Equatable {
    var sum = 0.0
    var chanceMean = 0.0
    var chanceVariance = 0.0
    var largestVariance = 0.0

    mutating func add(_ bin: Bin) {
      guard bin.count > 0 else { return }
      let n = Double(bin.count)
      func variance(_ share: Double) -> Double { n * share * (1 - share) }
      func share(_ sum: Double) -> Double { max(0, min(sum / n, 1)) }
      let probability = share(bin.excess + bin.labelCount)
      let deviation = BinomialDeviation.mean(count: bin.count, probability: probability)
      sum += abs(bin.excess)
      chanceMean += deviation
      chanceVariance += max(0, variance(probability) - deviation * deviation)
      largestVariance += max(variance(probability), variance(share(bin.labelCount)))
    }
  }

  private var classes: [OfClass] = []

  /// No class yet.
  public init() {}

  /// One class with these bins.
  public init(ofClass bins: some Sequence<Bin>) {
    classes = [bins.reduce(into: OfClass()) { $0.add($1) }]
  }

  /// Adds the classes of `other`.
  public mutating func merge(_ other: ClassErrors) { classes += other.classes }

  /// Σ |labels − np|.
  public var sum: Double { total(\.sum) }
  /// Σ E|X − np|: what the sum is at most, on average, where the probabilities are right.
  public var chanceMean: Double { total(\.chanceMean) }
  /// Σ Var |X − np|.
  public var chanceVariance: Double { total(\.chanceVariance) }
  /// Σ of the larger of np(1 − p) and na(1 − a), with a the share of labels.
  public var largestVariance: Double { total(\.largestVariance) }

  private func total(_ number: (OfClass) -> Double) -> Double {
    classes.map(number).sorted().reduce(0, +)
  }
}

/// The mean absolute deviation of a binomial number from its mean.
enum BinomialDeviation {
  /// E|X − np| for X binomial of n = `count` trials with `probability` p.
  ///
  /// 2k(1 − p)·P(X = k) with k = ⌊np⌋ + 1 (de Moivre 1730; Diaconis and Zabell 1991, "Closed form
  /// summation for classical distributions").
  static func mean(count: Int, probability p: Double) -> Double {
    guard count > 0, p > 0, p < 1 else { return 0 }
    let k = min(Int(Double(count) * p) + 1, count)
    return 2 * Double(k) * (1 - p) * mass(k, of: count, p)
  }

  /// P(X = k) for 1 ≤ k ≤ n, by the saddle point of Loader 2000, "Fast and accurate computation of
  /// binomial probabilities", which loses no digits for large n.
  private static func mass(_ k: Int, of count: Int, _ p: Double) -> Double {
    let (n, x, q) = (Double(count), Double(k), 1 - p)
    guard k < count else { return exp(n * log(p)) }
    let exponent =
      stirlingError(count) - stirlingError(k) - stirlingError(count - k)
      - deviance(x, n * p) - deviance(n - x, n * q)
    return exp(exponent) * (n / (2 * Double.pi * x * (n - x))).squareRoot()
  }

  /// x·ln(x/mean) + mean − x.
  private static func deviance(_ x: Double, _ mean: Double) -> Double {
    let difference = x - mean
    guard abs(difference) < 0.1 * (x + mean) else { return x * log(x / mean) - difference }
    // A series in (x − mean)/(x + mean), because the terms above nearly cancel.
    let ratio = difference / (x + mean)
    var (sum, term, power) = (difference * ratio, 2 * x * ratio, 1.0)
    while true {
      term *= ratio * ratio
      power += 2
      let next = sum + term / power
      if next == sum { return next }
      sum = next
    }
  }

  /// ln n! − ln(√(2πn)·(n/e)ⁿ) for n ≥ 1.
  private static func stirlingError(_ count: Int) -> Double {
    if count < smallErrors.count { return smallErrors[count] }
    let n = Double(count), square = n * n
    let inner = 1 / 1260.0 - (1 / 1680.0 - 1 / 1188.0 / square) / square
    return (1 / 12.0 - (1 / 360.0 - inner / square) / square) / n
  }

  /// The same below 16, where the series does not reach all digits.
  private static let smallErrors: [Double] = (0..<16).map { count in
    let n = Double(max(count, 1))
    let factorial = (1...max(count, 1)).reduce(1.0) { $0 * Double($1) }
    return log(factorial) - (log(2 * Double.pi * n) / 2 + n * log(n) - n)
  }
}
