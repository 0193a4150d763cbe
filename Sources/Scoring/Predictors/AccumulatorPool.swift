import Synchronization

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

  /// All that was added, in one accumulator; nothing is left in the pool.
  func merged(_ merge: (inout Accumulator, Accumulator) -> Void) -> Accumulator {
    // Taken out, so that none is copied.
    var accumulators = idle.withLock { idle in
      defer { idle = [] }
      return idle
    }
    guard var merged = accumulators.popLast() else { return make() }
    while let next = accumulators.popLast() { merge(&merged, next) }
    return merged
  }
}
