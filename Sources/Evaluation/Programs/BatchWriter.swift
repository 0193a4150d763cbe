// B images of a batch, H height, W width.

import Datasets
import Formats
import Foundation
import Processes
import Synchronization
import Tensors

/// A batch that a program was given, or is being given.
struct WrittenBatch: Sendable {
  let images: ImageBatch
  /// How many bytes the program has been given after its last one.
  let end: Int
}

/// Writes batches to a program on a thread of its own, as uint8 arrays `[B, H, W, 3]`.
final class BatchWriter: Sendable {
  /// What the program has to answer now.
  enum State {
    case batch(WrittenBatch)
    /// Nothing, as the next batch is being made.
    case making
    /// Nothing any more.
    case complete
  }

  private struct Flow {
    /// The batches that were begun and not answered, the oldest first.
    var unanswered: ArraySlice<WrittenBatch> = []
    /// The bytes of all batches that were begun, and those that were written.
    var begunCount = 0
    var writtenCount = 0
    var failure: (any Error)?
    var isComplete = false
    var isStopped = false
    /// When a batch was begun or bytes were written last.
    var lastTime = ContinuousClock.now

    /// Whether the program may be given another batch.
    var hasRoom: Bool { unanswered.count <= BatchWriter.batchesAhead }
    /// Whether the next batch is being made, and nothing is to be answered.
    var isMaking: Bool { unanswered.isEmpty && !isComplete && failure == nil }
  }

  /// Batches on their way beside the one that the program is at.
  private static let batchesAhead = 2
  /// So few bytes at a time that the pipe tells what the program has read.
  private static let pieceSize = 1 << 16

  private let pipe: ProgramPipe
  private let flow = Mutex(Flow())
  private let change = NSCondition()

  /// Starts to write.
  ///
  /// - Parameters:
  ///   - pipe: Closed after the last batch.
  ///   - workers: The threads that make images.
  ///   - next: The next batch, nil after the last.
  init(
    to pipe: ProgramPipe, makingWith workers: Workers,
    _ next: @escaping @Sendable () throws -> ImageBatch?
  ) {
    self.pipe = pipe
    let isStarted = SystemThread.start { [self] in
      do {
        try write(
          ElementsAhead { try next().map { ($0, try Self.message($0, workers)) } })
      } catch {
        update { $0.failure = error }
      }
    }
    if !isStarted {
      update {
        $0.failure = ChildStartError.noThreads(program: "the program of --model", expected: 1)
      }
    }
  }

  /// The array of a batch, as the program reads it.
  private static func message(_ batch: ImageBatch, _ workers: Workers) throws -> [UInt8] {
    let side = batch.images.imageSide
    let header = try NumPyArray.header(
      of: .uint8, shape: [batch.range.count, side, side, 3], file: "batch")
    return header + (try batch.images.pixels(of: batch.range, workers: workers))
  }

  // MARK: The thread

  private func write(_ batches: ElementsAhead<(ImageBatch, [UInt8])>) throws {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    // A program that has ended is found by the reader of its answers.
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    while let (batch, bytes) = try batches.next() {
      guard begin(batch, byteCount: bytes.count), write(bytes) else { return }
    }
    pipe.closeWriter()
    update { $0.isComplete = true }
  }

  /// Waits until the program may be given another batch; false where there is nothing to write any more.
  private func begin(_ batch: ImageBatch, byteCount: Int) -> Bool {
    while true {
      let isBegun: Bool? = flow.withLock { flow in
        if flow.isStopped { return nil }
        guard flow.hasRoom else { return false }
        flow.begunCount += byteCount
        flow.unanswered.append(WrittenBatch(images: batch, end: flow.begunCount))
        flow.lastTime = .now
        return true
      }
      guard let isBegun else { return false }
      if isBegun {
        change.withLock { change.broadcast() }
        return true
      }
      wait { $0.hasRoom || $0.isStopped }
    }
  }

  /// Writes all bytes; false where the program reads no more, or nobody waits for its answers.
  private func write(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var next = 0
      while next < bytes.count {
        if flow.withLock({ $0.isStopped }) { return false }
        guard pipe.waitForRoom(milliseconds: 100) else { continue }
        let piece = UnsafeRawBufferPointer(
          rebasing: bytes[next..<min(next + Self.pieceSize, bytes.count)])
        // What is written and what the pipe holds are compared under the same lock.
        let outcome = flow.withLock { flow in
          let outcome = pipe.write(piece)
          if case .bytes(let count) = outcome {
            flow.writtenCount += count
            flow.lastTime = .now
          }
          return outcome
        }
        switch outcome {
        case .bytes(let count): next += count
        case .nothing: continue
        case .closed: return false
        }
      }
      return true
    }
  }

  private func update(_ body: (inout Flow) -> Void) {
    flow.withLock { body(&$0) }
    change.withLock { change.broadcast() }
  }

  // MARK: The reader of answers

  /// What the program has to answer now.
  ///
  /// - Throws: what making a batch threw.
  func state() throws -> State {
    try flow.withLock { flow in
      if let failure = flow.failure { throw failure }
      if let batch = flow.unanswered.first { return .batch(batch) }
      return flow.isComplete ? .complete : .making
    }
  }

  /// When a batch was begun or bytes were written last.
  var lastTime: ContinuousClock.Instant { flow.withLock { $0.lastTime } }

  /// Whether the program has read all of a batch.
  func isRead(_ batch: WrittenBatch) -> Bool {
    flow.withLock { $0.writtenCount - pipe.unreadCount >= batch.end }
  }

  /// The oldest batch is answered.
  func didAnswer() { update { $0.unanswered.removeFirst() } }

  /// Writes no more.
  func stop() { update { $0.isStopped = true } }

  /// Waits a tenth of a second at most while the next batch is being made.
  func waitForBatch() { wait { !$0.isMaking } }

  /// Waits a tenth of a second at most, or until the flow is so.
  ///
  /// Whoever changes the flow broadcasts under the lock that is held from looking to waiting.
  private func wait(until isSo: (Flow) -> Bool) {
    let limit = Date(timeIntervalSinceNow: 0.1)
    change.withLock {
      while !flow.withLock({ isSo($0) }), change.wait(until: limit) {}
    }
  }
}
