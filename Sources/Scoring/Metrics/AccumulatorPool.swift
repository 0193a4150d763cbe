import Synchronization

/// Accumulators for threads to take one, add to it and put it back.
///
/// Which rows come together in one is left to chance: for accumulators whose values do not depend
/// on that.
final class AccumulatorPool<Accumulator: Sendable>: Sendable {
  private let idle = Mutex<[Accumulator]>([])
  private let make: @Sendable () -> Accumulator

  init(_ make: @escaping @Sendable () -> Accumulator) {
    self.make = make
  }

  /// Calls `body` with an accumulator that no other thread has.
  func withOne<Result>(_ body: (inout Accumulator) -> Result) -> Result {
    var accumulator = idle.withLock { $0.popLast() } ?? make()
    defer { idle.withLock { $0.append(accumulator) } }
    return body(&accumulator)
  }

  /// All that was added, in one.
  func merged(_ merge: (inout Accumulator, Accumulator) -> Void) -> Accumulator {
    idle.withLock { accumulators in
      accumulators.dropFirst().reduce(into: accumulators.first ?? make(), merge)
    }
  }
}
