import Formats
import Foundation

/// Another program, whose output is taken in while it runs.
///
/// One that writes to standard output as it goes ends soon after this process does, even when we are
/// killed: what it writes to our pipe fails.
struct ChildProgram {
  private let executable: URL

  struct Result {
    let status: Int32
    /// The end of what it wrote to standard error.
    let messages: String
  }

  /// Looks for the program in `PATH`.
  ///
  /// - Throws: `DownloadError.programMissing`.
  init(_ name: String, debianPackage: String) throws {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let places = path.split(separator: ":").map {
      URL(fileURLWithPath: String($0)).appendingPathComponent(name)
    }
    guard let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) })
    else { throw DownloadError.programMissing(name, package: debianPackage) }
    executable = found
  }

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - arguments: What follows its name.
  ///   - input: The file that it reads as standard input, from where it stands; none by default.
  ///   - output: Takes in what it writes to standard output.
  ///   - tick: Called again and again, several times a second.
  /// - Returns: How it ended.
  /// - Throws: what `output` and `tick` throw, after ending the program.
  func run(
    _ arguments: [String], input: Int32? = nil, output: (UnsafeRawBufferPointer) throws -> Void,
    tick: () throws -> Void
  ) throws -> Result {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    // Messages and listings that do not depend on the user's language.
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["LC_ALL": "C", "TZ": "UTC"]) { $1 }
    process.standardInput =
      input.map { FileHandle(fileDescriptor: $0, closeOnDealloc: false) }
      ?? FileHandle.nullDevice
    let (results, errors) = (Pipe(), Pipe())
    process.standardOutput = results
    process.standardError = errors
    do {
      try process.run()
    } catch {
      throw FileError.unreadable(executable, Self.code(of: error))
    }
    do {
      let messages = try Self.drain(results, errors, output: output, tick: tick)
      process.waitUntilExit()
      let isExit = process.terminationReason == .exit
      return Result(status: isExit ? process.terminationStatus : -1, messages: messages)
    } catch {
      // It has nothing to save, and it may have inherited that milder signals are blocked.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      throw error
    }
  }

  /// The system's error number in one of Foundation's errors.
  private static func code(of error: any Error) -> Int32 {
    let error = error as NSError
    let system = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
    return system.domain == NSPOSIXErrorDomain ? Int32(truncatingIfNeeded: system.code) : EIO
  }

  private static let maximumMessageLength = 4096

  /// Takes in both pipes until the program has closed them; returns what came from `errors`.
  private static func drain(
    _ results: Pipe, _ errors: Pipe, output: (UnsafeRawBufferPointer) throws -> Void,
    tick: () throws -> Void
  ) throws -> String {
    let resultFile = results.fileHandleForReading.fileDescriptor
    var files = [resultFile, errors.fileHandleForReading.fileDescriptor].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var messages: [UInt8] = []
    while !files.isEmpty {
      try tick()
      guard poll(&files, nfds_t(files.count), 100) > 0 else { continue }
      for file in files where file.revents != 0 {
        let count = buffer.withUnsafeMutableBytes { read(file.fd, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        if count <= 0 {
          files.removeAll { $0.fd == file.fd }
        } else if file.fd == resultFile {
          try buffer.withUnsafeBytes { try output(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        } else {
          messages = (messages + buffer[..<count]).suffix(maximumMessageLength)
        }
      }
    }
    return String(decoding: messages, as: UTF8.self)
  }
}
