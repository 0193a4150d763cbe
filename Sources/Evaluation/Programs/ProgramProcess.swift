import Foundation
import Processes
import Synchronization
import Tensors

/// Somebody's program at work: a command of the shell, in a process group of its own.
///
/// It does not outlive this process: a shell waits for the end of this one, however it ends, and then
/// ends the group.
final class ProgramProcess: @unchecked Sendable {
  /// Where the program reads batches; closed at the end of input.
  let input: ProgramPipe
  /// Where it answers.
  let output: ProgramPipe
  /// What it says on standard error.
  let messages: ProgramMessages

  private let group: pid_t
  private let guardian: Guardian?
  private let end = Mutex<ProgramEnd?>(nil)

  /// Seconds between asking the program to end and killing it.
  private static let grace = 5.0

  /// Starts the command.
  ///
  /// - Parameters:
  ///   - command: A line for `sh -c`.
  ///   - environment: What is added to this process's environment.
  /// - Throws: `ProgramStartError`.
  init(_ command: String, environment: [String: String]) throws(ProgramStartError) {
    input = try ProgramPipe(own: .writer)
    output = try ProgramPipe(own: .reader)
    let errors = try ProgramPipe(own: .reader)
    group = try Self.spawn(
      ["sh", "-c", command], environment,
      streams: [input.reader, output.writer, errors.writer])
    input.closeReader()
    output.closeWriter()
    errors.closeWriter()
    messages = ProgramMessages(errors)
    guardian = Guardian(of: group, grace: Self.grace)
  }

  deinit { stop() }

  /// Starts a shell with three open files as its standard streams, in a group of its own.
  fileprivate static func spawn(
    _ arguments: [String], _ environment: [String: String], streams: [Int32]
  ) throws(ProgramStartError) -> pid_t {
    try ProgramStart(
      path: "/bin/sh", words: arguments,
      environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
      leadsGroup: true
    ).run(streams: streams)
  }

  /// How the program has ended; nil while it runs.
  ///
  /// Its children are ended with it.
  func ended() -> ProgramEnd? {
    end.withLock { end in
      if let end { return end }
      var info = siginfo_t()
      // The number of the group stays taken until the program is waited for.
      guard waitid(P_PID, id_t(group), &info, WEXITED | WNOHANG | WNOWAIT) == 0,
        info.si_signo == SIGCHLD
      else { return nil }
      kill(-group, SIGKILL)
      var status: Int32 = 0
      waitpid(group, &status, 0)
      let signal = status & 0x7F
      end = signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal)
      guardian?.dismiss()
      return end
    }
  }

  /// Waits at most so many seconds for the end; nil where the program still runs.
  func waitForEnd(seconds: Double) -> ProgramEnd? {
    let limit = Date(timeIntervalSinceNow: seconds)
    while true {
      if let end = ended() { return end }
      if Date() > limit { return nil }
      usleep(2000)
    }
  }

  /// Ends the program and its children, and returns once the program is gone and the children are killed.
  func stop() {
    input.closeWriter()
    if ended() == nil {
      kill(-group, SIGTERM)
      if waitForEnd(seconds: Self.grace) == nil {
        kill(-group, SIGKILL)
        _ = waitForEnd(seconds: Self.grace)
      }
    }
    messages.stop()
    output.closeReader()
  }
}

/// A shell that ends a group of processes when this process ends, however that happens.
private final class Guardian: Sendable {
  private let process: pid_t
  private let pipe: ProgramPipe

  /// Nil where the system starts no more processes.
  init?(of group: pid_t, grace: Double) {
    // The pipe closes with this process; a line says that there is nothing to do.
    let script =
      "read line || { kill -s TERM -- -\(group); sleep \(Int(grace)); kill -s KILL -- -\(group); } 2>&-"
    guard let pipe = try? ProgramPipe(own: .writer) else { return nil }
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    guard
      let process = try? ProgramProcess.spawn(
        ["sh", "-c", script], [:], streams: [pipe.reader, null, null])
    else { return nil }
    pipe.closeReader()
    self.pipe = pipe
    self.process = process
  }

  /// Ends the shell.
  func dismiss() {
    kill(process, SIGKILL)
    var status: Int32 = 0
    waitpid(process, &status, 0)
    pipe.closeWriter()
  }
}
