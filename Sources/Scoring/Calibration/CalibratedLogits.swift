/// The logits of calibrated distributions, kept where they are dear to make and not too many.
///
/// Those of averaged probabilities take exponentials and logarithms of every member's, and a search
/// needs them several times.
struct CalibratedLogits: Sendable {
  private let blocks: [[Double]]  // of [1024, K]
  private let classCount: Int

  /// In numbers: 32 MB.
  private static let largestSize = 1 << 22

  /// The logits of every row; nil where they are too many, or no dearer than those read.
  init?(_ source: PredictorLogits, scorer: Scorer) throws {
    let (rowCount, classCount) = (source.logits.rowCount, source.logits.classCount)
    guard source.pooledCount > 1, rowCount <= Self.largestSize / classCount else { return nil }
    blocks = try scorer.mapBlocks(rowCount) { rows in
      let scorer = RowScorer(source)
      return [Double](unsafeUninitializedCapacity: rows.count * classCount) { buffer, count in
        guard var next = buffer.baseAddress else { return }
        for row in rows {
          scorer.copyCalibratedLogits(of: row, to: next)
          next += classCount
        }
        count = rows.count * classCount
      }
    }
    self.classCount = classCount
  }

  func copy(_ row: Int, to target: UnsafeMutablePointer<Double>) {
    let start = row % Scorer.blockSize * classCount
    blocks[row / Scorer.blockSize].withUnsafeBufferPointer { block in
      for c in 0..<classCount { target[c] = block[start + c] }
    }
  }
}
