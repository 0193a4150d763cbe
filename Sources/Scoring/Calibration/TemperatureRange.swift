/// The temperatures that are considered: from a thousandth to a thousand times the logits' scale.
///
/// Logits that are multiplied by a number have a range, and a best temperature, that are multiplied
/// by it too. Masked classes, whose logits are in every row more than a hundred times as far below the
/// largest as all others, do not count in the scale, nor do given probabilities of 0.
public struct TemperatureRange: Sendable, Equatable {
  /// s, the root mean square of the largest minus the mean logit, over the rows and over the
  /// distributions that are averaged; 0 where all logits of each row are equal.
  public let scale: Double

  /// s / 1000.
  public var lowest: Double { scale * 1e-3 }
  /// 1000·s.
  public var highest: Double { scale * 1e3 }
}

/// A temperature that minimizes the negative log-likelihood of some rows.
///
/// Guo, Pleiss, Sun, Weinberger 2017, "On calibration of modern neural networks".
public struct FittedTemperature: Sendable, Equatable {
  /// T, by which logits are divided, within `range`; 1 where no temperature changes the loss.
  public let value: Double
  /// The range that it was looked for in.
  public let range: TemperatureRange
  /// The end of the range that `value` is; nil where it lies inside.
  public let bound: TemperatureBound?
  /// The negative log-likelihood at T = 1 on the rows that were fitted.
  public let lossBefore: Double
  /// The negative log-likelihood at `value` on the rows that were fitted.
  ///
  /// At most `lossBefore`, unless T = 1 is outside `range`.
  public let lossAfter: Double

  /// Whether the likelihood still rises at a bound.
  public var isAtBound: Bool { bound != nil }

  init(
    value: Double, range: TemperatureRange = TemperatureRange(scale: 0),
    bound: TemperatureBound? = nil, lossBefore: Double, lossAfter: Double
  ) {
    self.value = value
    self.range = range
    self.bound = bound
    self.lossBefore = lossBefore
    self.lossAfter = lossAfter
  }
}
