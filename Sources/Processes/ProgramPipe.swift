import CSpawn
import Foundation
import Synchronization

/// A pipe between this process and a program; this process's end of it does not block.
///
/// Bytes are read and written under the lock that closing takes: the number of a closed file may already
/// be that of another one.
package final class ProgramPipe: Sendable {
  package let reader: Int32
  package let writer: Int32
  private let open = Mutex((reader: true, writer: true))

  package enum End {
    case reader, writer
  }

  /// - Parameter own: The end that this process keeps.
  /// - Throws: `ProgramStartError` where no more files can be opened.
  package init(own: End) throws(ProgramStartError) {
    var ends: [Int32] = [0, 0]
    // In one step: a program that another thread starts in between would hold the ends open.
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw ProgramStartError(code: errno) }
    (reader, writer) = (ends[0], ends[1])
    _ = fcntl(own == .reader ? reader : writer, F_SETFL, O_NONBLOCK)
  }

  deinit {
    closeReader()
    closeWriter()
  }

  package func closeReader() {
    open.withLock { open in
      if open.reader { close(reader) }
      open.reader = false
    }
  }

  package func closeWriter() {
    open.withLock { open in
      if open.writer { close(writer) }
      open.writer = false
    }
  }

  /// What a call of `read` or `write` found.
  package enum Outcome {
    /// So many bytes went through.
    case bytes(Int)
    /// Nothing went through in the time given.
    case nothing
    /// The other end is closed.
    case closed
  }

  /// Reads what has come, waiting for it at most so many milliseconds.
  package func read(into buffer: UnsafeMutableRawBufferPointer, milliseconds: Int32) -> Outcome {
    wait(for: POLLIN, on: reader, milliseconds: milliseconds)
    return open.withLock { open in
      guard open.reader else { return .closed }
      return Self.outcome { Foundation.read(reader, buffer.baseAddress, buffer.count) }
    }
  }

  /// Writes what there is room for.
  ///
  /// The calling thread has blocked SIGPIPE.
  package func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    open.withLock { open in
      guard open.writer else { return .closed }
      return Self.outcome { Foundation.write(writer, bytes.baseAddress, bytes.count) }
    }
  }

  /// Waits at most so many milliseconds until there is room for bytes, or nobody reads them.
  package func waitForRoom(milliseconds: Int32) -> Bool {
    wait(for: POLLOUT, on: writer, milliseconds: milliseconds)
  }

  /// The bytes that were written and are not read yet.
  package var unreadCount: Int {
    open.withLock { open in
      var count: Int32 = 0
      guard open.writer, ioctl(writer, UInt(FIONREAD), &count) == 0 else { return 0 }
      return Int(count)
    }
  }

  @discardableResult
  private func wait(for event: Int32, on file: Int32, milliseconds: Int32) -> Bool {
    var poll = pollfd(fd: file, events: Int16(event), revents: 0)
    return Foundation.poll(&poll, 1, milliseconds) > 0
  }

  /// What a call that does not block found.
  private static func outcome(_ call: () -> Int) -> Outcome {
    let count = call()
    if count > 0 { return .bytes(count) }
    if count < 0, errno == EAGAIN || errno == EINTR { return .nothing }
    return .closed
  }
}
