/// A figure on every draw of a bootstrap.
public struct BootstrapDistribution: Sendable, Equatable {
  /// The figure's value on each draw, in the order of draws.
  public let values: [Double]  // [draws], at least 1

  /// The distribution of `values`, one for each draw.
  ///
  /// Nil when there are none or one is undefined: what is left would be of another figure.
  public init?(_ values: [Double?]) {
    let defined = values.compactMap { $0 }
    guard !defined.isEmpty, defined.count == values.count else { return nil }
    self.values = defined
  }

  /// The percentile interval: the quantiles at (1 ∓ confidence) / 2 of the draws (Efron 1981).
  ///
  /// Between two draws it is interpolated linearly, quantile q at position q·(draws − 1), which is
  /// type 7 of Hyndman and Fan 1996 and NumPy's default.
  ///
  /// - Precondition: `confidence` is in 0...1.
  public func interval(confidence: Double = 0.95) -> Interval {
    precondition((0...1).contains(confidence), "a confidence of \(confidence)")
    let sorted = values.sorted()
    func quantile(_ q: Double) -> Double {
      let position = q * Double(sorted.count - 1)
      let below = min(max(Int(position), 0), sorted.count - 1)
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
    }
    return Interval(low: quantile((1 - confidence) / 2), high: quantile((1 + confidence) / 2))
  }

  /// The two-sided p-value of the hypothesis that the figure, a difference, is 0.
  ///
  /// Twice the smaller share of draws on either side of 0, those at 0 counted on both, and one more
  /// on each side: 2·min(#{≤ 0} + 1, #{≥ 0} + 1) / (draws + 1), at most 1 (Davison and Hinkley
  /// 1997, section 4.4). It is never below 2 / (draws + 1): for a Holm correction over 95 cells to
  /// reach 0.05, 3799 draws are needed.
  public var pValue: Double {
    let notAbove = values.count { $0 <= 0 }
    let notBelow = values.count { $0 >= 0 }
    return min(1, 2 * Double(min(notAbove, notBelow) + 1) / Double(values.count + 1))
  }

  /// The mean of figures on the same draws, such as the macro mean over cells.
  ///
  /// Nil when there are none or one is undefined.
  ///
  /// - Precondition: All are of one bootstrap.
  public static func mean(of all: [BootstrapDistribution?]) -> BootstrapDistribution? {
    guard let first = all.first else { return nil }
    var sums = [Double](repeating: 0, count: first?.values.count ?? 0)
    for distribution in all {
      guard let values = distribution?.values else { return nil }
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
