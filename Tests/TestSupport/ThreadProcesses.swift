import Foundation
import Synchronization
import Tensors

/// The processes of a job as threads of one: sums are made in the order of ranks.
package final class ThreadProcesses: ProcessGroup, @unchecked Sendable {
  package let rank: Int
  package let count: Int
  private let hub: Hub

  private init(rank: Int, count: Int, hub: Hub) {
    self.rank = rank
    self.count = count
    self.hub = hub
  }

  /// Calls `body` in `count` threads, each with its rank, and returns the results in the
  /// order of ranks.
  ///
  /// - Throws: What `body` throws in the lowest rank. The others must throw as well, or not wait for
  ///   it.
  package static func run<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (ThreadProcesses) throws -> Result
  ) throws -> [Result] {
    let hub = Hub(count: count)
    let results = Mutex([Swift.Result<Result, any Error>?](repeating: nil, count: count))
    let finished = DispatchGroup()
    for rank in 0..<count {
      finished.enter()
      let thread = Thread {
        let result = Swift.Result {
          try body(ThreadProcesses(rank: rank, count: count, hub: hub))
        }
        results.withLock { $0[rank] = result }
        finished.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    finished.wait()
    return try results.withLock { $0 }.compactMap { try $0?.get() }
  }

  package func sum(_ values: UnsafeMutableBufferPointer<Double>) {
    let parts = hub.exchange(Data(buffer: values), rank)
    for i in values.indices { values[i] = parts.reduce(0) { $0 + $1.element(i) } }
  }

  package func max(_ values: UnsafeMutableBufferPointer<Double>) {
    let parts = hub.exchange(Data(buffer: values), rank)
    for i in values.indices {
      values[i] = parts.reduce(-.infinity) { Swift.max($0, $1.element(i)) }
    }
  }

  package func startSum(_ values: UnsafeMutableBufferPointer<Float>) -> PendingSum {
    let parts = hub.exchange(Data(buffer: values), rank)
    return PendingSum {
      for i in values.indices { values[i] = parts.reduce(0) { $0 + $1.element(i) } }
    }
  }

  package func broadcast(_ bytes: Data, from root: Int) -> Data {
    hub.exchange(rank == root ? bytes : Data(), rank)[root]
  }

  package func send(_ bytes: Data, to rank: Int) {
    hub.deliver(Message(sender: self.rank, bytes: bytes), to: rank)
  }

  package func receive(waits: Bool) -> Message? { hub.take(rank, waits: waits) }
}

extension Data {
  fileprivate func element<Value>(_ index: Int) -> Value {
    withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: index * MemoryLayout<Value>.size, as: Value.self)
    }
  }
}

/// The memory that the threads share.
private final class Hub: @unchecked Sendable {
  private let condition = NSCondition()
  private var arrived: [Data?]
  private var exchanged: [Data] = []
  private var round = 0
  private var mailboxes: [[Message]]

  init(count: Int) {
    arrived = Array(repeating: nil, count: count)
    mailboxes = Array(repeating: [], count: count)
  }

  /// The bytes of all threads, in the order of ranks, once all have arrived.
  func exchange(_ bytes: Data, _ rank: Int) -> [Data] {
    condition.lock()
    defer { condition.unlock() }
    let ownRound = round
    arrived[rank] = bytes
    if arrived.allSatisfy({ $0 != nil }) {
      exchanged = arrived.compactMap { $0 }
      arrived = Array(repeating: nil, count: arrived.count)
      round += 1
      condition.broadcast()
    }
    while round == ownRound { condition.wait() }
    return exchanged
  }

  func deliver(_ message: Message, to rank: Int) {
    condition.withLock {
      mailboxes[rank].append(message)
      condition.broadcast()
    }
  }

  func take(_ rank: Int, waits: Bool) -> Message? {
    condition.lock()
    defer { condition.unlock() }
    while waits && mailboxes[rank].isEmpty { condition.wait() }
    return mailboxes[rank].isEmpty ? nil : mailboxes[rank].removeFirst()
  }
}
