internal import Tensors

/// Passes over rows, in blocks of fixed size on a number of threads.
///
/// Results are combined in block order: they are the same bits on any number of threads.
struct RowBlocks: Sendable {
  /// How many rows a block has, but for the last.
  static let size = 1024

  let workers: Workers

  init(threadCount: Int) {
    workers = Workers(count: threadCount)
  }

  /// The results of `body` for consecutive blocks of rows, in order.
  func map<Result: Sendable>(
    _ rowCount: Int, _ body: @Sendable (Range<Int>) -> Result
  ) throws -> [Result] {
    let blocks = IndexChunks(total: rowCount, size: Self.size)
    return try workers.map(blocks.count) { body(blocks[$0]) }
  }

  /// `width` results for every row, in order; `body` gives those of a block of rows.
  func flatMap<Result: Sendable>(
    _ rowCount: Int, width: Int = 1, _ body: @Sendable (Range<Int>) -> [Result]
  ) -> [Result] {
    [Result](unsafeUninitializedCapacity: rowCount * width) { buffer, count in
      // Each block writes its own rows.
      nonisolated(unsafe) let buffer = buffer
      workers.forEachRange(of: rowCount, size: Self.size) { block in
        let (results, start) = (body(block), block.lowerBound * width)
        precondition(results.count == block.count * width, "\(results.count) results of a block")
        _ = buffer[start..<start + results.count].initialize(fromContentsOf: results)
      }
      count = rowCount * width
    }
  }

  /// The elements of `parts`, one after the other, in memory that is allocated once.
  static func joined<Element>(_ parts: [[Element]]) -> [Element] {
    var joined: [Element] = []
    joined.reserveCapacity(parts.reduce(0) { $0 + $1.count })
    for part in parts { joined += part }
    return joined
  }
}
