import Foundation
import Subprocess

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
  ///   - tick: Called ten times a second while the program runs, on another thread than `output`.
  /// - Returns: How the program ended; any exit code is a result, not an error.
  /// - Throws: `FileError` if the file is no program, or `folder` is none; `ChildStartError` if the
  ///   system refuses to start it; what `output` and `tick` throw, after the program has been killed.
  @discardableResult
  package func run(
    _ arguments: [String], in folder: URL? = nil,
    environment: [String: String?] = plainEnvironment, input: Input = .none,
    output: (UnsafeRawBufferPointer) throws -> Void = { _ in },
    tick: @escaping @Sendable () throws -> Void = {}
  ) async throws -> Result {
    try SystemRoom.check(for: url.lastPathComponent.oneLine)
    let start = Configuration(
      executable: .path(.init(url.path)), arguments: .init(arguments),
      environment: .inherit.updating(
        Dictionary(uniqueKeysWithValues: environment.map { (.init(stringLiteral: $0), $1) })),
      workingDirectory: folder.map { .init($0.path) })
    do {
      switch input {
      case .none: return try await Self.run(start, .none, output, tick)
      case .file(let file): return try await Self.run(start, .open(file), output, tick)
      case .bytes(let bytes):
        let file = try UnnamedFile(bytes)
        return try await Self.run(start, .open(file.descriptor), output, tick)
      }
    } catch let error as SubprocessError {
      let isFolder = error.code == .failedToChangeWorkingDirectory
      let code = error.underlyingError?.rawValue ?? EIO
      if [EAGAIN, ENOMEM, EMFILE, ENFILE].contains(code) {
        throw ChildStartError.refused(program: url.lastPathComponent.oneLine, code)
      }
      throw FileError.unreadable(isFolder ? folder ?? url : url, code)
    }
  }

  private static func run(
    _ start: Configuration, _ input: some InputProtocol,
    _ output: (UnsafeRawBufferPointer) throws -> Void, _ tick: @escaping @Sendable () throws -> Void
  ) async throws -> Result {
    let end = try await Subprocess.run(
      start, input: input, output: .sequence, error: .sequence
    ) { child in
      try await withThrowingTaskGroup(of: [UInt8].self) { group in
        group.addTask { try await lastBytes(of: child.standardError) }
        group.addTask {
          do {
            while !Task.isCancelled {
              try tick()
              try? await Task.sleep(for: .milliseconds(100))
            }
          } catch {
            // Its output ends, which the loop below waits for. SIGKILL: it has nothing to save, and
            // it may have inherited that other signals are blocked.
            try? child.send(signal: .kill)
            throw error
          }
          return []
        }
        for try await bytes in child.standardOutput { try bytes.withUnsafeBytes(output) }
        var messages: [UInt8] = []
        while let bytes = try await group.next() {
          messages += bytes
          group.cancelAll()
        }
        return messages
      }
    }
    var status: Int32 = -1
    if case .exited(let code) = end.terminationStatus { status = code }
    return Result(status: status, messages: String(decoding: end.closureResult, as: UTF8.self))
  }

  private static func lastBytes(of stream: SubprocessOutputSequence) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await piece in stream {
      bytes = (bytes + piece.withUnsafeBytes { Array($0) }).suffix(4096)
    }
    return bytes
  }
}

extension InputProtocol where Self == FileDescriptorInput {
  /// The open file with this descriptor, which stays open.
  fileprivate static func open(_ file: Int32) -> Self {
    .fileDescriptor(.init(rawValue: file), closeAfterSpawningProcess: false)
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
