import Datasets
import Formats
import Foundation
import TestSupport
import Testing

/// Archives that are hostile, damaged or share a folder.
struct UnpackingTests {
  /// Expects the archive to be refused for `reason`, and nothing to be installed.
  private func expectRefused(_ fake: FakeArchive, _ reason: String) async throws {
    let error = await #expect(throws: DownloadError.self) { try await fake.unpacker().run() }
    let text = error?.description ?? ""
    #expect(text.contains(reason), "\(text)")
    #expect(try fake.names == [], "\(reason)")
  }

  @Test func `names that leave the folder are refused`() async throws {
    try await expectRefused(
      FakeArchive(["fake", "fake/../../evil"]) { source in
        try AtomicFile.write("evil", to: source.appending(path: "../evil"))
      }, "'..' in its name")
    try await expectRefused(FakeArchive(["fake", "/etc/passwd"]), "an absolute name")
    try await expectRefused(
      FakeArchive(["fake", "other"]) { source in
        try AtomicFile.write("other", to: source.appending(path: "other"))
      }, "member \"other\": expected below fake")
    try await expectRefused(
      FakeArchive { source in
        try AtomicFile.write("line", to: source.appending(path: "fake/a\nb"))
      }, "an escaped character")
  }

  @Test func `links and pipes are refused`() async throws {
    try await expectRefused(
      FakeArchive { source in
        symlink("/etc", source.appending(path: "fake/link").path)
      }, "a link or device")
    try await expectRefused(
      FakeArchive { source in
        link(
          source.appending(path: "fake/images.bin").path, source.appending(path: "fake/twin").path)
      }, "a link or device")
    try await expectRefused(
      FakeArchive { source in
        mkfifo(source.appending(path: "fake/pipe").path, 0o644)
      }, "a link or device")
  }

  @Test func `an archive without all files is refused by their names`() async throws {
    try await expectRefused(
      FakeArchive { source in
        try FileManager.default.removeItem(at: source.appending(path: "fake/more"))
      }, "lacks more/labels.bin")
    try await expectRefused(
      FakeArchive { source in
        try AtomicFile.write("short", to: source.appending(path: "fake/images.bin"))
      }, "lacks images.bin")
  }

  @Test func `a damaged archive is refused in tar's words`() async throws {
    let fake = try FakeArchive()
    let broken = Array(fake.bytes.dropLast(1000))
    try AtomicFile.write(broken, to: fake.folder.file("fake.tar.gz"))
    var downloader = Downloader(
      fake.published(at: "none", md5: Digest(of: broken, algorithm: .md5).description),
      data: fake.data)
    downloader.source = .folder(fake.folder.url)
    let error = await #expect(throws: DownloadError.self) { try await downloader.run() }
    #expect(error?.description.contains("cannot be unpacked: ") == true)
    #expect(error?.description.contains("unexpected end of file") == true, "\(error as Any)")
    #expect(try fake.names == [])
  }

  @Test func `the files that macOS adds are left out`() async throws {
    let fake = try FakeArchive(["fake", "._fake"]) { source in
      try AtomicFile.write("x", to: source.appending(path: "._fake"))
      try AtomicFile.write("x", to: source.appending(path: "fake/._images.bin"))
    }
    _ = try await fake.unpacker().run()
    try fake.expectInstalled()
  }

  @Test func `the folders of killed runs are removed`() async throws {
    let fake = try FakeArchive()
    let left = fake.data.appending(path: ".fake.tar.gz.unpacking-1/fake")
    try FolderCreation.create(left)
    try AtomicFile.write("half", to: left.appending(path: "images.bin"))
    _ = try await fake.unpacker().run()
    try fake.expectInstalled()
  }

  @Test func `a stopped unpacking leaves nothing and can be repeated`() async throws {
    let fake = try FakeArchive()
    let archive = fake.folder.file("fake.tar.gz")
    let reported = Reported()
    await #expect(throws: DownloadError.unpackingInterrupted(archive: archive)) {
      try await fake.unpacker().run(
        report: reported.add,
        isInterrupted: {
          if case .unpacking = reported.events.last { true } else { false }
        })
    }
    #expect(try fake.names == [])
    _ = try await fake.unpacker().run()
    try fake.expectInstalled()
  }

  @Test func `other files at the destination are only replaced by force, and my own stay`()
    async throws
  {
    let fake = try FakeArchive()
    try FolderCreation.create(fake.destination.appending(path: "more"))
    try AtomicFile.write("mine", to: fake.destination.appending(path: "mine"))
    try AtomicFile.write("old", to: fake.destination.appending(path: "images.bin"))
    try AtomicFile.write("old", to: fake.destination.appending(path: "more/labels.bin"))
    await #expect(
      throws: DownloadError.occupied(fake.destination, missing: ["images.bin"])
    ) { try await fake.unpacker().run() }
    let labels = fake.destination.appending(path: "more/labels.bin")
    #expect(try FileContents.read(labels, limit: 9) == Array("old".utf8))
    var forced = try fake.unpacker()
    forced.replaces = true
    _ = try await forced.run()
    try fake.expectInstalled(ownFiles: ["mine"])
    let mine = fake.destination.appending(path: "mine")
    #expect(try FileContents.read(mine, limit: 9) == Array("mine".utf8))
  }

  @Test func `if not everything can be replaced, everything is moved back`() async throws {
    let fake = try FakeArchive(["all"]) { source in
      for name in ["a", "b/c"] {
        try FolderCreation.create(source.appending(path: "all/\(name)"))
        try AtomicFile.write("new", to: source.appending(path: "all/\(name)/file"))
      }
    }
    let archive = PublishedArchive(
      name: "all", fileName: "fake.tar.gz", addresses: ["none"],
      md5: Digest(of: fake.bytes, algorithm: .md5).description, topFolders: ["all"],
      destination: "all", parts: [.init("a"), .init("b/c")], sharesDestination: true)
    let destination = fake.data.appending(path: "all")
    try FolderCreation.create(destination.appending(path: "a"))
    try AtomicFile.write("old", to: destination.appending(path: "a/file"))
    // A file, so that nothing can be moved into it.
    try AtomicFile.write("old", to: destination.appending(path: "b"))
    var forced = Downloader(archive, data: fake.data)
    forced.source = .folder(fake.folder.url)
    forced.replaces = true
    await #expect(throws: FileError.unwritable(destination.appending(path: "b/c"), ENOTDIR)) {
      try await forced.run()
    }
    for name in ["a/file", "b"] {
      let file = destination.appending(path: name)
      #expect(try FileContents.read(file, limit: 9) == Array("old".utf8))
    }
    #expect(try fake.names == ["all"])
  }

  @Test func `two archives share a folder, in any order`() async throws {
    for order in [["a", "b"], ["b", "a"]] {
      let fake = try FakeArchive(["all"]) { source in
        for name in ["a", "b"] {
          try FolderCreation.create(source.appending(path: "all/\(name)"))
          try AtomicFile.write(name, to: source.appending(path: "all/\(name)/file"))
        }
      }
      for name in order {
        let archive = PublishedArchive(
          name: name, fileName: "fake.tar.gz", addresses: ["none"],
          md5: Digest(of: fake.bytes, algorithm: .md5).description, topFolders: ["all"],
          destination: "all", parts: [.init(name)], sharesDestination: true)
        var downloader = Downloader(archive, data: fake.data)
        downloader.source = .folder(fake.folder.url)
        let destination = fake.data.appending(path: "all")
        #expect(try await downloader.run() == .installed(destination))
        #expect(try await downloader.run() == .alreadyThere(destination))
      }
      for name in order {
        let file = fake.data.appending(path: "all/\(name)/file")
        #expect(try FileContents.read(file, limit: 9) == Array(name.utf8))
      }
      #expect(try fake.names == ["all"])
    }
  }

  /// A download of a zip archive of these members from a folder.
  private func zip(
    _ members: [(String, [UInt8])], in folder: borrowing TemporaryFolder,
    edit: (inout [UInt8]) -> Void = { _ in }
  ) throws -> Downloader {
    let url = folder.file("fake.zip")
    try ZipArchive.write(members.map { (name: $0.0, bytes: $0.1) }, to: url)
    var bytes = try FileContents.read(url, limit: 1 << 24)
    edit(&bytes)
    try AtomicFile.write(bytes, to: url)
    var downloader = Downloader(
      PublishedArchive(
        name: "fake", fileName: "fake.zip", addresses: ["none"],
        md5: Digest(of: bytes, algorithm: .md5).description, topFolders: ["fake"],
        destination: "fake-data", parts: [.init("a/b/c.txt"), .init("d.txt")]),
      data: folder.file("data"))
    downloader.source = .folder(folder.url)
    return downloader
  }

  private let members = [
    ("fake/", [UInt8]()), ("fake/a/b/c.txt", Array("c".utf8)), ("fake/d.txt", Array("d".utf8)),
  ]

  @Test func `a zip archive is unpacked`() async throws {
    let folder = try TemporaryFolder()
    let destination = folder.file("data/fake-data")
    #expect(try await zip(members, in: folder).run() == .installed(destination))
    #expect(
      try FileContents.read(destination.appending(path: "a/b/c.txt"), limit: 9) == Array("c".utf8))
    #expect(
      try FileContents.read(destination.appending(path: "d.txt"), limit: 9) == Array("d".utf8))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("data").path)
    #expect(names == ["fake-data"])
  }

  @Test func `a zip archive of as many files as Tiny-ImageNet has is unpacked`() async throws {
    let folder = try TemporaryFolder()
    // More than the default limit of members.
    let many = (0..<1 << 14).map { ("fake/many/\($0)", [UInt8]()) }
    #expect(
      try await zip(members + many, in: folder).run() == .installed(folder.file("data/fake-data")))
    let destination = folder.file("data/fake-data/many")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: destination.path).count == many.count)
  }

  @Test(arguments: [
    ("../evil", "contains '..'"), ("/xxevil", "absolute"), ("other/e", "expected below fake"),
  ])
  func `a zip archive that leaves its folder is refused`(name: String, reason: String) async throws
  {
    let folder = try TemporaryFolder()
    let downloader = try zip(members + [("xx/evil", [1])], in: folder) { bytes in
      let (old, new) = (Array("xx/evil".utf8), Array(name.utf8))
      for start in 0...(bytes.count - old.count)
      where bytes[start..<start + old.count].elementsEqual(old) {
        bytes.replaceSubrange(start..<start + old.count, with: new)
      }
    }
    await #expect {
      try await downloader.run()
    } throws: { "\($0)".contains(reason) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("data").path) == [])
  }
}
