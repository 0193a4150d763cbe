import Synchronization

/// A number of threads that share loops.
///
/// Results never depend on `count`: every task writes its own part of the output, and sums over
/// tasks are made afterwards in task order.
package struct Workers: Sendable {
  /// The number of threads, at least 1.
  package let count: Int
  private let team: ThreadTeam?

  /// Workers that keep their threads as long as they, or copies of them, are there.
  package init(count: Int) {
    self.count = max(count, 1)
    team = count > 1 ? ThreadTeam(count: count) : nil
  }

  /// Calls `body(task, worker)` once for each task in `0..<taskCount`, in any order.
  ///
  /// `worker` is below `count`, and no two calls of `body` by one loop that run at the same time
  /// have the same one: it indexes scratch memory. While the threads share a loop, any other one,
  /// begun within its `body` or by an unrelated thread, runs on the thread that began it alone, as
  /// worker 0; it must not index the same scratch memory.
  package func forEach(_ taskCount: Int, _ body: @Sendable (_ task: Int, _ worker: Int) -> Void) {
    let tasks = TaskCounter()
    let isShared =
      taskCount > 1
      && withoutActuallyEscaping(body) { body in
        team?.run { worker in
          while true {
            let task = tasks.next()
            if task >= taskCount { return }
            body(task, worker)
          }
        } ?? false
      }
    if !isShared {
      for task in 0..<max(taskCount, 0) { body(task, 0) }
    }
  }

  /// The results of `body` for `0..<count`, in order.
  ///
  /// - Throws: the error of the lowest failing index, whatever order the calls ran in.
  package func map<Result: Sendable>(
    _ taskCount: Int, _ body: @Sendable (Int) throws -> Result
  ) throws -> [Result] {
    let results = Mutex([Swift.Result<Result, any Error>?](repeating: nil, count: taskCount))
    forEach(taskCount) { task, _ in
      let result = Swift.Result { try body(task) }
      results.withLock { $0[task] = result }
    }
    return try results.withLock { $0 }.compactMap { try $0?.get() }
  }

  /// Calls `body` on consecutive ranges of at most `size` indices that cover `0..<total`.
  ///
  /// The ranges depend on `total` and `size` alone.
  package func forEachRange(
    of total: Int, size: Int, _ body: @Sendable (Range<Int>) -> Void
  ) {
    forEach((total + size - 1) / size) { task, _ in
      body(task * size..<min((task + 1) * size, total))
    }
  }
}

/// Hands out the numbers 0, 1, 2, …, each once.
private final class TaskCounter: Sendable {
  private let count = Atomic(0)

  func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
}
