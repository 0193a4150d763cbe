import Formats
import Foundation
import TestSupport
import Testing

struct RegularFileTests {
  @Test func `what is no regular file is named as what it is, without waiting for it`() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.file("pipe")
    try #require(mkfifo(pipe.path, 0o600) == 0)
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // A short relative name would do, but the current folder is all tests'.
    let path = Array("/tmp/mixmo-\(UUID().uuidString.prefix(8))".utf8)
    defer { unlink(String(decoding: path, as: UTF8.self)) }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let isBound = withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    try #require(isBound)
    let socket = URL(fileURLWithPath: String(decoding: path, as: UTF8.self))
    for (url, kind) in [
      (pipe, "a pipe"), (URL(fileURLWithPath: "/dev/null"), "a device"), (socket, "a socket"),
    ] {
      let expected = FileError.notAFile(url, kind)
      #expect(throws: expected) { try FileContents.read(url, limit: 10) }
      #expect(throws: expected) { try NumPyArray(contentsOf: url) }
      #expect(throws: expected) { try CSVTable(contentsOf: url) }
      #expect(
        "\(expected)"
          == "\(url.path): expected a regular file, found \(kind); write its content to a file, and "
          + "name that")
    }
  }
}
