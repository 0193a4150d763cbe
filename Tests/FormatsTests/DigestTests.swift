import Formats
import Foundation
import Testing

struct DigestTests {
  /// FIPS 180-2, appendix B.
  @Test(arguments: [
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `published answers, from memory and from files`(text: String, expected: String) throws {
    #expect(Digest(of: Array(text.utf8)).description == expected)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let halves = [text.prefix(2), text.dropFirst(2)].enumerated().map { index, part in
      (folder.appendingPathComponent("\(index)"), String(part))
    }
    for (url, part) in halves { try AtomicFile.write(part, to: url) }
    #expect(try Digest(ofFiles: halves.map(\.0)).description == expected)
    #expect(throws: FileError.unreadable(folder.appendingPathComponent("none"), ENOENT)) {
      try Digest(ofFiles: [folder.appendingPathComponent("none")])
    }
  }
}
