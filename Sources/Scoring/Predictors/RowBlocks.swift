import Synchronization
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
    try workers.map((rowCount + Self.size - 1) / Self.size) { block in
      body(block * Self.size..<min((block + 1) * Self.size, rowCount))
    }
  }
}

/// Accumulators that threads take, add to, and put back.
///
/// Which rows share an accumulator depends on timing, so values must not depend on the grouping.
final class AccumulatorPool<Accumulator: Sendable>: Sendable {
  private let idle = Mutex<[Accumulator]>([])
  private let make: @Sendable () -> Accumulator

  init(_ make: @escaping @Sendable () -> Accumulator) {
    self.make = make
  }

  /// Calls `body` with an accumulator that no other thread uses meanwhile.
  func withOne<Result>(_ body: (inout Accumulator) -> Result) -> Result {
    var accumulator = idle.withLock { $0.popLast() } ?? make()
    defer { idle.withLock { $0.append(accumulator) } }
    return body(&accumulator)
  }

  /// All that was added, in one accumulator.
  func merged(_ merge: (inout Accumulator, Accumulator) -> Void) -> Accumulator {
    idle.withLock { accumulators in
      accumulators.dropFirst().reduce(into: accumulators.first ?? make(), merge)
    }
  }
}
