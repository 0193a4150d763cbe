import Foundation

/// Receives a file from a web server through curl, again and again from where it broke off.
struct Transfer {
  let address: String
  /// The size of the file in bytes, where known.
  let byteCount: Int?
  let patience: TransferPatience
  let report: (Downloader.Event) -> Void
  let isInterrupted: () -> Bool

  /// How an attempt ended.
  private enum Outcome {
    case finished
    case notResumable
    case failed(String)
    case refused(String)
  }

  /// More bytes came than the file has.
  private struct TooMuch: Error {}

  /// Receives what `partial` lacks.
  ///
  /// - Throws: `DownloadError.refused`, `.unreachable` or `.interrupted`, or `FileError`.
  func run(into partial: PartialFile) throws {
    let curl = try ChildProgram("curl", debianPackage: "curl")
    var (attempts, failures, most) = (0, 0, partial.byteCount)
    while partial.byteCount != byteCount {
      attempts += 1
      let reason: String
      switch try attempt(curl, into: partial) {
      case .finished: return
      case .refused(let why): throw DownloadError.refused(address: address, reason: why)
      case .notResumable:
        try partial.empty()
        reason = "the server cannot go on in the middle, so from the start"
      case .failed(let why): reason = why
      }
      // Whoever gets further than ever before has every patience left.
      failures = partial.byteCount > most ? 1 : failures + 1
      most = max(most, partial.byteCount)
      guard failures <= patience.pauses.count else {
        throw DownloadError.unreachable(address: address, attempts: attempts, reason: reason)
      }
      let pause = patience.pauses[failures - 1]
      report(.retrying(reason: reason, pause: pause))
      try wait(pause, partial)
    }
  }

  private func attempt(_ curl: ChildProgram, into partial: PartialFile) throws -> Outcome {
    let start = partial.byteCount
    var received = start
    do {
      let result = try curl.run(
        arguments(from: start),
        output: { bytes in
          guard received + bytes.count <= byteCount ?? .max else { throw TooMuch() }
          try partial.append(bytes)
          received += bytes.count
        },
        tick: {
          report(.receiving(received, of: byteCount))
          try checkInterruption(partial)
        })
      report(.receiving(received, of: byteCount))
      return outcome(result, isWhole: byteCount.map { received == $0 } ?? true)
    } catch is TooMuch {
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

  /// What curl's exit code and the server's answer mean; the codes are those of curl(1).
  private func outcome(_ result: ChildProgram.Result, isWhole: Bool) -> Outcome {
    var lines = result.messages.split(separator: "\n").map(String.init)
    let answer = lines.popLast().flatMap { Int($0) } ?? 0
    let reason = lines.last ?? "curl ended with code \(result.status)"
    switch (result.status, answer) {
    // The server has nothing beyond what is there already: the hash will tell.
    case (0, 416), (22, 416): return .finished
    case (0, _): return isWhole ? .finished : .failed("the file ended early")
    case (33, _), (36, _): return .notResumable
    case (22, 400..<500) where ![408, 425, 429].contains(answer): return .refused(reason)
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

  private func wait(_ seconds: Double, _ partial: PartialFile) throws {
    let end = Date(timeIntervalSinceNow: seconds)
    repeat {
      try checkInterruption(partial)
      Thread.sleep(forTimeInterval: max(min(0.1, end.timeIntervalSinceNow), 0))
    } while end.timeIntervalSinceNow > 0
  }
}

/// How long a transfer waits for a server.
package struct TransferPatience: Sendable {
  /// The seconds that making a connection may take.
  package var connectionSeconds = 30
  /// An attempt ends when for so many seconds fewer than `leastBytesPerSecond` came.
  package var stallSeconds = 30
  package var leastBytesPerSecond = 1000
  /// The seconds before each new attempt, as long as none gets further.
  package var pauses: [Double] = [1, 2, 4, 8, 16, 32]

  package init() {}
}
