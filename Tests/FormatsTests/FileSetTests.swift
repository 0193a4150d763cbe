import Formats
import Foundation
import TestSupport
import Testing

struct FileSetTests {
  private func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

  @Test func `all files are written, in folders that are made`() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("old", to: folder.file("a"))
    var files = FileSet()
    files.add(folder.file("a"), "new")
    files.add(folder.file("deep/er/b"), [7])
    try files.write()
    #expect(try text(folder.file("a")) == "new")
    #expect(try FileContents.read(folder.file("deep/er/b"), limit: 9) == [7])
    #expect(try folder.names == ["a", "deep"])
  }

  @Test func `where one file cannot be written, nothing changes`() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("old", to: folder.file("a"))
    try FolderCreation.create(folder.file("z"))
    var files = FileSet()
    for name in ["a", "b", "new/c", "z"] { files.add(folder.file(name), "new") }
    #expect(throws: FileError.unwritable(folder.file("z"), EISDIR)) { try files.write() }
    #expect(try text(folder.file("a")) == "old")
    #expect(try folder.names == ["a", "z"])
  }

  @Test func `what a killed process left is removed`() throws {
    let folder = try TemporaryFolder()
    for name in [".a.staged", ".other.staged"] {
      _ = try folder.file(name, holding: Array("a long piece of something else".utf8))
    }
    var files = FileSet()
    files.add(folder.file("a"), "new")
    try files.write()
    #expect(try text(folder.file("a")) == "new")
    #expect(try folder.names == ["a"])
  }

  @Test func `the file that a link refers to is replaced`() throws {
    let folder = try TemporaryFolder()
    try FolderCreation.create(folder.file("shared"))
    try AtomicFile.write("old", to: folder.file("shared/a"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("a").path, withDestinationPath: "shared/a")
    var files = FileSet()
    files.add(folder.file("a"), "new")
    try files.write()
    #expect(try text(folder.file("shared/a")) == "new")
    #expect(try folder.names == ["a", "shared"])
  }
}
