/// The errors of one run, shares of wrong rows, by cell and on the clean test set.
public struct CorruptionErrors: Sendable {
  /// The error on each corrupted cell.
  public let cells: [Cell: Double]
  /// The error on the clean test set.
  public let clean: Double?

  /// The errors of a run; without `clean` its relative values are undefined.
  public init(cells: [Cell: Double], clean: Double? = nil) {
    self.cells = cells
    self.clean = clean
  }

  /// Each cell's error less the clean one; no cells where the clean error is missing.
  fileprivate var excess: CorruptionErrors {
    CorruptionErrors(cells: clean.map { clean in cells.mapValues { $0 - clean } } ?? [:])
  }
}

/// Mean corruption errors. Those of Hendrycks and Dietterich 2019 are relative to AlexNet on
/// ImageNet. CIFAR has no agreed baseline, so each name says what the error is relative to.
extension CorruptionProtocol {
  /// The largest value that rounding can give a mean that is exactly 0.
  ///
  /// An error, 1 less an accuracy, is known to 2⁻⁵³, its difference from another to 5·2⁻⁵⁴. Means of
  /// N < 10¹⁴ images that are not 0 are larger.
  private static let rounding = 0x1p-50

  /// The mean error over the protocol's cells, `mean_corruption_error`; nil when a cell is missing.
  public func meanCorruptionError(_ run: CorruptionErrors) -> Double? {
    mean(run.cells)
  }

  /// The mean over cells of error − clean error, `relative_mean_corruption_error`.
  ///
  /// Nil when a cell or the clean error is missing.
  public func relativeMeanCorruptionError(_ run: CorruptionErrors) -> Double? {
    mean(run.excess.cells)
  }

  /// The mean over corruptions of Σ error / Σ error of `baseline`, both sums over severities.
  ///
  /// `mean_corruption_error_relative_to(BASELINE)`: 1 if the run is as good as the baseline. Nil when
  /// either run lacks a cell, or the baseline makes no error on a corruption.
  public func meanCorruptionError(
    _ run: CorruptionErrors, relativeTo baseline: CorruptionErrors
  ) -> Double? {
    RunningMean.mean(
      of: kinds.map { kind -> Double? in
        let cells = cells(of: .corruption(kind.name))
        guard let errors = RunningMean.mean(of: cells.map { run.cells[$0] }),
          let baselineErrors = RunningMean.mean(of: cells.map { baseline.cells[$0] }),
          abs(baselineErrors) > Self.rounding
        else { return nil }
        return errors / baselineErrors
      })
  }

  /// The same for error − clean error of each run:
  /// `relative_mean_corruption_error_relative_to(BASELINE)`.
  ///
  /// Nil also when a clean error is missing, or where the baseline's differences sum to 0.
  public func relativeMeanCorruptionError(
    _ run: CorruptionErrors, relativeTo baseline: CorruptionErrors
  ) -> Double? {
    meanCorruptionError(run.excess, relativeTo: baseline.excess)
  }
}
