import Formats
import Foundation

extension Target {
  static let zip = Target(
    name: "zip", maximumLength: 2048,
    words: [
      "PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "PK\u{6}\u{6}", "PK\u{6}\u{7}",
      "PK\u{7}\u{8}", "../", "/", "\0\0\0\0\0\0\0\0",
    ],
    seeds: {
      try Seed.fixtures("FormatsTests/Fixtures/zip")
        + Seed.fixtures("FormatsTests/Fixtures/numpy", endingIn: "npz")
    },
    read: { input in
      let archive = try ZipArchive(contentsOf: input.url)
      let members = archive.members.compactMap { member in
        input.attempt {
          (name: member.name, bytes: try archive.bytes(of: member.name, atMost: 1 << 16))
        }
      }
      guard input.isChosen, !members.isEmpty else { return }
      try ZipArchive.write(members, to: input.output)
      let copy = try ZipArchive(contentsOf: input.output)
      for member in members {
        let bytes = try copy.bytes(of: member.name, atMost: 1 << 16)
        precondition(bytes == member.bytes)
      }
    })
}
