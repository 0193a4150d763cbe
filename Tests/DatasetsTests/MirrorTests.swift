import Datasets
import Formats
import Foundation
import TestSupport
import Testing

/// Downloads whose first address fails in some way.
struct MirrorTests {
  /// How the first server fails, and words of the reason that is given.
  static let failures: [(answers: [LocalServer.Answer], reason: String)] = [
    ([.status(404)], "404"), ([.status(403)], "403"), ([.status(500)], "500"),
    ([.breaksOff(after: 0)], "not received in 3 attempts"),
    ([.breaksOff(after: 70_000), .breaksOff(after: 0)], "not received in"),
    ([.stalls(after: 1000), .status(503)], "503"), ([.redirects(to: "file:///etc/passwd")], "file"),
    ([.other(Array("<html><title>Sign in</title></html>".utf8))], "not received in 3 attempts"),
  ]

  @Test(arguments: failures.indices)
  func `the next address gives what the first does not`(index: Int) async throws {
    let (answers, reason) = Self.failures[index]
    let fake = try FakeArchive()
    let first = try LocalServer(fake.bytes, answers: answers)
    let second = try LocalServer(fake.bytes)
    let reported = Reported()
    let outcome = try await fake.downloader(first, second).run(report: reported.add)
    #expect(outcome == .installed(fake.destination))
    try fake.expectInstalled()
    #expect(!first.requests.isEmpty && second.requests.count == 1)
    let changes = reported.events.compactMap { event -> String? in
      guard case .trying(second.base + "/fake.tar.gz", let reason) = event else { return nil }
      return reason
    }
    #expect(changes.count == 1)
    #expect(changes.first?.hasPrefix(first.base) == true)
    #expect(changes.first?.contains(reason) == true, "\(changes)")
  }

  @Test(arguments: [true, false])
  func `other bytes than the published ones are not asked for again`(isSizeKnown: Bool) async throws
  {
    let fake = try FakeArchive()
    var wrong = fake.bytes
    wrong[100] ^= 1
    let first = try LocalServer(fake.bytes, answers: [.other(wrong)])
    let second = try LocalServer(fake.bytes)
    let reported = Reported()
    _ = try await fake.downloader(first, second, isSizeKnown: isSizeKnown).run(report: reported.add)
    try fake.expectInstalled()
    #expect(first.requests.map(\.start) == [0] && second.requests.map(\.start) == [0])
    #expect(reported.setbacks.first?.contains("expected MD5") == true)
  }

  @Test func `the bytes of the first address are continued by the next`() async throws {
    let fake = try FakeArchive()
    let first = try LocalServer(fake.bytes, answers: [.breaksOff(after: 70_000), .status(404)])
    let second = try LocalServer(fake.bytes)
    _ = try await fake.downloader(first, second).run()
    #expect(second.requests.map(\.start) == [70_000])
    try fake.expectInstalled()
  }

  @Test func `wrong bytes that another address continued are received anew`() async throws {
    let fake = try FakeArchive()
    let wrong = fake.bytes.prefix(70_000).map { $0 ^ 1 }
    let first = try LocalServer(fake.bytes, answers: [.other(wrong), .status(404)])
    let second = try LocalServer(fake.bytes)
    _ = try await fake.downloader(first, second).run()
    #expect(second.requests.map(\.start) == [70_000, 0])
    try fake.expectInstalled()
  }

  @Test func `a page of a server without a known size is named and not continued`() async throws {
    let fake = try FakeArchive()
    let page = Array("<html><title>Sign in</title></html>".utf8)
    let first = try LocalServer(fake.bytes, answers: [.other(page)])
    let second = try LocalServer(fake.bytes)
    let reported = Reported()
    _ = try await fake.downloader(first, second, isSizeKnown: false).run(report: reported.add)
    #expect(reported.setbacks.first?.contains("a web page (\"Sign in\")") == true)
    #expect(second.requests.map(\.start) == [0])
    try fake.expectInstalled()
  }

  @Test func `when all addresses fail, each has its reason, and the way by hand is told`()
    async throws
  {
    let fake = try FakeArchive()
    var wrong = fake.bytes
    wrong[0] ^= 1
    let servers = [
      try LocalServer(fake.bytes, answers: [.status(404)]),
      try LocalServer(fake.bytes, answers: [.other(wrong)]),
      try LocalServer(fake.bytes, answers: [.status(500)]),
    ]
    let error = await #expect(throws: DownloadError.self) {
      try await fake.downloader(servers[0], servers[1], servers[2]).run()
    }
    let text = "\(try #require(error))"
    for (server, reason) in zip(servers, ["404", "expected MD5", "500"]) {
      let start = try #require(text.range(of: "\(server.base)/fake.tar.gz: "))
      #expect(text[start.upperBound...].prefix(160).contains(reason), "\(text)")
    }
    let md5 = Digest(of: fake.bytes, algorithm: .md5).description
    #expect(
      text.hasSuffix(
        "run the same command to continue, name another server with --from, or get fake.tar.gz with "
          + "the MD5 \(md5) by hand, put it into \(fake.data.path), and run the same command"))
    // As the message says.
    try AtomicFile.write(fake.bytes, to: fake.data.appending(path: "fake.tar.gz"))
    _ = try await fake.downloader(servers[0]).run()
    try fake.expectInstalled(besides: ["fake.tar.gz"])
  }

  @Test func `a mirror that the user names is the only address`() async throws {
    let fake = try FakeArchive()
    let first = try LocalServer(fake.bytes, answers: [.status(404)])
    let second = try LocalServer(fake.bytes)
    var downloader = fake.downloader(second, second)
    downloader.source = .mirror(first.base)
    await #expect(throws: DownloadError.self) { try await downloader.run() }
    #expect(first.requests.count == 1 && second.requests.isEmpty)
  }
}
