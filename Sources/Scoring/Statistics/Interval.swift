import Foundation

/// An interval that contains a value with a stated confidence.
public struct Interval: Sendable, Equatable {
  /// The lower end.
  public let low: Double
  /// The upper end.
  public let high: Double
  /// How it was made; nil where that is not known.
  public let kind: Kind?

  /// How an interval is made.
  public enum Kind: String, Sendable, CaseIterable {
    /// Wilson's score interval of a share.
    case wilson
    /// Percentiles of bootstrap draws.
    case percentile
    /// How far bootstrap draws lie above the value, taken off it.
    case basic
    /// From the signed errors of bins on bootstrap draws: `ErrorSpread`.
    case signedErrors = "signed-errors"
    /// From exact intervals of the bins' shares: `ErrorBounds.largest(of:)`.
    case clopperPearson = "clopper-pearson"
    /// From the spread of binomial numbers: `ErrorBounds.init(_:rowCount:classCount:)`.
    case binomial
    /// From percentiles of a signed root on bootstrap draws: `RefinementDraws`.
    case signedRoot = "signed-root"
  }

  /// The interval from `low` to `high`.
  public init(low: Double, high: Double, kind: Kind? = nil) {
    self.low = low
    self.high = high
    self.kind = kind
  }

  /// The smallest interval that contains this one and `value`.
  func including(_ value: Double) -> Interval {
    Interval(low: min(low, value), high: max(high, value), kind: kind)
  }

  /// Wilson's score interval of a share: `successes` of `count`, in 0...1.
  ///
  /// It does not estimate the variance from the sample, so that it is also valid for shares near 0 and 1
  /// (Wilson 1927, "Probable inference, the law of succession, and statistical inference"). Nil for
  /// no trials.
  ///
  /// - Precondition: 0 ≤ `successes` ≤ `count`, and `confidence` is above 0 and below 1.
  public static func wilson(
    successes: Int, count: Int, confidence: Double = 0.95
  ) -> Interval? {
    precondition(0 <= successes && successes <= count, "\(successes) of \(count)")
    guard count > 0 else { return nil }
    let z = normalQuantile(upperTail: (1 - confidence) / 2)
    let (hits, misses, n) = (Double(successes), Double(count - successes), Double(count))
    let center = hits + z * z / 2
    let reach = z * (hits * misses / n + z * z / 4).squareRoot()
    let total = n + z * z
    return Interval(
      low: successes == 0 ? 0 : (center - reach) / total,
      high: successes == count ? 1 : (center + reach) / total, kind: .wilson)
  }

  /// The z above which a standard normal number lies with probability `upperTail`, at most ½.
  ///
  /// Newton's method from 0: the tail is convex there, so that no step passes the root.
  static func normalQuantile(upperTail: Double) -> Double {
    precondition(0 < upperTail && upperTail <= 0.5, "a confidence must be above 0 and below 1")
    var z = 0.0
    while true {
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      let next = z + (erfc(z / 2.0.squareRoot()) / 2 - upperTail) / density
      guard next > z else { return z }
      z = next
    }
  }
}
