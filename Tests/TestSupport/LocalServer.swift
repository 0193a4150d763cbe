import Foundation
import Synchronization

/// A web server on 127.0.0.1 that can fail in chosen ways: each request gets the next answer.
///
/// It stops when it is released, and after 20 seconds in any case.
package final class LocalServer: Sendable {
  package enum Answer: Sendable {
    /// All that was asked for, from the start of the range if there is one.
    case whole
    /// The same, but the connection closes after so many bytes.
    case breaksOff(after: Int)
    /// The same, but after so many bytes the connection stays open and silent.
    case stalls(after: Int)
    /// The whole file, whatever range was asked for.
    case ignoresRange
    /// Other bytes.
    case other([UInt8])
    /// An error.
    case status(Int)
    /// A redirection to another address.
    case redirects(to: String)
  }

  /// A request as it came.
  package struct Request: Sendable, Equatable {
    package let path: String
    /// The first byte asked for.
    package let start: Int

    package init(path: String, start: Int) {
      self.path = path
      self.start = start
    }
  }

  package let port: Int
  private let state = State()

  /// What the threads share, which may outlive the server.
  private final class State: Sendable {
    let isStopped = Atomic(false)
    let log = Mutex<[Request]>([])
  }

  private static let lifetime: TimeInterval = 20

  /// Serves `bytes`, each request by the next of `answers`; the last one is repeated.
  package init(_ bytes: [UInt8], answers: [Answer] = [.whole]) throws {
    struct NoSocket: Error { let code: Int32 }
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 8) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    guard isListening else { throw NoSocket(code: errno) }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [state] in
      let end = Date(timeIntervalSinceNow: Self.lifetime)
      @Sendable func isWanted() -> Bool {
        Date() < end && !state.isStopped.load(ordering: .relaxed)
      }
      var answers = answers[...]
      while isWanted() {
        guard Self.isReady(listener) else { continue }
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { continue }
        let answer = answers.count > 1 ? answers.removeFirst() : answers.first ?? .status(500)
        Thread.detachNewThread {
          if let request = Self.request(from: connection) {
            state.log.withLock { $0.append(request) }
            Exchange(connection: connection, request: request, bytes: bytes)
              .give(answer, isWanted: isWanted)
          }
          shutdown(connection, Int32(SHUT_RDWR))
          close(connection)
        }
      }
      close(listener)
    }
  }

  deinit {
    state.isStopped.store(true, ordering: .relaxed)
  }

  /// The requests so far, in order.
  package var requests: [Request] { state.log.withLock { $0 } }

  /// The URL of the server, without a path.
  package var base: String { "http://127.0.0.1:\(port)" }

  private static func isReady(_ file: Int32) -> Bool {
    var poll = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
    return Foundation.poll(&poll, 1, 20) > 0
  }

  /// Reads the head of a request.
  private static func request(from connection: Int32) -> Request? {
    var head: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while head.count < 1 << 14, !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      head += buffer[..<count]
    }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
    let start = range?.dropFirst("range: bytes=".count).prefix { $0.isNumber }
    return words.count < 2
      ? nil : Request(path: String(words[1]), start: start.flatMap { Int($0) } ?? 0)
  }
}

/// One request and its answer.
private struct Exchange {
  let connection: Int32
  let request: LocalServer.Request
  let bytes: [UInt8]

  func give(_ answer: LocalServer.Answer, isWanted: () -> Bool) {
    switch answer {
    case .whole: part(bytes.count)
    case .breaksOff(let count): part(count)
    case .stalls(let count):
      part(count)
      // Until the other side gives up.
      var rest = [UInt8](repeating: 0, count: 16)
      while isWanted() {
        let count = recv(connection, &rest, rest.count, Int32(MSG_DONTWAIT))
        if count == 0 { return }
        usleep(20_000)
      }
    case .ignoresRange: head(200, ["Content-Length: \(bytes.count)"], then: bytes[...])
    case .other(let other): head(200, ["Content-Length: \(other.count)"], then: other[...])
    case .status(let code): head(code, ["Content-Length: 0"])
    case .redirects(let address): head(302, ["Location: \(address)", "Content-Length: 0"])
    }
  }

  /// Up to `count` bytes of the range asked for.
  private func part(_ count: Int) {
    guard request.start < bytes.count || request.start == 0 else {
      return head(416, ["Content-Range: bytes */\(bytes.count)", "Content-Length: 0"])
    }
    let range = "Content-Range: bytes \(request.start)-\(bytes.count - 1)/\(bytes.count)"
    let fields = ["Content-Length: \(bytes.count - request.start)"]
    head(
      request.start > 0 ? 206 : 200, request.start > 0 ? fields + [range] : fields,
      then: bytes[request.start...].prefix(count))
  }

  private func head(_ code: Int, _ fields: [String], then body: ArraySlice<UInt8> = []) {
    let lines = ["HTTP/1.1 \(code) Answer"] + fields + ["Connection: close", "", ""]
    send(Array(lines.joined(separator: "\r\n").utf8)[...])
    send(body)
  }

  private func send(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
