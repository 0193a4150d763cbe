/// The values of a metric, or of a difference, on every draw of a bootstrap.
public struct BootstrapDistribution: Sendable, Equatable {
  /// The value on each draw, in the order of draws.
  public let values: [Double]  // [draws], at least 1

  /// The distribution of `values`, one for each draw.
  ///
  /// Nil when there are none, or one is undefined or infinite: the others would be a biased selection.
  public init?(_ values: [Double?]) {
    let defined = values.compactMap { $0.flatMap { $0.isFinite ? $0 : nil } }
    guard !defined.isEmpty, defined.count == values.count else { return nil }
    self.values = defined
  }

  /// The percentile interval: the `Quantiles` at (1 ∓ confidence) / 2 of the draws (Efron 1981).
  ///
  /// - Precondition: `confidence` is in 0...1.
  public func interval(confidence: Double = 0.95) -> Interval {
    precondition((0...1).contains(confidence), "a confidence of \(confidence)")
    let quantile = Quantiles(of: values)
    return Interval(
      low: quantile((1 - confidence) / 2), high: quantile((1 + confidence) / 2), kind: .percentile)
  }

  /// The two-sided p-value of the hypothesis that the value, a difference, is 0.
  ///
  /// 2·min(#{≤ 0} + 1, #{≥ 0} + 1) / (draws + 1), at most 1 (Davison and Hinkley 1997, section 4.4).
  /// It is never below 2 / (draws + 1): for a Holm correction over 95 cells to reach 0.05, 3799 draws
  /// are needed.
  public var pValue: Double {
    let notAbove = values.count { $0 <= 0 }
    let notBelow = values.count { $0 >= 0 }
    return min(1, 2 * Double(min(notAbove, notBelow) + 1) / Double(values.count + 1))
  }

  /// The mean of several values on the same draws, in any order, such as the macro mean over cells.
  ///
  /// Nil when there are none or one is undefined.
  ///
  /// - Precondition: All are of one bootstrap.
  public static func mean(of all: [BootstrapDistribution?]) -> BootstrapDistribution? {
    guard let first = all.first else { return nil }
    var sums = [Double](repeating: 0, count: first?.values.count ?? 0)
    let defined = all.compactMap { $0?.values }
    guard defined.count == all.count else { return nil }
    for values in defined.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      precondition(values.count == sums.count, "\(values.count) draws and \(sums.count)")
      for draw in sums.indices { sums[draw] += values[draw] }
    }
    return BootstrapDistribution(sums.map { $0 / Double(all.count) })
  }

  /// How far `first` is above `second` on each draw: of two runs, the paired difference.
  ///
  /// - Precondition: Both are of one bootstrap.
  public static func - (
    first: BootstrapDistribution, second: BootstrapDistribution
  ) -> BootstrapDistribution {
    precondition(first.values.count == second.values.count, "draws of two bootstraps")
    return BootstrapDistribution(defined: zip(first.values, second.values).map(-))
  }

  init(defined values: [Double]) {
    self.values = values
  }
}

/// Quantiles of numbers, interpolated linearly between two: quantile q is at position q·(count − 1) of
/// the sorted numbers, which is type 7 of Hyndman and Fan 1996 and NumPy's default.
struct Quantiles {
  private let sorted: [Double]

  /// Of at least one number.
  init(of numbers: [Double]) {
    sorted = numbers.sorted()
  }

  /// The quantile at `q` in 0...1.
  func callAsFunction(_ q: Double) -> Double {
    let position = q * Double(sorted.count - 1)
    let below = min(max(Int(position), 0), sorted.count - 1)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
  }
}
