import Formats
import Foundation

/// One run of a child program, from its start to its end.
struct ProgramRun {
  private let process: pid_t
  private let output: ProgramPipe
  private let messages: ProgramPipe

  /// Bytes of standard error that are kept.
  private static let messageByteCount = 4096

  /// Starts the program.
  ///
  /// - Throws: `ProgramStartError`; `FileError` where its input cannot be kept.
  init(_ start: ProgramStart, input: ChildProgram.Input) throws {
    output = try ProgramPipe(own: .reader)
    messages = try ProgramPipe(own: .reader)
    let others = [output.writer, messages.writer]
    switch input {
    case .file(let file): process = try start.run(streams: [file] + others)
    case .bytes(let bytes):
      let file = try UnnamedFile(bytes)
      process = try start.run(streams: [file.descriptor] + others)
    case .none:
      let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { throw ProgramStartError(code: errno) }
      defer { close(file) }
      process = try start.run(streams: [file] + others)
    }
    output.closeWriter()
    messages.closeWriter()
  }

  /// Reads until the program has ended and nobody writes any more.
  ///
  /// - Throws: What the closures throw, and `CancellationError`, after the program has been killed;
  ///   `ProgramStartError` where the system does not tell how it ended.
  func finish(
    _ take: (UnsafeRawBufferPointer) throws -> Void, _ tick: () throws -> Void
  ) async throws -> ChildProgram.Result {
    var clock = Ticks()
    var tail: [UInt8] = []
    do {
      try await clock.call(tick, until: { try read(take, &tail) })
      var status: Int32 = 0
      try await clock.call(
        tick,
        until: {
          let found = waitpid(process, &status, WNOHANG)
          guard found >= 0 || errno == EINTR else { throw ProgramStartError(code: errno) }
          return found == process ? .done : .idle
        })
      return ChildProgram.Result(
        status: status & 0x7F == 0 ? status >> 8 & 0xFF : -1,
        messages: String(decoding: tail, as: UTF8.self))
    } catch {
      // SIGKILL: the program has nothing to save.
      kill(process, SIGKILL)
      var status: Int32 = 0
      while waitpid(process, &status, 0) < 0, errno == EINTR {}
      throw error
    }
  }

  /// Reads what has come in both pipes.
  private func read(
    _ take: (UnsafeRawBufferPointer) throws -> Void, _ tail: inout [UInt8]
  ) throws -> Ticks.Step {
    try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
      var step = Ticks.Step.done
      switch output.read(into: buffer, milliseconds: 0) {
      case .bytes(let count):
        try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        step = .busy
      case .nothing: step = .idle
      case .closed: break
      }
      switch messages.read(into: buffer, milliseconds: 0) {
      case .bytes(let count):
        tail = (tail + buffer[..<count]).suffix(Self.messageByteCount)
        return .busy
      case .nothing: return step == .done ? .idle : step
      case .closed: return step
      }
    }
  }
}

/// Repeats a step until it is done, and calls a closure ten times a second meanwhile.
private struct Ticks {
  /// What a step found: more may follow at once, nothing has come yet, or it was the last.
  enum Step { case busy, idle, done }

  private var next = ContinuousClock.now

  /// - Throws: What the closures throw; `CancellationError`.
  mutating func call(
    _ tick: () throws -> Void, until step: () throws -> Step
  ) async throws {
    // Milliseconds: short at first, so that short programs are not kept waiting.
    var pause = 1
    while true {
      if ContinuousClock.now >= next {
        try tick()
        next = .now + .milliseconds(100)
      }
      switch try step() {
      case .done: return
      case .busy:
        pause = 1
        try Task.checkCancellation()
      case .idle:
        try await Task.sleep(for: .milliseconds(pause))
        pause = min(2 * pause, 16)
      }
    }
  }
}

/// A temporary file that holds the input of a program.
///
/// Not a pipe: writing to one whose reader has exited ends this process with SIGPIPE.
private final class UnnamedFile {
  private let file: UnsafeMutablePointer<FILE>

  init(_ bytes: [UInt8]) throws {
    guard let file = tmpfile() else {
      throw FileError.unwritable(FileManager.default.temporaryDirectory, errno)
    }
    self.file = file
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count, fseek(file, 0, SEEK_SET) == 0 else {
      throw FileError.unwritable(FileManager.default.temporaryDirectory, errno)
    }
  }

  deinit { fclose(file) }

  var descriptor: Int32 { fileno(file) }
}
