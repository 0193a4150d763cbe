import Formats
import Foundation
import TestSupport
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
    let folder = try TemporaryFolder()
    var halves: [URL] = []
    for (name, part) in [("0", text.prefix(2)), ("1", text.dropFirst(2))] {
      halves.append(try folder.file(name, holding: part.utf8))
    }
    #expect(try Digest(ofFiles: halves).description == expected)
    let missing = folder.file("none")
    #expect(throws: FileError.unreadable(missing, ENOENT)) { try Digest(ofFiles: [missing]) }
  }

  /// RFC 1321, appendix A.5.
  @Test(arguments: [
    ("", "d41d8cd98f00b204e9800998ecf8427e"),
    ("a", "0cc175b9c0f1b6a831c399e269772661"),
    ("abc", "900150983cd24fb0d6963f7d28e17f72"),
    ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
    (
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
      "d174ab98d277d9f5a5611c2c9f419d9f"
    ),
    (
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
      "57edf4a22be3c955ac49da2e2107b67a"
    ),
  ])
  func `published answers of MD5`(text: String, expected: String) {
    #expect(Digest(of: Array(text.utf8), algorithm: .md5).description == expected)
  }

  @Test func `hashing a file reports its progress and can be stopped`() throws {
    struct Stopped: Error {}
    let folder = try TemporaryFolder()
    let bytes = [UInt8](repeating: 7, count: 2_500_000)
    let file = try folder.file("sevens", holding: bytes)
    var done = 0
    let digest = try Digest(ofFiles: [file], algorithm: .md5) { done += $0 }
    #expect(done == bytes.count)
    #expect(digest == Digest(of: bytes, algorithm: .md5))
    #expect(throws: Stopped.self) { try Digest(ofFiles: [file]) { _ in throw Stopped() } }
  }
}
