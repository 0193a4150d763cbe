import Formats
import Foundation

/// The members of a zip file as a fuzzer likes them: a length of one byte and a name, a length of
/// two bytes and the contents, without checksums or offsets that a mutation would break.
struct MemberList {
  var members: [(name: [UInt8], contents: [UInt8])] = []

  init(_ bytes: [UInt8]) {
    var rest = bytes[...]
    func take(_ count: Int) -> [UInt8] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    while !rest.isEmpty {
      let name = take(Int(take(1)[0]))
      let length = take(2).reversed().reduce(0) { $0 << 8 | Int($1) }
      members.append((name, take(length)))
    }
  }

  /// The members of a zip file; nil if it is none.
  init?(ofArchive bytes: [UInt8]) {
    let file = MemoryFile()
    file.hold(bytes)
    guard let archive = try? ZipArchive(contentsOf: file.url) else { return nil }
    for member in archive.members {
      guard let contents = try? archive.bytes(of: member.name, atMost: 0xFFFF) else { return nil }
      members.append((Array(member.name.utf8), contents))
    }
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for (name, contents) in members {
      bytes.append(UInt8(truncatingIfNeeded: name.count))
      bytes += name
      bytes += little(contents.count, 2)
      bytes += contents
    }
    return bytes
  }

  /// A zip file in which the members are stored.
  var archive: [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for (name, contents) in members {
      // Version, flags, method and time; checksum and sizes; the lengths of name and extra field.
      var common = little(20, 2) + little(0, 8) + little(Int(checksum(contents)), 4)
      common += little(contents.count, 4) + little(contents.count, 4)
      common += little(name.count, 2) + little(0, 2)
      directory += Array("PK\u{1}\u{2}".utf8) + little(20, 2) + common + little(0, 10)
      directory += little(file.count, 4) + name
      file += Array("PK\u{3}\u{4}".utf8) + common + name + contents
    }
    let start = file.count
    file += directory + Array("PK\u{5}\u{6}".utf8) + little(0, 4)
    file += little(members.count, 2) + little(members.count, 2)
    file += little(directory.count, 4) + little(start, 4) + little(0, 2)
    return file
  }

  private func little(_ number: Int, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 < 8 ? number >> (8 * $0) : 0) }
  }
}

/// CRC-32 as zip and PNG files have it.
func checksum(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~0) { sum, byte in checksumTable[Int(UInt8(sum & 0xFF) ^ byte)] ^ sum >> 8 }
}

private let checksumTable: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? 0xEDB8_8320 ^ sum >> 1 : sum >> 1 }
}
