import Foundation
import Processes
import Synchronization
import Tensors

/// What a program says on standard error: passed on to that of this process, and the end of it kept.
final class ProgramMessages: Sendable {
  private let pipe: ProgramPipe
  private let state = Mutex((tail: [UInt8](), isDone: false))
  private let isStopped = Atomic(false)

  /// The bytes and the lines that are kept.
  private static let (byteCount, lineCount) = (1 << 14, 10)

  init(_ pipe: ProgramPipe) {
    self.pipe = pipe
    // Without a thread the pipe is closed, which most programs survive.
    if !SystemThread.start({ self.relay() }) { finish() }
  }

  private func relay() {
    defer { finish() }
    withUnsafeTemporaryAllocation(byteCount: Self.byteCount, alignment: 16) { buffer in
      while !isStopped.load(ordering: .relaxed) {
        switch pipe.read(into: buffer, milliseconds: 100) {
        case .nothing: continue
        case .closed: return
        case .bytes(let count):
          let bytes = Array(buffer[..<count])
          try? FileHandle.standardError.write(contentsOf: bytes)
          state.withLock { $0.tail = ($0.tail + bytes).suffix(Self.byteCount) }
        }
      }
    }
  }

  private func finish() {
    pipe.closeReader()
    state.withLock { $0.isDone = true }
  }

  /// The last ten lines, after the program has ended: waits a moment for what is on its way.
  func lastLines() -> [String] {
    for _ in 0..<100 where !state.withLock({ $0.isDone }) { usleep(5000) }
    let lines = String(decoding: state.withLock { $0.tail }, as: UTF8.self)
      .split(whereSeparator: \.isNewline).suffix(Self.lineCount)
    return lines.map { $0.trimmingCharacters(in: .newlines) }
  }

  /// Passes nothing on any more, though the program may have left children that still speak.
  func stop() { isStopped.store(true, ordering: .relaxed) }
}
