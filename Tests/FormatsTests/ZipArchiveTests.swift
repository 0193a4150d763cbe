import Formats
import Foundation
import TestSupport
import Testing

/// Archives that Python's `zipfile` wrote (`Fixtures/make_zips.py`), and our own.
struct ZipArchiveTests {
  private let text = Array(String(repeating: "the quick brown fox ", count: 20).utf8)

  private func archive(_ name: String) throws -> ZipArchive {
    try ZipArchive(contentsOf: fixture("zip/\(name).zip"))
  }

  private func error(
    _ name: String, _ member: String?, _ problem: ZipError.Problem
  ) -> ZipError {
    ZipError(file: fixture("zip/\(name).zip").path, member: member, problem: problem)
  }

  @Test(arguments: ["stored", "deflated", "zip64", "zip64-end"])
  func `members and their contents`(name: String) throws {
    let archive = try archive(name)
    #expect(archive.members.map(\.name) == ["folder/one", "folder/empty", "two"])
    #expect(archive.members.map(\.byteCount) == [400, 0, 256])
    #expect(archive.members.allSatisfy { $0.isStored == (name != "deflated") })
    #expect(try archive.bytes(of: "folder/one", atMost: 400) == text)
    #expect(try archive.bytes(of: "folder/empty", atMost: 0) == [])
    #expect(try archive.bytes(of: "two", atMost: 1 << 40) == Array(0...255))
    #expect(throws: error(name, "three", .missing)) { try archive.bytes(of: "three", atMost: 1) }
  }

  @Test(arguments: [
    ("climbing", "folder/../../etc/passwd" as String?, ZipError.Problem.unsafeName),
    ("absolute", "/etc/passwd", .unsafeName), ("duplicate", nil, .duplicateName),
    ("bzip2", "one", .unsupportedCompression(method: 12)),
    ("inside-one-another", "b", .overlappingMembers),
    ("crowded", nil, .tooManyMembers(found: 1 << 62, maximum: 1032 / 76)),
    (
      "impossible", "one",
      .damaged("27 deflated bytes cannot hold the declared 4000000000")
    ),
  ])
  func `archives refused as they are opened`(
    name: String, member: String?, problem: ZipError.Problem
  ) {
    #expect(throws: error(name, member, problem)) { try archive(name) }
  }

  @Test func `as many members are read as the caller allows, or as there are`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("many.zip")
    let limit = 1 << 16
    try ZipArchive.write((0...limit).map { (name: "\($0)", bytes: []) }, to: url)
    let problem = ZipError.Problem.tooManyMembers(found: UInt64(limit) + 1, maximum: limit)
    #expect(throws: ZipError(file: url.path, member: nil, problem: problem)) {
      try ZipArchive(contentsOf: url, maximumMemberCount: limit)
    }
    #expect(try ZipArchive(contentsOf: url).members.last?.name == "\(limit)")
  }

  @Test(arguments: ["stored", "deflated", "zip64", "zip64-end"])
  func `bytes after the end are passed over, as far as the end is searched for`(
    name: String
  ) throws {
    let folder = try TemporaryFolder()
    let original = try fixtureBytes("zip/\(name).zip")
    let members = try archive(name).members
    for count in [1, 19, 22, 4096, 65_535] {
      for byte in [0, 0x50, 0xFF] as [UInt8] {
        let bytes = original + Array(repeating: byte, count: count)
        let archive = try ZipArchive(contentsOf: folder.file("followed.zip", holding: bytes))
        #expect(archive.members == members)
        #expect(try archive.bytes(of: "folder/one", atMost: 400) == text)
      }
    }
    let far = original + Array(repeating: 0, count: 70_000)
    #expect(throws: ZipError.self) {
      try ZipArchive(contentsOf: folder.file("far.zip", holding: far))
    }
  }

  @Test func `an archive in an archive is a member like others`() throws {
    let folder = try TemporaryFolder()
    for inner in ["stored", "zip64-end", "crowded"] {
      let bytes = try fixtureBytes("zip/\(inner).zip")
      let url = folder.file("outer.zip")
      try ZipArchive.write([("model.pt", bytes)], to: url)
      #expect(try ZipArchive(contentsOf: url).bytes(of: "model.pt", atMost: 10_000) == bytes)
    }
  }

  @Test func `a checksum of 0 stands for none, and another is verified`() throws {
    let folder = try TemporaryFolder()
    var bytes = try fixtureBytes("zip/stored.zip")
    let start = try #require(bytes.firstRange(of: text)?.lowerBound)
    bytes[start] ^= 1
    // The checksums of the first member: in its header, and in the directory.
    let entry = try #require(bytes.firstRange(of: Array("PK\u{1}\u{2}".utf8))?.lowerBound)
    var unchecked = bytes
    for place in [14, entry + 16] {
      unchecked.replaceSubrange(place..<place + 4, with: [0, 0, 0, 0])
    }
    let archive = try ZipArchive(contentsOf: folder.file("unchecked.zip", holding: unchecked))
    #expect(try archive.bytes(of: "folder/one", atMost: 400) == Array(bytes[start..<start + 400]))
    let checked = try ZipArchive(contentsOf: folder.file("checked.zip", holding: bytes))
    #expect(throws: ZipError.self) { try checked.bytes(of: "folder/one", atMost: 400) }
  }

  @Test func `deflated members are read up to a limit in proportion to the file`() throws {
    let names = ["folder/one", "folder/empty", "two"]
    let storages = try archive("deflated").storages(of: names) { _, _ in }
    #expect(storages[0].withBytes { Array($0) } == text)
    #expect(storages.map { $0.withBytes(\.count) } == [400, 0, 256])
    // A stored member that the headers call deflated from 290 MB.
    let folder = try TemporaryFolder()
    let url = folder.file("bomb.zip")
    try ZipArchive.write([("zeros", Array(repeating: 0, count: 300_000))], to: url)
    var bytes = Array(try Data(contentsOf: url))
    let entry = try #require(bytes.firstRange(of: Array("PK\u{1}\u{2}".utf8))?.lowerBound)
    for (method, size) in [(8, 22), (entry + 10, entry + 24)] {
      bytes[method] = 8
      let declared = withUnsafeBytes(of: UInt32(290_000_000).littleEndian) { Array($0) }
      bytes.replaceSubrange(size..<size + 4, with: declared)
    }
    let bomb = try ZipArchive(contentsOf: folder.file("bomb.zip", holding: bytes))
    let problem = ZipError.Problem.tooLarge(
      declared: 290_000_000, maximum: 1 << 28 + 16 * bytes.count)
    #expect(throws: ZipError(file: url.path, member: "zeros", problem: problem)) {
      try bomb.storages(of: ["zeros"]) { _, _ in }
    }
  }

  @Test func `what to do about an archive that is cut short is said`() {
    let error = ZipError(file: "a.pt", member: nil, problem: .malformed("Not a zip archive"))
    #expect(
      error.description
        == "a.pt: not a complete zip archive: Not a zip archive; the file may be cut "
        + "short, copy or download it again")
  }

  @Test func `stored members are read on several threads, the first failure is named`() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 3)
    let members = (0..<20).map { index in
      (
        name: "m\(index)",
        bytes: (0..<index * 50_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
      )
    }
    let url = folder.file("many.zip")
    try ZipArchive.write(members, to: url)
    let names = members.map(\.name).reversed() as [String]
    let storages = try ZipArchive(contentsOf: url).storages(of: names) { index, bytes in
      if index == 0 { bytes[0] = ~bytes[0] }
    }
    var expected = members.map(\.bytes).reversed() as [[UInt8]]
    expected[0][0] = ~expected[0][0]
    #expect(storages.map { $0.withBytes { Array($0) } } == expected)

    var bytes = Array(try Data(contentsOf: url))
    for index in [7, 12] {
      bytes[try #require(bytes.firstRange(of: members[index].bytes)?.lowerBound)] ^= 1
    }
    try Data(bytes).write(to: url)
    let damaged = ZipError(file: url.path, member: "m12", problem: .damaged("CRC error"))
    #expect(throws: damaged) {
      try ZipArchive(contentsOf: url).storages(of: names) { _, _ in }
    }
  }

  @Test func `an archive that is replaced while it is open is read to its end`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("replaced.zip")
    try ZipArchive.write([("one", [1, 2, 3])], to: url)
    let archive = try ZipArchive(contentsOf: url)
    try ZipArchive.write([("one", [4, 5, 6])], to: url)
    let storage = try archive.storages(of: ["one"]) { _, _ in }[0]
    #expect(storage.withBytes { Array($0) } == [1, 2, 3])
  }

  @Test func `a bomb is refused by its declared size before anything is allocated`() throws {
    let bomb = try archive("bomb")
    let problem = ZipError.Problem.tooLarge(declared: 20_000_000, maximum: 1_000_000)
    #expect(throws: error("bomb", "zeros", problem)) {
      try bomb.bytes(of: "zeros", atMost: 1_000_000)
    }
  }

  @Test(arguments: ["understated", "overstated"])
  func `a declared size that is not that of the data`(name: String) throws {
    let archive = try archive(name)
    let failure = #expect(throws: ZipError.self) { try archive.bytes(of: "one", atMost: 10_000) }
    guard failure?.member == "one", case .damaged = failure?.problem else {
      Issue.record("\(String(describing: failure))")
      return
    }
  }

  @Test func `every flipped bit of the data is noticed, every cut as well`() throws {
    let folder = try TemporaryFolder()
    let original = try fixtureBytes("zip/stored.zip")
    let start = try #require(original.firstRange(of: text)?.lowerBound)
    for bit in stride(from: 0, to: text.count * 8, by: 7) {
      var bytes = original
      bytes[start + bit / 8] ^= 1 << (bit % 8)
      let url = try folder.file("damaged.zip", holding: bytes)
      let archive = try ZipArchive(contentsOf: url)
      let expected = ZipError(
        file: url.path, member: "folder/one", problem: .damaged("CRC error"))
      #expect(throws: expected) { try archive.bytes(of: "folder/one", atMost: 400) }
    }
    for count in original.indices {
      let url = try folder.file("damaged.zip", holding: original.prefix(count))
      #expect(throws: ZipError.self) { try ZipArchive(contentsOf: url) }
    }
  }

  @Test func `what is not an archive`() throws {
    let url = fixture("make_zips.py")
    #expect(
      throws: ZipError(file: url.path, member: nil, problem: .malformed("Not a zip archive"))
    ) { try ZipArchive(contentsOf: url) }
    let missing = fixture("zip/missing.zip")
    #expect(throws: FileError.unreadable(missing, ENOENT)) { try ZipArchive(contentsOf: missing) }
    let folder = fixture("zip")
    #expect(throws: FileError.unreadable(folder, EISDIR)) { try ZipArchive(contentsOf: folder) }
  }

  @Test func `mutated archives are read or refused, never a crash`() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 23)
    for name in ["stored", "deflated", "zip64-end", "inside-one-another"] {
      let original = try fixtureBytes("zip/\(name).zip")
      for _ in 0..<500 {
        let bytes = original.mutated(using: &generator)
        let url = try folder.file("mutated.zip", holding: bytes)
        do {
          let archive = try ZipArchive(contentsOf: url)
          for member in archive.members { _ = try archive.bytes(of: member.name, atMost: 4000) }
        } catch is ZipError {}
      }
    }
  }
}
