import Foundation

/// The processes of one job, on one machine or on many.
///
/// Every process makes the same calls of `sum`, `max`, `startSum` and `broadcast` in the same
/// order, from one thread at a time. Sums are the same bits in every process. A call that the other
/// processes do not answer ends the job: it neither returns a partial result nor waits forever.
package protocol ProcessGroup: AnyObject, Sendable {
  /// The index of this process, from 0; the first one reads and writes the job's files.
  var rank: Int { get }
  /// The number of processes, at least 1.
  var count: Int { get }

  /// Replaces values by their sums over all processes.
  func sum(_ values: UnsafeMutableBufferPointer<Double>)

  /// Replaces values, none of them NaN, by their maxima over all processes.
  func max(_ values: UnsafeMutableBufferPointer<Double>)

  /// Begins to replace values by their sums over all processes. Nobody may touch or free them until
  /// `finish` of the result has returned.
  func startSum(_ values: UnsafeMutableBufferPointer<Float>) -> PendingSum

  /// The bytes that the process `root` passes.
  func broadcast(_ bytes: Data, from root: Int) -> Data

  /// Sends bytes to another process, which receives the messages of one sender in their order.
  func send(_ bytes: Data, to rank: Int)

  /// The next message from any process; nil if there is none and `waits` is false.
  func receive(waits: Bool) -> Message?
}

/// What one process sends to another.
package struct Message: Sendable {
  package let sender: Int
  package let bytes: Data

  package init(sender: Int, bytes: Data) {
    self.sender = sender
    self.bytes = bytes
  }
}

/// A sum over processes that is made while they go on computing.
package struct PendingSum {
  /// Returns once the values are the sums.
  package let finish: () -> Void

  package init(finish: @escaping () -> Void) { self.finish = finish }
}

extension ProcessGroup {
  /// Whether this is the only process.
  package var isSole: Bool { count == 1 }

  /// Whether this is the process that reads and writes the job's files.
  package var isFirst: Bool { rank == 0 }

  /// The sums of values over all processes.
  package func sum(_ values: [Double]) -> [Double] {
    guard !isSole else { return values }
    var sums = values
    sums.withUnsafeMutableBufferPointer { sum($0) }
    return sums
  }

  /// The maxima of values, none of them NaN, over all processes.
  package func max(_ values: [Double]) -> [Double] {
    guard !isSole else { return values }
    var maxima = values
    maxima.withUnsafeMutableBufferPointer { max($0) }
    return maxima
  }

  /// Returns once every process has called it.
  package func wait() { _ = sum([0]) }

  /// The values of all processes, in the order of ranks.
  package func gather(_ values: [Float]) -> [Float] {
    guard !isSole else { return values }
    return (0..<count).flatMap {
      [Float](bytes: broadcast(rank == $0 ? values.bytes : Data(), from: $0))
    }
  }

  /// This process's part of `0..<total`.
  ///
  /// Parts are consecutive, in the order of ranks. They consist of whole groups of `groupSize`
  /// indices, of which the last may be smaller, and their numbers of groups differ by at most one.
  package func slice(of total: Int, inGroupsOf groupSize: Int = 1) -> Range<Int> {
    let groupCount = (total + groupSize - 1) / groupSize
    func start(_ rank: Int) -> Int { min(rank * groupCount / count * groupSize, total) }
    return start(rank)..<start(rank + 1)
  }
}

extension [Float] {
  /// The values in the machine's byte order.
  package var bytes: Data { withUnsafeBytes { Data($0) } }

  /// The values whose `bytes` these are.
  package init(bytes: Data) {
    self.init(unsafeUninitializedCapacity: bytes.count / MemoryLayout<Float>.size) {
      $1 = bytes.copyBytes(to: $0) / MemoryLayout<Float>.size
    }
  }
}

/// A job of one process.
package final class SoleProcess: ProcessGroup {
  package init() {}
  package var rank: Int { 0 }
  package var count: Int { 1 }
  package func sum(_ values: UnsafeMutableBufferPointer<Double>) {}
  package func max(_ values: UnsafeMutableBufferPointer<Double>) {}
  package func startSum(_ values: UnsafeMutableBufferPointer<Float>) -> PendingSum {
    PendingSum {}
  }
  package func broadcast(_ bytes: Data, from root: Int) -> Data { bytes }
  package func send(_ bytes: Data, to rank: Int) {}
  package func receive(waits: Bool) -> Message? { nil }
}
