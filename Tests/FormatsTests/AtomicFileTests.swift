import Formats
import Foundation
import TestSupport
import Testing

struct AtomicFileTests {
  private struct Failure: Error {}

  private func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

  @Test func `a body that fails leaves the old file and no temporary file`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("a")
    try AtomicFile.write("old", to: url)
    #expect(throws: Failure.self) {
      try AtomicFile.stream(to: url) { stream in
        try Array("new".utf8).withUnsafeBytes(stream.append)
        throw Failure()
      }
    }
    #expect(throws: Failure.self) {
      try AtomicFile.replace(url) { temporary in
        try Data("new".utf8).write(to: temporary)
        try Data("temporary".utf8).write(to: temporary.appendingPathExtension("x1"))
        throw Failure()
      }
    }
    #expect(try text(url) == "old")
    #expect(try folder.names == ["a"])
  }

  @Test func `the temporary file of a killed process is overwritten`() throws {
    let folder = try TemporaryFolder()
    for name in [".a.partial", ".a.partial.contents", ".a.partial.contents.x1"] {
      _ = try folder.file(name, holding: Array("a long piece of something else".utf8))
    }
    try AtomicFile.replace(folder.file("a")) { try Data("zip".utf8).write(to: $0) }
    #expect(try text(folder.file("a")) == "zip")
    _ = try folder.file(".a.partial", holding: Array("a long piece of something else".utf8))
    try AtomicFile.write("new", to: folder.file("a"))
    #expect(try text(folder.file("a")) == "new")
    #expect(try folder.names == ["a"])
  }

  @Test func `many writers of one file each write all of it`() async throws {
    let folder = try TemporaryFolder()
    let url = folder.file("a")
    let length = 100_000
    try await withThrowingTaskGroup { group in
      for writer in UInt8(0)..<8 {
        group.addTask {
          for round in 0..<20 {
            let bytes = Array(repeating: writer, count: length)
            if round.isMultiple(of: 2) {
              try AtomicFile.write(bytes, to: url)
            } else {
              try AtomicFile.replace(url) { try Data(bytes).write(to: $0) }
            }
            let found = try FileContents.read(url, limit: length)
            #expect(found.count == length && Set(found).count == 1)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try folder.names == ["a"])
  }

  @Test func `the file that a link refers to is replaced`() throws {
    let folder = try TemporaryFolder()
    try FolderCreation.create(folder.file("shared"))
    try AtomicFile.write("old", to: folder.file("shared/a"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("a").path, withDestinationPath: "shared/a")
    try AtomicFile.write("new", to: folder.file("a"))
    #expect(try text(folder.file("shared/a")) == "new")
    var status = stat()
    #expect(lstat(folder.file("a").path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
  }

  @Test func `the file that a link refers to is created`() throws {
    let folder = try TemporaryFolder()
    try FolderCreation.create(folder.file("shared"))
    for (link, destination) in [("a", "b"), ("b", "shared/../shared/c")] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.file(link).path, withDestinationPath: destination)
    }
    try AtomicFile.write("new", to: folder.file("a"))
    #expect(try text(folder.file("shared/c")) == "new")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("ring").path, withDestinationPath: "ring")
    #expect(throws: FileError.self) { try AtomicFile.write("new", to: folder.file("ring")) }
    #expect(try folder.names == ["a", "b", "ring", "shared"])
  }

  @Test func `pipes, folders and devices are not replaced`() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.file("pipe")
    #expect(mkfifo(pipe.path, 0o644) == 0)
    #expect(throws: FileError.notRegular(pipe)) { try AtomicFile.write("x", to: pipe) }
    let device = URL(filePath: "/dev/null")
    #expect(throws: FileError.notRegular(device)) { try AtomicFile.write("x", to: device) }
    #expect(throws: FileError.unwritable(folder.url, EISDIR)) {
      try AtomicFile.write("x", to: folder.url)
    }
    #expect(try folder.names == ["pipe"])
  }

  @Test func `a new file does not replace an existing one`() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.writeNew([1], to: folder.file("a"))
    #expect(throws: FileError.unwritable(folder.file("a"), EEXIST)) {
      try AtomicFile.writeNew([2], to: folder.file("a"))
    }
    #expect(try FileContents.read(folder.file("a"), limit: 9) == [1])
  }
}

struct FileLockTests {
  @Test func `a lock is held until it is released or its holder ends`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("lock")
    let first = try FileLock(url)
    #expect(throws: FileError.inUse(url)) { try FileLock(url) }
    first.release()
    var second: FileLock? = try FileLock(url)
    #expect(throws: FileError.inUse(url)) { try FileLock(url) }
    withExtendedLifetime(second) {}
    second = nil
    _ = try FileLock(waitingFor: url)
  }
}
