import Corruptions
import Datasets
import Formats
import Foundation
import TestSupport
import Testing

/// Downloads from servers that work, and from servers that fail in some way.
struct DownloadTests {
  @Test func `the data set is installed, and the second time nothing is asked for`() async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes)
    let reported = Reported()
    let outcome = try await fake.downloader(server).run(report: reported.add)
    #expect(outcome == .installed(fake.destination))
    #expect(reported.received == fake.bytes.count)
    #expect(reported.events.contains(.checking(fake.bytes.count, of: fake.bytes.count)))
    #expect(reported.events.contains(.unpacking(fake.bytes.count, of: fake.bytes.count)))
    try fake.expectInstalled()
    #expect(try await fake.downloader(server).run() == .alreadyThere(fake.destination))
    #expect(server.requests == [.init(path: "/fake.tar.gz", start: 0)])
  }

  @Test(arguments: [true, false])
  func `continues where the connection broke`(isSizeKnown: Bool) async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(
      fake.bytes, answers: [.breaksOff(after: 70_000), .breaksOff(after: 50_000), .whole])
    let reported = Reported()
    _ = try await fake.downloader(server, isSizeKnown: isSizeKnown).run(report: reported.add)
    #expect(server.requests.map(\.start) == [0, 70_000, 120_000])
    #expect(reported.setbacks.count == 2)
    try fake.expectInstalled()
  }

  @Test func `continues after a stall`() async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes, answers: [.stalls(after: 70_000), .whole])
    let reported = Reported()
    _ = try await fake.downloader(server).run(report: reported.add)
    #expect(server.requests.map(\.start) == [0, 70_000])
    #expect(reported.setbacks.first?.contains("Operation too slow") == true)
    try fake.expectInstalled()
  }

  @Test func `starts over if the server cannot resume`() async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes, answers: [.breaksOff(after: 70_000), .ignoresRange])
    _ = try await fake.downloader(server).run()
    #expect(server.requests.map(\.start) == [0, 70_000, 0])
    try fake.expectInstalled()
  }

  @Test func `wrong bytes are removed and received once more`() async throws {
    let fake = try FakeArchive()
    var wrong = fake.bytes
    wrong[100] ^= 1
    let server = try LocalServer(fake.bytes, answers: [.other(wrong), .whole])
    let reported = Reported()
    _ = try await fake.downloader(server).run(report: reported.add)
    #expect(server.requests.map(\.start) == [0, 0])
    #expect(reported.setbacks.first?.contains("expected MD5") == true)
    try fake.expectInstalled()
  }

  /// In the second case the server sends more bytes than the archive has, which must not fill the
  /// disk.
  @Test(arguments: [0, 1])
  func `wrong bytes twice are an error with both hashes, and nothing stays`(extra: Int) async throws
  {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes + [UInt8](repeating: 0, count: extra))
    let right = Digest(of: fake.bytes, algorithm: .md5).description
    let wrong = extra == 0 ? "00000000000000000000000000000000" : right
    await #expect {
      try await fake.downloader(server, md5: wrong).run()
    } throws: { error in
      guard case .exhausted(_, let tried, _, _) = error as? DownloadError,
        case .wrongDigest(_, let expected, let found) = tried.first
      else { return false }
      return expected == wrong && (extra > 0 || found == right)
    }
    #expect(server.requests.count == 2)
    #expect(try fake.names == [])
  }

  @Test func `a file that is not there is not asked for again`() async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes, answers: [.status(404)])
    let error = await #expect(throws: DownloadError.self) {
      try await fake.downloader(server).run()
    }
    #expect(error?.description.contains("404") == true, "\(error?.description ?? "")")
    #expect(server.requests.count == 1)
    #expect(try fake.names == [])
  }

  @Test func `a busy server is asked again, but not forever`() async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes, answers: [.status(503)])
    await #expect {
      try await fake.downloader(server).run()
    } throws: { error in
      guard case .exhausted(_, let tried, _, _) = error as? DownloadError,
        case .unreachable(_, 4, let reason) = tried.first
      else { return false }
      return reason.contains("503")
    }
    #expect(server.requests.count == 4)
  }

  @Test func `no server at all is an error in the end`() async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes)
    var downloader = fake.downloader(server)
    downloader.source = .mirror("http://127.0.0.1:1")
    let error = await #expect(throws: DownloadError.self) { try await downloader.run() }
    #expect(
      error?.description.contains("http://127.0.0.1:1/fake.tar.gz: not received in 4") == true)
    #expect(server.requests == [])
  }

  @Test func `a redirect on the web is followed, one to a file of this machine is not`()
    async throws
  {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes, answers: [.redirects(to: "/other"), .whole])
    _ = try await fake.downloader(server).run()
    #expect(server.requests.map(\.path) == ["/fake.tar.gz", "/other"])
    try fake.expectInstalled()

    let second = try FakeArchive()
    let local = second.folder.file("fake.tar.gz")
    let thief = try LocalServer(second.bytes, answers: [.redirects(to: "file://\(local.path)")])
    await #expect {
      try await second.downloader(thief).run()
    } throws: { error in
      guard case .exhausted(_, let tried, _, _) = error as? DownloadError,
        case .refused = tried.first
      else { return false }
      return true
    }
    #expect(thief.requests.count == 1)
  }

  @Test func `a mirror is asked for the archive's file`() async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes)
    for base in ["\(server.base)/a/b", "\(server.base)/a/b/"] {
      var downloader = Downloader(fake.published(at: "http://127.0.0.1:1/none"), data: fake.data)
      downloader.source = .mirror(base)
      downloader.replaces = true
      _ = try await downloader.run()
    }
    #expect(server.requests.map(\.path) == ["/a/b/fake.tar.gz", "/a/b/fake.tar.gz"])
    try fake.expectInstalled()
  }

  @Test func `a stopped download keeps the received bytes and continues from there`() async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes, answers: [.stalls(after: 90_000), .whole])
    let reported = Reported()
    await #expect(
      throws: DownloadError.interrupted(
        partial: fake.partial, received: 90_000, total: fake.bytes.count)
    ) {
      try await fake.downloader(server).run(
        report: reported.add, isInterrupted: { reported.received == 90_000 })
    }
    #expect(try FileContents.read(fake.partial, limit: 1 << 24) == Array(fake.bytes[..<90_000]))
    _ = try await fake.downloader(server).run()
    #expect(server.requests.map(\.start) == [0, 90_000])
    try fake.expectInstalled()
  }

  @Test func `a whole partial file is used, whether its size is known or not`() async throws {
    for isSizeKnown in [true, false] {
      let fake = try FakeArchive()
      let server = try LocalServer(fake.bytes)
      try AtomicFile.write(fake.bytes, to: fake.partial)
      _ = try await fake.downloader(server, isSizeKnown: isSizeKnown).run()
      #expect(server.requests.map(\.start) == (isSizeKnown ? [] : [fake.bytes.count]))
      try fake.expectInstalled()
    }
  }

  @Test func `an archive that is there is used and stays`() async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes)
    let archive = fake.data.appending(path: "fake.tar.gz")
    try AtomicFile.write(fake.bytes, to: archive)
    let reported = Reported()
    _ = try await fake.downloader(server).run(report: reported.add)
    #expect(reported.events.contains(.using(archive)))
    #expect(server.requests == [])
    try fake.expectInstalled(besides: ["fake.tar.gz"])
  }

  @Test func `a wrong archive that is there is received again, and can be kept`() async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes)
    let archive = fake.data.appending(path: "fake.tar.gz")
    try AtomicFile.write("not it", to: archive)
    var downloader = fake.downloader(server)
    downloader.keepsArchive = true
    let reported = Reported()
    _ = try await downloader.run(report: reported.add)
    #expect(reported.setbacks.first?.contains("expected MD5") == true)
    #expect(try FileContents.read(archive, limit: 1 << 24) == fake.bytes)
    try fake.expectInstalled(besides: ["fake.tar.gz"])
    #expect(server.requests.count == 1)
  }

  @Test func `two downloads at once do not interfere`() async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes)
    let first = open(fake.partial.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    try #require(first >= 0 && flock(first, LOCK_EX | LOCK_NB) == 0)
    await #expect(throws: DownloadError.busy(fake.partial)) {
      try await fake.downloader(server).run()
    }
    #expect(server.requests == [])
    close(first)
    _ = try await fake.downloader(server).run()
    try fake.expectInstalled()
    #expect(server.requests.count == 1)
  }

  @Test func `without space on the disk nothing is asked for`() async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes)
    let huge = PublishedArchive(
      name: "huge", fileName: "huge.tar", addresses: [server.base], md5: "", byteCount: .max / 2,
      unpackedByteCount: .max, topFolders: ["huge"], destination: "huge",
      parts: [.init("x")])
    await #expect {
      try await Downloader(huge, data: fake.data).run()
    } throws: { error in
      guard case .notEnoughSpace(_, .max, _) = error as? DownloadError else { return false }
      return true
    }
    #expect(server.requests == [])
    #expect(try fake.names == [])
  }

  @Test func `a folder that cannot be written is named`() async throws {
    let fake = try FakeArchive()
    let server = try LocalServer(fake.bytes)
    // Not even root can make folders here.
    let nowhere = URL(filePath: "/proc/self/mixmo")
    await #expect(throws: FileError.unwritable(nowhere, ENOENT)) {
      try await Downloader(fake.published(at: server.base), data: nowhere).run()
    }
    #expect(server.requests == [])
  }

  @Test func `the table of published archives is complete`() throws {
    let kriz = "https://www.cs.toronto.edu/~kriz/"
    let published: [(String, address: String, md5: String, byteCount: Int?)] = [
      (
        "cifar10", kriz + "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530",
        170_052_171
      ),
      (
        "cifar10-python", kriz + "cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a",
        170_498_071
      ),
      (
        "cifar100", kriz + "cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8",
        168_513_733
      ),
      (
        "cifar100-python", kriz + "cifar-100-python.tar.gz", "eb9058c3a382ffc7106e4002c42a8d85",
        169_001_437
      ),
      (
        "tinyimagenet200", "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
        "90528d7ca1a48142e341f4ef8d21d0de", 248_100_043
      ),
      (
        "cifar10-c", "https://zenodo.org/records/2535967/files/CIFAR-10-C.tar?download=1",
        "56bf5dcef84df0e2308c6dcbcbbd8499", 2_918_471_680
      ),
      (
        "cifar100-c", "https://zenodo.org/records/3555552/files/CIFAR-100-C.tar?download=1",
        "11f0ed0f1191edbf9fa23466ae6021d3", 2_918_473_216
      ),
      (
        "tinyimagenet200-c",
        "https://zenodo.org/records/8206060/files/Tiny-ImageNet-C.tar?download=1",
        "f9c9a9dbdc11469f0b850190f7ad8be1", nil
      ),
      (
        "tinyimagenet200-c-extra",
        "https://zenodo.org/records/8206060/files/Tiny-ImageNet-C-extra.tar?download=1",
        "0db0588d243cf403ef93449ec52b70eb", nil
      ),
    ]
    #expect(PublishedArchive.all.map(\.name) == published.map(\.0))
    for (name, address, md5, byteCount) in published {
      let archive = try #require(PublishedArchive.named(name))
      #expect(archive.addresses.first == address)
      #expect(archive.md5 == md5, "\(name)")
      #expect(archive.byteCount == byteCount, "\(name)")
      #expect(address.contains("/\(archive.fileName)"))
    }
    #expect(PublishedArchive.named("cifar") == nil)
  }

  @Test func `every archive has several addresses of its own, which name its file`() {
    for archive in PublishedArchive.all {
      #expect(archive.addresses.count > 1, "\(archive.name)")
      for address in archive.addresses {
        #expect(address.contains("/\(archive.fileName)"))
        #expect(URL(string: address)?.host()?.isEmpty == false)
      }
    }
    let all = PublishedArchive.all.flatMap(\.addresses)
    #expect(Set(all).count == all.count)
  }

  @Test(arguments: ["cifar.yaml", "tiny-imagenet.yaml"])
  func `the archives hold the corruptions that the suite says`(suite: String) throws {
    let corruptions = try CorruptionSuite(
      contentsOf: TestPackage.url.appending(path: "corruptions/\(suite)")
    ).corruptions
    for (archive, group) in [
      ("tinyimagenet200-c", Corruption.Group.benchmark), ("tinyimagenet200-c-extra", .extra),
    ] {
      let parts = try #require(PublishedArchive.named(archive)).parts.map(\.path)
      #expect(
        parts.sorted() == corruptions.filter { $0.group == group }.map(\.name.rawValue).sorted())
    }
  }
}
