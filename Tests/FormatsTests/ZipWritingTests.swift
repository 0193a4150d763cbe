import Formats
import Foundation
import TestSupport
import Testing

struct ZipWritingTests {
  private let members: [(name: String, bytes: [UInt8])] = [
    ("archive/data.pkl", [1, 2, 3]), ("archive/empty", []),
    ("archive/data/0", Array(repeating: 7, count: 1000)),
    ("archive/data/1", Array(0...255)), ("archive/version", Array("3\n".utf8)),
  ]

  @Test func `what is written is read back`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("new.zip")
    try ZipArchive.write(members, to: url)
    let archive = try ZipArchive(contentsOf: url)
    #expect(archive.members.map(\.name) == members.map(\.name))
    #expect(archive.members.allSatisfy { $0.isStored })
    for member in members {
      #expect(try archive.bytes(of: member.name, atMost: 1000) == member.bytes)
    }
    #expect(try folder.names == ["new.zip"])
  }

  @Test func `the same members give the same bytes`() throws {
    let folder = try TemporaryFolder()
    try ZipArchive.write(members, to: folder.file("a.zip"))
    try ZipArchive.write(members, to: folder.file("b.zip"))
    let bytes = try Data(contentsOf: folder.file("a.zip"))
    #expect(try bytes == Data(contentsOf: folder.file("b.zip")))
  }

  /// The layout is that of the ZIP application note, 4.3.7: a header of 30 bytes, the name, extra
  /// fields, the contents.
  @Test func `contents begin on 64-byte boundaries and times are 1980-01-01`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("new.zip")
    try ZipArchive.write(members, to: url)
    let bytes = Array(try Data(contentsOf: url))
    func word(_ offset: Int) -> Int { Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 }
    var offset = 0
    for member in members {
      #expect(bytes[offset..<offset + 4] == [0x50, 0x4B, 3, 4])
      #expect(word(offset + 10) == 0 && word(offset + 12) == 0x21)
      let start = offset + 30 + word(offset + 26) + word(offset + 28)
      #expect(start.isMultiple(of: 64))
      #expect(Array(bytes[start..<start + member.bytes.count]) == member.bytes)
      offset = start + member.bytes.count
    }
    #expect(bytes[offset..<offset + 4] == [0x50, 0x4B, 1, 2])
  }

  @Test(arguments: ["", "/a", "../a", "a/../b"])
  func `unsafe names are not written`(name: String) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("new.zip")
    #expect(throws: ZipError(file: url.path, member: name, problem: .unsafeName)) {
      try ZipArchive.write([("one", [1]), (name, [1])], to: url)
    }
    #expect(throws: ZipError(file: url.path, member: "one", problem: .duplicateName)) {
      try ZipArchive.write([("one", [1]), ("one", [1])], to: url)
    }
    #expect(try folder.names == [])
  }

  @Test func `a path that cannot be written is an error and what exists is kept`() throws {
    let folder = try TemporaryFolder()
    let nowhere = folder.file("missing/new.zip")
    #expect(throws: FileError.unwritable(nowhere, ENOENT)) {
      try ZipArchive.write(members, to: nowhere)
    }
    let occupied = folder.file("folder")
    try FileManager.default.createDirectory(
      at: occupied.appending(path: "inside"), withIntermediateDirectories: true)
    #expect(throws: FileError.unwritable(occupied, EISDIR)) {
      try ZipArchive.write(members, to: occupied)
    }
    #expect(try folder.names == ["folder"])
  }
}
