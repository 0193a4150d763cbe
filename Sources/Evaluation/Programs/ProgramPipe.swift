import Foundation
import Synchronization

/// A pipe between this process and a program; this process's end of it does not block.
final class ProgramPipe: Sendable {
  let reader: Int32
  let writer: Int32
  private let open = Mutex((reader: true, writer: true))

  enum End {
    case reader, writer
  }

  /// - Parameter own: The end that this process keeps.
  /// - Throws: `ProgramStartError` where no more files can be opened.
  init(own: End) throws(ProgramStartError) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw ProgramStartError(code: errno) }
    (reader, writer) = (ends[0], ends[1])
    for file in ends { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(own == .reader ? reader : writer, F_SETFL, O_NONBLOCK)
  }

  deinit {
    closeReader()
    closeWriter()
  }

  func closeReader() {
    open.withLock { open in
      if open.reader { close(reader) }
      open.reader = false
    }
  }

  func closeWriter() {
    open.withLock { open in
      if open.writer { close(writer) }
      open.writer = false
    }
  }

  /// What a call of `read` or `write` found.
  enum Outcome {
    /// So many bytes went through.
    case bytes(Int)
    /// Nothing went through in the time given.
    case nothing
    /// The other end is closed.
    case closed
  }

  /// Reads what has come, waiting for it at most so many milliseconds.
  func read(into buffer: UnsafeMutableRawBufferPointer, milliseconds: Int32) -> Outcome {
    outcome(waiting: milliseconds, on: reader, for: POLLIN) {
      Foundation.read(reader, buffer.baseAddress, buffer.count)
    }
  }

  /// Writes what there is room for, waiting for it at most so many milliseconds.
  ///
  /// The calling thread has blocked SIGPIPE.
  func write(_ bytes: UnsafeRawBufferPointer, milliseconds: Int32) -> Outcome {
    outcome(waiting: milliseconds, on: writer, for: POLLOUT) {
      Foundation.write(writer, bytes.baseAddress, bytes.count)
    }
  }

  /// Waits at most so many milliseconds until there is room for bytes, or nobody reads them.
  func waitForRoom(milliseconds: Int32) -> Bool {
    var poll = pollfd(fd: writer, events: Int16(POLLOUT), revents: 0)
    return Foundation.poll(&poll, 1, milliseconds) > 0
  }

  /// The bytes that were written and are not read yet.
  var unreadCount: Int {
    var count: Int32 = 0
    return ioctl(writer, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
  }

  private func outcome(
    waiting milliseconds: Int32, on file: Int32, for event: Int32, _ call: () -> Int
  ) -> Outcome {
    var poll = pollfd(fd: file, events: Int16(event), revents: 0)
    guard Foundation.poll(&poll, 1, milliseconds) > 0 else { return .nothing }
    let count = call()
    if count > 0 { return .bytes(count) }
    if count < 0, errno == EAGAIN || errno == EINTR { return .nothing }
    return .closed
  }
}
