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
    fileSizeLimit: Int? = nil
  ) throws {
    let process = Self.process(
      arguments, environment: environment, folder: folder, fileSizeLimit: fileSizeLimit)
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
  /// it were, where every file ends after `fileSizeLimit` blocks of 512 bytes.
  static func process(
    _ arguments: [String], environment: [String: String] = [:], folder: URL? = nil,
    fileSizeLimit: Int? = nil
  ) -> Process {
    let process = Process()
    if let folder { process.currentDirectoryURL = folder }
    if let fileSizeLimit {
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments =
        ["-c", #"trap "" XFSZ; ulimit -f "$0"; exec "$@""#, "\(fileSizeLimit)", executable.path]
        + arguments
    } else {
      process.executableURL = executable
      process.arguments = arguments
    }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    return process
  }
}
