import Foundation
import Synchronization
import Tensors
import Testing

struct AheadTests {
  struct Failure: Error, Equatable { let index: Int }

  @Test(arguments: [0, 1, 2, 7])
  func `results are used in order, each once`(count: Int) throws {
    var used: [[Int]] = []
    try Ahead.forEach(count, make: { $0 * $0 }) { used.append([$0, $1]) }
    #expect(used == (0..<count).map { [$0, $0 * $0] })
  }

  /// The second result can only come while the first is in use: `use` waits for it.
  @Test func `the next element is made while one is used`() throws {
    let isSecondMade = DispatchSemaphore(value: 0)
    try Ahead.forEach(2) { index in
      if index == 1 { isSecondMade.signal() }
      return index
    } use: { index, _ in
      guard index == 0 else { return }
      #expect(isSecondMade.wait(timeout: .now() + 60) == .success)
    }
  }

  @Test func `what making throws ends it, after the results before`() {
    var used: [Int] = []
    #expect(throws: Failure(index: 2)) {
      try Ahead.forEach(5) { index in
        if index == 2 { throw Failure(index: 2) }
        return index
      } use: { _, value in
        used.append(value)
      }
    }
    #expect(used == [0, 1])
  }

  @Test func `what using throws ends it, once nothing is being made any more`() {
    let (isMaking, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let isMade = Atomic(false)
    #expect(throws: Failure(index: 1)) {
      try Ahead.forEach(5) { index in
        if index == 2 {
          isMaking.signal()
          mayEnd.wait()
          isMade.store(true, ordering: .releasing)
        }
        return index
      } use: { index, _ in
        guard index == 1 else { return }
        isMaking.wait()
        mayEnd.signal()
        throw Failure(index: 1)
      }
    }
    let wasMade = isMade.load(ordering: .acquiring)
    #expect(wasMade)
  }
}
