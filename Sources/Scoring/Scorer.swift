import Foundation
internal import Tensors

/// Scores predictions on a number of threads.
///
/// Rows are cut into blocks of fixed size and put together in block order: results are the same
/// bits on any number of threads.
public struct Scorer: Sendable {
  let workers: Workers

  static let blockSize = 1024

  /// A scorer on `threadCount` threads, by default all cores.
  public init(threadCount: Int = ProcessInfo.processInfo.activeProcessorCount) {
    workers = Workers(count: threadCount)
  }

  /// The scores of `predictor` on every row, with its logits divided by `temperature`.
  ///
  /// For `ensemble` the mean logits are divided, for `ensemble-probs` every member's, before their
  /// probabilities are averaged.
  ///
  /// - Throws: `ScoringError` when there is no such predictor or `temperature` is not positive.
  public func rows(
    of predictor: Predictor, in logits: LabelledLogits, temperature: Double = 1
  ) throws -> ScoredRows {
    guard temperature > 0, temperature.isFinite else {
      throw ScoringError.unusableTemperature(temperature)
    }
    let source = try PredictorLogits(predictor, of: logits)
    let blocks = try mapBlocks(logits.rowCount) { block in
      let scorer = RowScorer(source, temperature: temperature)
      return block.map(scorer.score)
    }
    return ScoredRows(classCount: logits.classCount, rows: Array(blocks.joined()))
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
