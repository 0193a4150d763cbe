import Foundation
internal import Tensors

/// Scores predictions on a number of threads.
///
/// Rows are cut into blocks of fixed size and put together in block order: results are the same
/// bits on any number of threads.
public struct Scorer: Sendable {
  let workers: Workers
  /// How many probabilities `rows(of:in:calibration:)` keeps at a time, 8 bytes each, unless a single
  /// class has more.
  package var keptProbabilityLimit = 1 << 24
  /// The bytes that `fitVectorScaling(of:on:)` may take to learn how the loss is curved: 256 MB.
  package var curvatureMemoryLimit = 1 << 28

  static let blockSize = 1024

  /// A scorer on `threadCount` threads, by default all cores.
  public init(threadCount: Int = ProcessInfo.processInfo.activeProcessorCount) {
    workers = Workers(count: threadCount)
  }

  /// The results of `body` for consecutive blocks of rows, in order.
  func mapBlocks<Result: Sendable>(
    _ rowCount: Int, _ body: @Sendable (Range<Int>) -> Result
  ) throws -> [Result] {
    try workers.map((rowCount + Self.blockSize - 1) / Self.blockSize) { block in
      body(block * Self.blockSize..<min((block + 1) * Self.blockSize, rowCount))
    }
  }
}
