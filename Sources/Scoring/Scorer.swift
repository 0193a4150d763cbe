import Foundation

/// Fits calibrations and scores predictions, on a number of threads.
///
/// What it fits and measures are lists of values: a program may add its own calibrations and metrics
/// to those of `Calibration.all` and `Metric.all`. Results are the same bits on any number of
/// threads.
public struct Scorer: Sendable {
  /// The calibrations that can be asked for, in the order of results.
  public let calibrations: [Calibration]
  /// The metrics that are computed.
  public let metrics: [Metric]
  let blocks: RowBlocks
  /// How many probabilities `rows(of:in:calibration:)` keeps at a time, 8 bytes each, unless a single
  /// class has more.
  package var keptProbabilityLimit = 1 << 24

  /// A scorer on `threadCount` threads, by default all cores.
  public init(
    threadCount: Int = ProcessInfo.processInfo.activeProcessorCount,
    calibrations: [Calibration] = Calibration.all, metrics: [Metric] = Metric.all
  ) {
    blocks = RowBlocks(threadCount: threadCount)
    self.calibrations = calibrations
    self.metrics = metrics
  }
}
