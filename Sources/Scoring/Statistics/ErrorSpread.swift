internal import Tensors

/// How far the estimate of a norm of errors may lie from the true norm, from the draws of a bootstrap.
///
/// A calibration error is a norm of the signed errors of bins, and noise makes a norm larger: that of
/// the data lies above the truth, that of a draw, which adds noise of its own, above that of the data.
/// Percentiles of draws therefore lie above the truth twice over. The signed errors themselves have no
/// such bias, so that a draw's deviations from those of the data are spread as the data's from the
/// truth. Where an error is so far from 0 that its sign is known, its deviation moves the norm by as
/// much, up or down; elsewhere a deviation in either direction may have made the norm larger. Which is
/// which is decided by generalized moment selection (Andrews and Soares 2010, "Inference for parameters
/// defined by moment inequalities using generalized moment selection").
public struct ErrorSpread: Sendable, Equatable {
  /// The norm of the data's errors, or a difference of two.
  let estimate: Double
  /// On each draw, how far the estimate may lie above the truth.
  let above: [Double]  // [draws], at least 1
  /// On each draw, how far its norm lies above the estimate.
  let below: [Double]  // [draws]
  /// Whether it is a difference of two norms, which may be negative.
  let isDifference: Bool
  /// At this probability of `below` the upper end lies.
  let belowQuantile: Double
  /// How its intervals are made.
  let kind: Interval.Kind

  /// At this probability of `above` the lower end lies.
  private static let aboveQuantile = 0.975
  /// `belowQuantile` for bins.
  ///
  /// With 0.025, intervals of a clearly miscalibrated predictor hold the truth in 88 to 90 of 100 samples.
  static let belowQuantileOfBins = 0.005
  /// `belowQuantile` for smoothed errors: with that of bins, a predictor that is slightly miscalibrated has
  /// its true error held in 89 of 100 samples of 2000 rows.
  static let belowQuantileOfSmoothed = 0.001
  private static let differenceQuantile = 0.025

  /// The spread of one norm; nil where there are no draws, or one of them is undefined.
  init?(
    estimate: Double, above: [Double], below: [Double],
    belowQuantile: Double = belowQuantileOfBins, kind: Interval.Kind = .signedErrors
  ) {
    guard estimate.isFinite, !above.isEmpty, above.allSatisfy(\.isFinite),
      below.allSatisfy(\.isFinite)
    else { return nil }
    self.init(
      of: estimate, above: above, below: below, isDifference: false, belowQuantile: belowQuantile,
      kind: kind)
  }

  /// The spread of a number that noise makes larger, of the data as of draws, from its `values` on draws;
  /// nil where there are none.
  init?(basicOf values: [Double], around estimate: Double) {
    let excesses = values.map { $0 - estimate }
    self.init(
      estimate: estimate, above: excesses, below: excesses, belowQuantile: Self.differenceQuantile,
      kind: .basic)
  }

  private init(
    of estimate: Double, above: [Double], below: [Double], isDifference: Bool,
    belowQuantile: Double, kind: Interval.Kind
  ) {
    self.kind = kind
    self.estimate = estimate
    self.above = above
    self.below = below
    self.isDifference = isDifference
    self.belowQuantile = belowQuantile
  }

  /// The 95 % interval of the true norm, or difference, which contains `value`.
  ///
  /// `value` is the metric: the estimate, or one that is nearer to the truth.
  public func interval(around value: Double) -> Interval {
    let (above, below) = (Quantiles(of: above), Quantiles(of: below))
    if isDifference {
      return Interval(
        low: value - max(0, above(Self.aboveQuantile)),
        high: value - min(0, below(belowQuantile)), kind: kind)
    }
    return Interval(
      low: max(0, min(value, estimate - above(Self.aboveQuantile))),
      high: max(value, estimate - below(belowQuantile)), kind: kind)
  }

  /// The mean of several on the same draws, at least one.
  ///
  /// - Precondition: All are of one bootstrap, and all or none are differences.
  static func mean(of all: [ErrorSpread]) -> ErrorSpread {
    // Summed by size, so that the order does not matter.
    func means(_ values: [[Double]]) -> [Double] {
      let drawCount = values[0].count
      precondition(values.allSatisfy { $0.count == drawCount }, "draws of several bootstraps")
      var rows = Array(values.joined())  // [value, draw]
      var means = [Double](repeating: 0, count: drawCount)
      ProbabilityKernels.preferred.meanOfColumns(
        &rows, rowCount: values.count, count: drawCount, into: &means)
      return means
    }
    return ErrorSpread(
      of: means(all.map { [$0.estimate] })[0], above: means(all.map(\.above)),
      below: means(all.map(\.below)), isDifference: all[0].isDifference,
      belowQuantile: all[0].belowQuantile, kind: all[0].kind)
  }

  /// How far `first` is above `second`, both of one bootstrap.
  static func - (first: ErrorSpread, second: ErrorSpread) -> ErrorSpread {
    precondition(first.above.count == second.above.count, "draws of two bootstraps")
    return ErrorSpread(
      of: first.estimate - second.estimate, above: zip(first.above, second.below).map(-),
      below: zip(first.below, second.above).map(-), isDifference: true,
      belowQuantile: differenceQuantile, kind: first.kind)
  }
}
