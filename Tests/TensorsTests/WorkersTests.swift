import Foundation
import Synchronization
import Tensors
import Testing

struct WorkersTests {
  struct Failure: Error, Equatable { let index: Int }

  @Test(arguments: [1, 2, 3, 16], [0, 1, 2, 5, 1000])
  func `every task is done once`(threads: Int, taskCount: Int) {
    let calls = Mutex([Int](repeating: 0, count: taskCount))
    Workers(count: threads).forEach(taskCount) { task, _ in calls.withLock { $0[task] += 1 } }
    let found = calls.withLock { $0 }
    #expect(found == [Int](repeating: 1, count: taskCount))
  }

  @Test func `loops follow one another`() {
    let workers = Workers(count: 3)
    let sum = Atomic(0)
    for _ in 0..<2000 {
      workers.forEach(4) { task, _ in sum.wrappingAdd(task, ordering: .relaxed) }
    }
    let found = sum.load(ordering: .relaxed)
    #expect(found == 2000 * 6)
  }

  /// Each call waits until as many have begun as there are threads.
  @Test(arguments: [1, 2, 5])
  func `simultaneous calls of a loop have numbers of their own`(threads: Int) {
    let deadline = ContinuousClock.now.advanced(by: .seconds(60))
    let begun = Atomic(0)
    let numbers = Mutex<[Int]>([])
    Workers(count: threads).forEach(threads) { _, worker in
      begun.wrappingAdd(1, ordering: .relaxed)
      while begun.load(ordering: .relaxed) < threads, ContinuousClock.now < deadline {
        sched_yield()
      }
      numbers.withLock { $0.append(worker) }
    }
    let found = numbers.withLock { $0 }
    #expect(found.sorted() == Array(0..<threads))
  }

  @Test func `no number is given out again before its call has ended`() {
    let busy = Mutex<Set<Int>>([])
    let conflicts = Atomic(0)
    Workers(count: 4).forEach(1000) { _, worker in
      let isFree = busy.withLock { $0.insert(worker).inserted }
      if !isFree || worker >= 4 { conflicts.wrappingAdd(1, ordering: .relaxed) }
      sched_yield()
      _ = busy.withLock { $0.remove(worker) }
    }
    let found = conflicts.load(ordering: .relaxed)
    #expect(found == 0)
  }

  /// A call of a loop, compared with the thread that began the loop.
  private struct Call: Sendable, Equatable {
    let isOnSameThread: Bool
    let worker: Int
  }

  /// The calls of a loop of four tasks on `workers`.
  private static func calls(_ workers: Workers) -> [Call] {
    let thread = pthread_self()
    let calls = Mutex<[Call]>([])
    workers.forEach(4) { _, worker in
      let call = Call(
        isOnSameThread: pthread_equal(thread, pthread_self()) != 0, worker: worker)
      calls.withLock { $0.append(call) }
    }
    return calls.withLock { $0 }
  }

  private static let alone = [Call](repeating: Call(isOnSameThread: true, worker: 0), count: 4)

  @Test func `a loop within a shared one runs alone, as worker 0`() throws {
    let workers = Workers(count: 3)
    let inner = try workers.map(6) { _ in Self.calls(workers) }
    #expect(inner == [[Call]](repeating: Self.alone, count: 6))
  }

  @Test func `a loop of another thread beside a shared one runs alone, as worker 0`() throws {
    let workers = Workers(count: 2)
    let other = try workers.map(2) { task in
      guard task == 0 else { return [Call]() }
      var calls: [Call] = []
      // `make` runs on a thread of its own, which this one waits for.
      try Ahead.forEach(1, make: { _ in Self.calls(workers) }, use: { calls = $1 })
      return calls
    }
    #expect(other == [Self.alone, []])
  }

  @Test(arguments: [1, 4])
  func `results are in the order of tasks`(threads: Int) throws {
    let squares = try Workers(count: threads).map(100) { $0 * $0 }
    #expect(squares == (0..<100).map { $0 * $0 })
  }

  /// Where threads share the loop the higher index fails first.
  @Test(arguments: [1, 4])
  func `map throws the error of the lowest index that fails`(threads: Int) {
    let hasFailed = DispatchSemaphore(value: 0)
    #expect(throws: Failure(index: 3)) {
      try Workers(count: threads).map(10) { index in
        if index == 7 { hasFailed.signal() }
        if index == 3, threads > 1 { hasFailed.wait() }
        if index == 3 || index == 7 { throw Failure(index: index) }
        return index
      }
    }
  }

  @Test(arguments: [0, 1, 6, 7, 8, 50])
  func `ranges cover all indices in their order`(total: Int) {
    let ranges = Mutex<[Range<Int>]>([])
    Workers(count: 3).forEachRange(of: total, size: 7) { range in
      ranges.withLock { $0.append(range) }
    }
    let found = ranges.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
    #expect(found.flatMap(Array.init) == Array(0..<total))
    #expect(found.dropLast().allSatisfy { $0.count == 7 })
  }
}
