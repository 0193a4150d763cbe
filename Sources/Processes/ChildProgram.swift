import Formats
import Foundation

/// A program of the system that this process starts and whose output it reads while it runs.
///
/// The program does not outlive the call that starts it: it is killed when one of the call's
/// closures throws and when the task is canceled, and it never remains as a zombie. If this process
/// is killed, a program that keeps writing to standard output ends at its next write, because
/// nobody reads the pipe.
package struct ChildProgram: Sendable {
  /// The program's file.
  package let url: URL

  /// What the program reads as standard input.
  package enum Input: Sendable {
    /// Nothing.
    case none
    /// The open file with this descriptor, which stays open: both processes share its offset.
    case file(Int32)
    case bytes([UInt8])
  }

  /// How the program ended.
  package struct Result: Sendable {
    /// The exit code, or -1 if a signal ended the program.
    package let status: Int32
    /// The last 4096 bytes that the program wrote to standard error.
    package let messages: String
  }

  /// How many programs may run at a time beside what is open now, at least 1.
  package static var concurrentCount: Int { SystemRoom.programCount }

  /// Messages and listings that do not depend on the user's language and time zone.
  package static let plainEnvironment: [String: String?] = ["LC_ALL": "C", "TZ": "UTC"]

  /// Finds the program, but does not start it.
  ///
  /// - Parameters:
  ///   - name: The program's name, looked for in `PATH`, or its path, which has a slash.
  ///   - debianPackage: The Debian package that has the program, for the message.
  /// - Throws: `ChildProgramError`.
  package init(_ name: String, debianPackage: String) throws {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let candidates =
      name.contains("/")
      ? [URL(fileURLWithPath: name)]
      : path.split(separator: ":").map {
        URL(fileURLWithPath: String($0)).appendingPathComponent(name)
      }
    guard
      let found = candidates.first(where: {
        FileManager.default.isExecutableFile(atPath: $0.path)
      })
    else { throw ChildProgramError(program: name, debianPackage: debianPackage) }
    url = found
  }

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - arguments: The arguments after the program's name.
  ///   - folder: The program's working folder; that of this process by default.
  ///   - environment: What differs from this process's environment; nil removes a variable.
  ///   - input: The program's standard input.
  ///   - output: Takes each piece of what the program writes to standard output; the program waits
  ///     when `output` is slow.
  ///   - tick: Called ten times a second while the program runs, between calls of `output`.
  /// - Returns: How the program ended; any exit code is a result, not an error.
  /// - Throws: `FileError` if the file is no program, or `folder` is none; `ChildStartError` if the
  ///   system refuses to start it; what `output` and `tick` throw, after the program has been killed.
  @discardableResult
  package func run(
    _ arguments: [String], in folder: URL? = nil,
    environment: [String: String?] = plainEnvironment, input: Input = .none,
    output: (UnsafeRawBufferPointer) throws -> Void = { _ in },
    tick: () throws -> Void = {}
  ) async throws -> Result {
    try SystemRoom.check(for: url.lastPathComponent.oneLine)
    if let folder, access(folder.path, X_OK) != 0 { throw FileError.unreadable(folder, errno) }
    var all = ProcessInfo.processInfo.environment
    for (name, value) in environment { all[name] = value }
    do {
      let start = ProgramStart(
        path: url.path, words: [url.path] + arguments, environment: all, folder: folder)
      return try await ProgramRun(start, input: input).finish(output, tick)
    } catch let error as ProgramStartError {
      if [EAGAIN, ENOMEM, EMFILE, ENFILE].contains(error.code) {
        throw ChildStartError.refused(program: url.lastPathComponent.oneLine, error.code)
      }
      throw FileError.unreadable(url, error.code)
    }
  }
}

/// A program that the system does not have.
package struct ChildProgramError: Error, CustomStringConvertible, Equatable {
  package let program: String
  package let debianPackage: String

  package init(program: String, debianPackage: String) {
    self.program = program
    self.debianPackage = debianPackage
  }

  package var description: String {
    "\(program.withoutControlCharacters): no such program"
      + (program.contains("/") ? "" : " in PATH") + "; Debian's package \(debianPackage) has it"
  }
}
