import Datasets
import Formats
import Foundation
import Images
import Loading
import Tensors
import TestSupport
import Testing

struct PackedImagesTests {
  typealias Tree = TinyImageNetTree

  static func read(_ tree: borrowing Tree) throws -> any Dataset {
    try DatasetKind.tinyimagenet200.read(
      .train, in: tree.folder.url, cache: tree.folder.file("cache"), workers: Workers(count: 2))
  }

  static func files(_ tree: borrowing Tree) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: tree.folder.file("cache").path)
      .filter { !$0.hasSuffix(".lock") }
  }

  static func inode(_ tree: borrowing Tree) throws -> Int? {
    let file = tree.folder.file("cache/\(try files(tree)[0])")
    return try FileManager.default.attributesOfItem(atPath: file.path)[.systemFileNumber] as? Int
  }

  @Test func `packed images are those of the folder, packed once`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    let folder = try tree.read(.train)
    let packed = try Self.read(tree)
    #expect(packed.labels == folder.labels && packed.classCount == 200)
    for index in [0, 64, 199] {
      #expect(try packed.image(at: index) == folder.image(at: index))
    }
    let first = try Self.inode(tree)
    _ = try Self.read(tree)
    #expect(try Self.inode(tree) == first)
    #expect(try Self.files(tree).count == 1)
  }

  @Test func `a changed folder is packed anew, and the old file is removed`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    _ = try Self.read(tree)
    let old = try Self.files(tree)
    let other = Tree.image(250, 0)
    try tree.write(other, "train/n01443537/images/n01443537_0.JPEG")
    #expect(try Self.read(tree).image(at: 0) == other)
    let new = try Self.files(tree)
    #expect(new.count == 1 && new != old)
  }

  @Test func `a damaged file is made anew`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    _ = try Self.read(tree)
    let url = tree.folder.file("cache/\(try Self.files(tree)[0])")
    let bytes = try FileContents.read(url, limit: 1 << 24)
    try AtomicFile.write(Array(bytes.dropLast(5)), to: url)
    #expect(try Self.read(tree).image(at: 199) == Tree.image(199, 0))
    #expect(try FileContents.read(url, limit: 1 << 24) == bytes)
  }

  @Test func `an image that cannot be decoded leaves nothing behind`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    let path = "train/n12267677/images/n12267677_0.JPEG"
    try tree.write([1, 2, 3], path)
    #expect(tree.message { _ = try Self.read(tree) }.hasPrefix("\(path): "))
    #expect(try Self.files(tree) == [])
  }

  @Test func `packing tells how far it is, and an interruption leaves nothing behind`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    func read(_ advanced: (Int, Int) throws -> Void) throws -> any Dataset {
      try DatasetKind.tinyimagenet200.read(
        .train, in: tree.folder.url, cache: tree.folder.file("cache"),
        workers: Workers(count: 2), advanced: advanced)
    }
    #expect(throws: CancellationError.self) { try read { _, _ in throw CancellationError() } }
    #expect(try Self.files(tree) == [])
    var told: [[Int]] = []
    _ = try read { told.append([$0, $1]) }
    #expect(told == [[200, 200]])
    _ = try read { _, _ in Issue.record("what is packed is packed again") }
  }

  @Test func `a fingerprint tells how many images are read`() throws {
    let images = Digits.first(1300, of: .train)
    var told: [Int] = []
    let shown = try images.fingerprint(workers: Workers(count: 2)) { done, total in
      #expect(total == 1300)
      told.append(done)
    }
    // In chunks of 512 images.
    #expect(told == [512, 1024, 1300])
    #expect(try images.fingerprint(workers: Workers(count: 1)) == shown)
    #expect(throws: CancellationError.self) {
      try images.storedFingerprint(workers: Workers(count: 1)) { _, _ in
        throw CancellationError()
      }
    }
  }

  @Test func `readers that pack at once share one file`() async throws {
    let tree = try Tree()
    try tree.writeTrain()
    let root = tree.folder.url
    let cache = tree.folder.file("cache")
    try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
    try Data([1]).write(to: cache.appending(path: ".tinyimagenet200-train-0.npy.partial"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let packed = try DatasetKind.tinyimagenet200.read(.train, in: root, cache: cache)
          #expect(try packed.image(at: 199) == Tree.image(199, 0))
        }
      }
      try await group.waitForAll()
    }
    #expect(try Self.files(tree).count == 1)
  }
}
