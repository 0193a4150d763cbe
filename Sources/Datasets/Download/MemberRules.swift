import Foundation

/// The rules for what an archive may hold: plain files and folders below one known folder.
struct MemberRules {
  let archive: URL
  let topFolders: [String]

  /// - Throws: `DownloadError.unsafeMember` for a name that is absolute, climbs or lies outside.
  func check(_ name: String) throws {
    guard !name.hasPrefix("/") else { throw refusal(name, "an absolute name") }
    guard !name.contains("\\") else { throw refusal(name, "an escaped character in its name") }
    let parts = name.split(separator: "/").drop { $0 == "." }
    guard !parts.contains("..") else { throw refusal(name, "'..' in its name") }
    guard let top = parts.first else { return }
    guard topFolders.contains(String(top)) else {
      throw refusal(name, "expected below \(topFolders.joined(separator: " or "))")
    }
  }

  func refusal(_ member: String, _ reason: String) -> DownloadError {
    .unsafeMember(archive: archive, member: member, reason: reason)
  }
}
