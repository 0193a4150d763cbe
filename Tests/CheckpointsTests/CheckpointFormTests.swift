import Checkpoints
import Formats
import Foundation
import TestSupport
import Testing

/// The forms of files that are read as checkpoints, and files that are something else.
struct CheckpointFormTests {
  @Test func `a deflated pickle that grows beyond the file is refused`() throws {
    let url = fixture("read/bomb.pt")
    let error = ZipError(
      file: url.path, member: "bomb/data.pkl",
      problem: .tooLarge(declared: 17_000_000, maximum: 1 << 24))
    #expect(throws: error) { try Checkpoint(contentsOf: url) }
  }

  @Test func `files of the older format begin with a pickle of any protocol`() throws {
    let bytes = try Array(Data(contentsOf: fixture("read/legacy-types.pt")))
    let root = try Checkpoint(contentsOf: fixture("read/legacy-types.pt")).root
    let folder = try TemporaryFolder()
    let url = folder.file("legacy.pt")
    let frame: [UInt8] = [0x95, 13, 0, 0, 0, 0, 0, 0, 0]
    for head in [[0x80, 3], [0x80, 4] + frame, [0x80, 5] + frame] as [[UInt8]] {
      try AtomicFile.write(Data(head + bytes.dropFirst(2)), to: url)
      #expect(try Checkpoint(contentsOf: url).root == root)
    }
    for head in [[], [0x80], [0x80, 4] + frame, [0x80, 1] + bytes[2...14]] as [[UInt8]] {
      try AtomicFile.write(Data(head), to: url)
      #expect(throws: (any Error).self) { try Checkpoint(contentsOf: url) }
    }
  }

  @Test func `compressed storages are read`() throws {
    #expect(
      try Checkpoint(contentsOf: fixture("read/deflated.pt")).root
        == Checkpoint(contentsOf: fixture("read/bare.pt")).root)
  }

  @Test func `what is no checkpoint at all`() throws {
    let problem = CheckpointError.Problem.notACheckpoint(
      firstBytes: Array("\"\"\"Write".utf8))
    let error = CheckpointError(file: "a", location: nil, problem: problem)
    #expect(error.description.hasSuffix("begins with the bytes 22 22 22 57 72 69 74 65"))
    let empty = CheckpointError(file: "a", location: nil, problem: .notACheckpoint(firstBytes: []))
    #expect(empty.description == "a: neither a PyTorch nor a safetensors file: an empty file")
    let missing = fixture("read/missing.pt")
    #expect(throws: FileError.unreadable(missing, ENOENT)) { try Checkpoint(contentsOf: missing) }
    let folder = fixture("read")
    #expect(throws: FileError.unreadable(folder, EISDIR)) { try Checkpoint(contentsOf: folder) }
  }

  @Test(arguments: [
    (
      "version https://git-lfs.github.com/spec/v1\nsize 12\n",
      "a Git LFS pointer to a file of 12 bytes"
    ),
    ("<!DOCTYPE html><title>Sign in</title>", "a web page (\"Sign in\")"),
    (
      "{\"weight_map\": {\"a\": \"m-1-of-1.safetensors\"}}",
      "the index of a model in several files (m-1-of-1.safetensors)"
    ), ("Entry not found", "text (\"Entry not found\")"), ("", "an empty file"),
    ("\u{1F}\u{8}gzip", ""),
  ])
  func `what is something else is named as what it is`(text: String, name: String) throws {
    let folder = try TemporaryFolder()
    let url = try folder.file("model.pt", holding: Array(text.utf8))
    let error = #expect(throws: (any Error).self) { try Checkpoint(contentsOf: url) }
    if name.isEmpty {
      #expect(error is CheckpointError)
    } else {
      #expect(
        "\(try #require(error))".hasPrefix("\(url.path): expected a checkpoint, found \(name)"))
    }
  }
}
