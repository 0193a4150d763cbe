import Foundation

/// The built command, run as a user runs it.
struct MixmoProcess {
  let status: Int32
  let output: String
  let errors: String

  /// The executable beside this test bundle.
  static var executable: URL {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "mixmo")
  }

  /// Runs to the end.
  init(_ arguments: String...) throws {
    try self.init(arguments)
  }

  init(
    _ arguments: [String], environment: [String: String] = [:], folder: URL? = nil,
    fileSizeLimit: Int? = nil, limit: String? = nil
  ) throws {
    let process = Self.process(
      arguments, environment: environment, folder: folder, fileSizeLimit: fileSizeLimit,
      limit: limit)
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    // Far less than a pipe holds is written to either, so one after the other cannot block.
    self.output = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    self.errors = String(
      decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationStatus
  }

  /// A process that has not begun, in the current folder or another one; on a disk that is full, as
  /// it were, where every file ends after `fileSizeLimit` blocks of 512 bytes; or after a command of
  /// the shell that limits it, such as `ulimit -n 12`.
  static func process(
    _ arguments: [String], environment: [String: String] = [:], folder: URL? = nil,
    fileSizeLimit: Int? = nil, limit: String? = nil
  ) -> Process {
    let process = Process()
    if let folder { process.currentDirectoryURL = folder }
    if let limit = limit ?? fileSizeLimit.map({ #"trap "" XFSZ; ulimit -f \#($0)"# }) {
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = ["-c", limit + #"; exec "$0" "$@""#, executable.path] + arguments
    } else {
      process.executableURL = executable
      process.arguments = arguments
    }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    return process
  }
}

/// The built command at work: what it says, results and messages in one, is read as it comes.
final class RunningMixmo {
  private let process: Process
  private let pipe = Pipe()
  private var unread = Data()
  /// The lines read so far.
  private(set) var lines: [String] = []

  init(_ arguments: [String], byNohup: Bool = false) throws {
    process = MixmoProcess.process(arguments)
    if byNohup {
      process.executableURL = URL(filePath: "/usr/bin/nohup")
      process.arguments = [MixmoProcess.executable.path] + arguments
    }
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// Waits for the next line; nil at the end of all.
  @discardableResult
  func nextLine() -> String? {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        lines.append(String(decoding: unread[..<end], as: UTF8.self))
        unread = Data(unread[(end + 1)...])
        return lines.last
      }
      let more = pipe.fileHandleForReading.availableData
      guard !more.isEmpty else { return nil }
      unread += more
    }
  }

  /// Waits until so many more epochs are trained; for a training with `--json`.
  func waitForEpochs(_ count: Int) {
    for _ in 0..<count {
      while let line = nextLine(), !line.hasPrefix(#"{"epoch""#) {}
    }
  }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for the end; the exit status, nil where a signal ended the process.
  func end() -> Int32? {
    while nextLine() != nil {}
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : nil
  }
}
