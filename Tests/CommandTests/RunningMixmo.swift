import Foundation

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
