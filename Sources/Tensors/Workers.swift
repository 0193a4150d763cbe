import CKernels
import Foundation
import Synchronization

/// A number of threads that share loops.
///
/// Results never depend on `count`: every task writes its own part of the output, and sums over
/// tasks are made afterwards in task order. Where the system refuses some of the threads, the others
/// do their part.
package struct Workers: Sendable {
  /// The number of threads, at least 1.
  package let count: Int
  private let team: ThreadTeam?

  /// Workers whose threads live as long as they or a copy of them.
  package init(count: Int) {
    self.count = max(count, 1)
    team = count > 1 ? ThreadTeam(count: count) : nil
  }

  /// Calls `body(task, worker)` once for each task in `0..<taskCount`, in any order.
  ///
  /// `worker` is below `count` and indexes scratch memory: calls of one loop that run at the same
  /// time have different ones. While the threads share a loop, any other loop runs on its calling
  /// thread alone, as worker 0, whether it is called within `body` or by an unrelated thread; it must
  /// not index the same scratch memory.
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

  /// The results of `body` for `0..<taskCount`, in order.
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

  /// Calls `body` on the chunks of `0..<total`, which depend on `total` and `size` alone.
  package func forEachRange(
    of total: Int, size: Int, _ body: @Sendable (Range<Int>) -> Void
  ) {
    let chunks = IndexChunks(total: total, size: size)
    forEach(chunks.count) { task, _ in body(chunks[task]) }
  }
}

/// Hands out the numbers 0, 1, 2, …, each once.
private final class TaskCounter: Sendable {
  private let count = Atomic(0)

  func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// Threads that share the work of the thread that calls them.
///
/// A loop of a network takes well under a millisecond. A member without work therefore spins for a
/// moment before it sleeps, so that the next loop need not wake it.
private final class ThreadTeam: Sendable {
  /// Checks before sleeping: about a tenth of a millisecond, which is how far apart members finish
  /// and how long waking one takes.
  private static let spinCount = 4000

  private let state: State
  /// The members beside the caller.
  private let helperCount: Int

  /// What the members share.
  private final class State: Sendable {
    /// Rises with each piece of work; negative when the team is dismissed.
    let round = Atomic(0)
    /// Members that have not finished the round.
    let busyCount = Atomic(0)
    let isTaken = Atomic(false)
    let work = Mutex<(@Sendable (Int) -> Void)?>(nil)
    let begin = NSCondition()
    let end = NSCondition()
  }

  /// A team of `count` threads, the caller's included, or of as many as the system gives.
  init(count: Int) {
    let state = State()
    self.state = state
    helperCount =
      (1..<max(count, 1)).prefix { member in
        SystemThread.start { Self.serve(state, member: member) }
      }.count
  }

  deinit {
    state.begin.withLock {
      state.round.store(-1, ordering: .releasing)
      state.begin.broadcast()
    }
  }

  /// Calls `work` once on each thread, with its number in the team; returns when all have finished.
  ///
  /// Returns false and calls nothing if the team is busy.
  func run(_ work: @escaping @Sendable (_ member: Int) -> Void) -> Bool {
    guard !state.isTaken.exchange(true, ordering: .acquiring) else { return false }
    defer { state.isTaken.store(false, ordering: .releasing) }
    state.work.withLock { $0 = work }
    state.busyCount.store(helperCount, ordering: .relaxed)
    state.begin.withLock {
      state.round.wrappingAdd(1, ordering: .releasing)
      state.begin.broadcast()
    }
    work(0)
    Self.wait(on: state.end) { state.busyCount.load(ordering: .acquiring) == 0 }
    state.work.withLock { $0 = nil }
    return true
  }

  private static func serve(_ state: State, member: Int) {
    var finished = 0
    while true {
      wait(on: state.begin) { state.round.load(ordering: .acquiring) != finished }
      let round = state.round.load(ordering: .acquiring)
      if round < 0 { return }
      finished = round
      perform(state, member: member)
      if state.busyCount.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
        state.end.withLock { state.end.broadcast() }
      }
    }
  }

  /// Does the member's part of the work, and releases it before the member counts as finished.
  @inline(never)
  private static func perform(_ state: State, member: Int) {
    let work = state.work.withLock { $0 }
    work?(member)
  }

  /// Returns once `isDone`; spins for a moment before it sleeps on `condition`.
  private static func wait(on condition: NSCondition, until isDone: () -> Bool) {
    for _ in 0..<spinCount {
      if isDone() { return }
      spinPause()
    }
    condition.lock()
    while !isDone() { condition.wait() }
    condition.unlock()
  }
}
