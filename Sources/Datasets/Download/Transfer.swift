import Formats
import Foundation
import Processes

/// Receives a file from a web server with curl, and resumes after each failure.
struct Transfer {
  let address: String
  /// The size of the file in bytes, if known.
  let byteCount: Int?
  let patience: TransferPatience
  let report: @Sendable (Downloader.Event) -> Void
  let isInterrupted: @Sendable () -> Bool

  /// How an attempt ended.
  private enum Outcome {
    case finished
    case notResumable
    case failed(String)
    case refused(String)
  }

  /// The server sent more bytes than the file has.
  private struct TooManyBytes: Error {}

  /// Receives the bytes that `partial` lacks.
  ///
  /// - Throws: `DownloadError.refused`, `.unreachable` or `.interrupted`, `ChildProgramError` or
  ///   `FileError`.
  func run(into partial: PartialFile) async throws {
    let curl = try ChildProgram("curl", debianPackage: "curl")
    var (attempts, failures, most) = (0, 0, partial.byteCount)
    while partial.byteCount != byteCount {
      attempts += 1
      let reason: String
      switch try await attempt(curl, into: partial) {
      case .finished: return
      case .refused(let why): throw DownloadError.refused(address: address, reason: why)
      case .notResumable:
        try partial.empty()
        reason = "the server cannot resume, so the file is received from the start"
      case .failed(let why): reason = why
      }
      // An attempt that got further than all before it starts the pauses anew.
      failures = partial.byteCount > most ? 1 : failures + 1
      most = max(most, partial.byteCount)
      guard failures <= patience.pauses.count else {
        throw DownloadError.unreachable(address: address, attempts: attempts, reason: reason)
      }
      let pause = patience.pauses[failures - 1]
      report(.retrying(reason: reason, pause: pause))
      try await wait(pause, partial)
    }
  }

  private func attempt(_ curl: ChildProgram, into partial: PartialFile) async throws -> Outcome {
    let start = partial.byteCount
    var received = start
    do {
      let result = try await curl.run(
        arguments(from: start),
        output: { bytes in
          guard received + bytes.count <= byteCount ?? .max else { throw TooManyBytes() }
          try partial.append(bytes)
          received += bytes.count
        },
        tick: {
          report(.receiving(partial.byteCount, of: byteCount))
          try checkInterruption(partial)
        })
      report(.receiving(received, of: byteCount))
      return outcome(result, isWhole: byteCount.map { received == $0 } ?? true)
    } catch is TooManyBytes {
      // The hash will tell.
      return .finished
    }
  }

  private func arguments(from start: Int) -> [String] {
    [
      // First: the user's settings for curl could change what it writes.
      "--disable", "--silent", "--show-error", "--fail", "--location", "--max-redirs", "10",
      "--proto", "=http,https", "--proto-redir", "=http,https", "--globoff", "--no-buffer",
      "--connect-timeout", "\(patience.connectionSeconds)",
      "--speed-limit", "\(patience.leastBytesPerSecond)", "--speed-time",
      "\(patience.stallSeconds)",
      "--write-out", "%{stderr}\n%{http_code}",
    ] + (start > 0 ? ["--continue-at", "\(start)"] : []) + ["--", address]
  }

  /// What curl's exit code and the server's status mean; the codes are those of curl(1).
  private func outcome(_ result: ChildProgram.Result, isWhole: Bool) -> Outcome {
    var lines = result.messages.split(separator: "\n").map(String.init)
    let status = lines.popLast().flatMap { Int($0) } ?? 0
    let reason = lines.last ?? "curl ended with code \(result.status)"
    switch (result.status, status) {
    // The server has no bytes after those that are there already: the hash will tell.
    case (0, 416), (22, 416): return .finished
    case (0, _): return isWhole ? .finished : .failed("the file ended early")
    case (33, _), (36, _): return .notResumable
    case (22, 400..<500) where ![408, 425, 429].contains(status): return .refused(reason)
    // Wrong address or protocol, too many redirects, an untrusted certificate.
    case (1, _), (2, _), (3, _), (47, _), (60, _): return .refused(reason)
    default: return .failed(reason)
    }
  }

  private func checkInterruption(_ partial: PartialFile) throws {
    guard isInterrupted() else { return }
    throw DownloadError.interrupted(
      partial: partial.url, received: partial.byteCount, total: byteCount)
  }

  private func wait(_ seconds: Double, _ partial: PartialFile) async throws {
    let end = ContinuousClock.now + .seconds(seconds)
    repeat {
      try checkInterruption(partial)
      try await Task.sleep(until: min(.now + .milliseconds(100), end))
    } while ContinuousClock.now < end
  }
}

/// How long a transfer waits for a server.
package struct TransferPatience: Sendable {
  /// The seconds that making a connection may take.
  package var connectionSeconds = 30
  /// An attempt ends when fewer than `leastBytesPerSecond` have come for so many seconds.
  package var stallSeconds = 30
  package var leastBytesPerSecond = 1000
  /// The seconds before each new attempt, as long as none gets further than those before it.
  package var pauses: [Double] = [1, 2, 4, 8, 16, 32]

  package init() {}
}

/// The file that an archive is received in.
///
/// The process that holds its lock works on the archive; the system releases the lock when that
/// process ends, however it ends.
final class PartialFile: Sendable {
  let url: URL
  private let file: Int32

  /// Opens the file and locks it.
  ///
  /// - Throws: `DownloadError.busy` or `FileError.unwritable`.
  init(_ url: URL) throws {
    self.url = url
    do {
      file = try FileLock.lockedFile(url, waits: false, flags: O_RDWR | O_APPEND).file
    } catch FileError.inUse {
      throw DownloadError.busy(url)
    }
  }

  deinit {
    close(file)
  }

  var byteCount: Int {
    var status = stat()
    return fstat(file, &status) == 0 ? Int(status.st_size) : 0
  }

  /// - Throws: `FileError.unwritable`, such as for a full disk.
  func append(_ bytes: UnsafeRawBufferPointer) throws {
    try ByteStream(file: file, url: url).append(bytes)
  }

  /// Removes the bytes that were received.
  func empty() throws {
    guard ftruncate(file, 0) == 0 else { throw FileError.unwritable(url, errno) }
  }

  func remove() {
    unlink(url.path)
  }

  /// Gives the received archive its own name.
  func keep(as name: URL) throws {
    guard fsync(file) == 0, rename(url.path, name.path) == 0 else {
      throw FileError.unwritable(name, errno)
    }
  }
}
