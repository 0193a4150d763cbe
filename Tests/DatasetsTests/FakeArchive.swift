import Datasets
import Formats
import Foundation
import Synchronization
import TestSupport
import Testing

/// A small archive of a made-up data set, and a data folder to install it in.
final class FakeArchive {
  let folder: TemporaryFolder
  let bytes: [UInt8]

  /// The contents of the files, which cannot be compressed.
  static let contents: [UInt8] = {
    var random = SeededGenerator(seed: 5)
    return (0..<200_000).map { _ in UInt8.random(in: 0...255, using: &random) }
  }()

  static let parts = [
    PublishedArchive.Part("images.bin", byteCount: contents.count),
    PublishedArchive.Part("more/labels.bin"),
  ]

  /// Makes `fake.tar.gz`, after `damage` has changed the folder that it is made of.
  ///
  /// - Parameters:
  ///   - arguments: The members that tar is given.
  ///   - damage: Changes the folder that holds the folder `fake`.
  /// - Throws: what writing throws, or what `damage` throws.
  init(_ arguments: [String] = ["fake"], damage: (URL) throws -> Void = { _ in }) throws {
    folder = try TemporaryFolder()
    let source = folder.file("source")
    try FolderCreation.create(source.appending(path: "fake/more"))
    try AtomicFile.write(Self.contents, to: source.appending(path: "fake/images.bin"))
    try AtomicFile.write("0123", to: source.appending(path: "fake/more/labels.bin"))
    try damage(source)
    let archive = folder.file("fake.tar.gz")
    try Self.run(
      "tar", ["-czf", archive.path, "--absolute-names", "-C", source.path] + arguments)
    bytes = try FileContents.read(archive, limit: 1 << 24)
    try FileManager.default.removeItem(at: source)
    try FolderCreation.create(data)
  }

  var data: URL { folder.file("data") }
  var destination: URL { data.appending(path: "fake-data/fake") }
  var partial: URL { data.appending(path: "fake.tar.gz.partial") }

  /// The names in the data folder, including hidden files.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: data.path).sorted() }
  }

  /// The entry of this archive at `addresses`.
  func published(at addresses: String..., isSizeKnown: Bool = true, md5: String? = nil)
    -> PublishedArchive
  {
    published(at: addresses, isSizeKnown: isSizeKnown, md5: md5)
  }

  func published(at addresses: [String], isSizeKnown: Bool = true, md5: String? = nil)
    -> PublishedArchive
  {
    PublishedArchive(
      name: "fake", fileName: "fake.tar.gz", addresses: addresses,
      md5: md5 ?? Digest(of: bytes, algorithm: .md5).description,
      byteCount: isSizeKnown ? bytes.count : nil, topFolders: ["fake"],
      destination: "fake-data/fake", parts: Self.parts)
  }

  /// A download with short waits.
  func downloader(
    _ servers: LocalServer..., isSizeKnown: Bool = true, md5: String? = nil
  ) -> Downloader {
    let addresses = servers.map { $0.base + "/fake.tar.gz" }
    var downloader = Downloader(
      published(at: addresses, isSizeKnown: isSizeKnown, md5: md5), data: data)
    downloader.patience.pauses = [0.01, 0.01, 0.01]
    downloader.patience.stallSeconds = 1
    // More than is received in a second, because curl's average falls only slowly.
    downloader.patience.leastBytesPerSecond = 1_000_000_000
    return downloader
  }

  /// A download from a folder that holds the archive.
  func unpacker() throws -> Downloader {
    var downloader = Downloader(published(at: "none"), data: data)
    downloader.source = .folder(folder.url)
    return downloader
  }

  /// Expects the whole data set at its destination, and nothing else but `others` beside and
  /// `ownFiles` within it.
  func expectInstalled(
    besides others: [String] = [], ownFiles: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let images = try FileContents.read(destination.appending(path: "images.bin"), limit: 1 << 24)
    #expect(images == Self.contents, sourceLocation: sourceLocation)
    let labels = try FileContents.read(destination.appending(path: "more/labels.bin"), limit: 64)
    #expect(labels == Array("0123".utf8), sourceLocation: sourceLocation)
    #expect(try names == (["fake-data"] + others).sorted(), sourceLocation: sourceLocation)
    let inside = try FileManager.default.contentsOfDirectory(atPath: destination.path)
    #expect(
      inside.sorted() == (["images.bin", "more"] + ownFiles).sorted(),
      sourceLocation: sourceLocation)
  }

  static func run(_ program: String, _ arguments: [String]) throws {
    struct Failed: Error { let program: String }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(program: program) }
  }
}

/// The events that a download reported, from any thread.
final class Reported: Sendable {
  private let all = Mutex<[Downloader.Event]>([])

  var events: [Downloader.Event] { all.withLock(\.self) }

  @Sendable func add(_ event: Downloader.Event) { all.withLock { $0.append(event) } }

  /// The reasons for new attempts and new starts.
  var setbacks: [String] {
    events.compactMap { event in
      switch event {
      case .retrying(let reason, _), .startingOver(let reason), .ignoring(let reason),
        .trying(_, let reason):
        reason
      default: nil
      }
    }
  }

  /// The most bytes that were received.
  var received: Int {
    events.reduce(0) { most, event in
      if case .receiving(let count, _) = event { max(most, count) } else { most }
    }
  }
}
