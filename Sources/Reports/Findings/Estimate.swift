import Scoring

/// A number of a run's tables, with its 95 % interval.
package struct Estimate: Sendable, Equatable {
  package let value: Double
  /// Nil where the tables have none, or hold too few images for one.
  package let interval: Interval?

  package init(_ value: Double, _ interval: Interval?) {
    self.value = value
    self.interval = interval
  }

  /// On which side of 0 a number lies, as far as its interval tells.
  package enum Side: String, Encodable, Sendable {
    /// The whole interval is above 0.
    case above
    /// The whole interval is below 0.
    case below
    /// The interval contains 0, or there is none.
    case untold = "unclear"
  }

  /// The side of 0 that the interval holds.
  package var side: Side {
    guard let interval else { return .untold }
    return interval.low > 0 ? .above : interval.high < 0 ? .below : .untold
  }

  /// The negative of the number.
  static prefix func - (estimate: Estimate) -> Estimate {
    Estimate(
      -estimate.value,
      estimate.interval.map { Interval(low: -$0.high, high: -$0.low, kind: $0.kind) })
  }

  /// How far the number is above `other`, where nothing is known of both on the same images.
  ///
  /// The interval reaches from end to end of both: it excludes 0 only where they do not overlap. If the
  /// true numbers are equal, each end is passed by at most 2.5 % of samples, so that a difference is
  /// claimed in at most 10 %, however the two depend on each other, and in far fewer where they do not.
  func minus(_ other: Estimate) -> Estimate {
    let interval = interval.flatMap { mine in
      other.interval.map { Interval(low: mine.low - $0.high, high: mine.high - $0.low) }
    }
    return Estimate(value - other.value, interval)
  }

  /// The distance from 0.
  var magnitude: Estimate {
    let ends = interval.map { [abs($0.low), abs($0.high)] }
    let low = side == .untold ? 0 : ends?.min() ?? 0
    return Estimate(abs(value), ends.map { Interval(low: low, high: $0.max() ?? low) })
  }
}
