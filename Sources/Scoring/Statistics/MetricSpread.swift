/// What the interval of a metric is made from.
public enum MetricSpread: Sendable, Equatable {
  /// The metric on every draw of a bootstrap.
  case draws(BootstrapDistribution)
  /// The deviations of signed errors on every draw, for norms of them.
  case errors(ErrorSpread)
  /// The ends alone.
  case bounds(ErrorBounds)

  /// The 95 % interval of the metric, which contains its `value`.
  public func interval(around value: Double) -> Interval {
    switch self {
    case .draws(let distribution): distribution.interval().including(value)
    case .errors(let spread): spread.interval(around: value)
    case .bounds(let bounds): bounds.interval(around: value)
    }
  }

  /// The metric on every draw; nil where the interval is made otherwise.
  public var distribution: BootstrapDistribution? {
    if case .draws(let distribution) = self { distribution } else { nil }
  }

  /// The spread of 1 − the metric, such as of an error rate from an accuracy; nil where there are no
  /// draws of the metric.
  public var complement: MetricSpread? {
    distribution.flatMap { BootstrapDistribution($0.values.map { 1 - $0 }) }.map(MetricSpread.draws)
  }

  /// The spread of the metric times a number, such as of its ratio to a constant; nil where there are no
  /// draws of the metric.
  public func scaled(by factor: Double) -> MetricSpread? {
    distribution.flatMap { BootstrapDistribution($0.values.map { factor * $0 }) }
      .map(MetricSpread.draws)
  }

  /// The spread of a mean, such as the macro mean over cells, with the same draws in each.
  ///
  /// Nil when there are none, or one is undefined or of another kind.
  ///
  /// - Precondition: Draws are of one bootstrap.
  public static func mean(of all: [MetricSpread?]) -> MetricSpread? {
    let defined = all.compactMap { $0 }
    guard let first = defined.first, defined.count == all.count else { return nil }
    switch first {
    case .draws:
      return BootstrapDistribution.mean(of: defined.map(\.distribution)).map(MetricSpread.draws)
    case .errors:
      let spreads = defined.compactMap { if case .errors(let spread) = $0 { spread } else { nil } }
      return spreads.count == all.count ? .errors(.mean(of: spreads)) : nil
    case .bounds:
      let bounds = defined.compactMap { if case .bounds(let bounds) = $0 { bounds } else { nil } }
      return bounds.count == all.count ? .bounds(.mean(of: bounds)) : nil
    }
  }

  /// How far the metric is above that of `second`, such as another run's on the same draws; nil where
  /// they are of two kinds.
  ///
  /// - Precondition: Draws are of one bootstrap.
  public static func - (first: MetricSpread, second: MetricSpread) -> MetricSpread? {
    switch (first, second) {
    case (.draws(let first), .draws(let second)): .draws(first - second)
    case (.errors(let first), .errors(let second)): .errors(first - second)
    case (.bounds(let first), .bounds(let second)): .bounds(first - second)
    default: nil
    }
  }
}

/// What the intervals of metrics are made from.
public typealias MetricSpreads = [Metric: MetricSpread]
