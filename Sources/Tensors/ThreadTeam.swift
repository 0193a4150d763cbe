import CKernels
import Foundation
import Synchronization

/// Threads that wait for work together with the thread that calls them.
///
/// A loop of a network takes well under a millisecond: a member that finds no work looks again for
/// a moment before it sleeps, so that the next loop need not wake it.
final class ThreadTeam: Sendable {
  /// Looks for work, or for the others to finish, before sleeping: about a tenth of a millisecond,
  /// for that is how far apart members finish, and waking one takes as long.
  private static let patience = 4000

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

  /// A team of `count` threads, the caller's included.
  init(count: Int) {
    let state = State()
    self.state = state
    helperCount = max(count, 1) - 1
    for member in 1..<max(count, 1) {
      let thread = Thread { Self.serve(state, member: member) }
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  deinit {
    state.begin.withLock {
      state.round.store(-1, ordering: .releasing)
      state.begin.broadcast()
    }
  }

  /// Calls `work` once on each thread, with its number in the team; returns when all have finished.
  ///
  /// Returns false, and calls nothing, if the team is at work already.
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

  /// Does the member's part of the work, and lets go of it before the member counts as finished.
  @inline(never)
  private static func perform(_ state: State, member: Int) {
    let work = state.work.withLock { $0 }
    work?(member)
  }

  /// Returns once `isDone`, looking for a moment before sleeping on `condition`.
  private static func wait(on condition: NSCondition, until isDone: () -> Bool) {
    for _ in 0..<patience {
      if isDone() { return }
      spinPause()
    }
    condition.lock()
    while !isDone() { condition.wait() }
    condition.unlock()
  }
}
