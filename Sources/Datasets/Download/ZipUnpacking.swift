import Formats
import Foundation

/// Unpacks a zip archive whose members have been checked.
struct ZipUnpacking {
  let url: URL
  let rules: MemberRules
  /// Called with the bytes written and their total, for each file.
  let advanced: (Int, Int) throws -> Void

  /// The largest file that is unpacked, in bytes; those of the data sets have less than a million.
  static let maximumFileSize = 1 << 26

  /// The most files and folders that are unpacked; Tiny-ImageNet-200 has some 120,000.
  private static let maximumMemberCount = 1 << 18

  /// Unpacks into `folder`, which exists and is empty.
  ///
  /// - Throws: `DownloadError`, `ZipError` or `FileError`, or what `advanced` throws.
  func unpack(to folder: URL) throws {
    let archive = try ZipArchive(
      contentsOf: url, maximumMemberCount: Self.maximumMemberCount)
    for member in archive.members { try rules.check(member.name) }
    let sizes = archive.members.map { Int(clamping: $0.byteCount) }
    try DiskSpace.require(
      sizes.reduce(0) { $0.addingClamped(DiskSpace.taken(by: $1)) }, at: folder)
    let total = sizes.reduce(0) { $0.addingClamped($1) }
    var (written, folders) = (0, Set<String>())
    for (member, size) in zip(archive.members, sizes) {
      try advanced(written, total)
      let place = folder.appendingPathComponent(member.name)
      let isFolder = member.name.hasSuffix("/")
      let parent = isFolder ? place : place.deletingLastPathComponent()
      if folders.insert(parent.path).inserted { try FolderCreation.create(parent) }
      guard !isFolder else { continue }
      try AtomicFile.writeNew(
        archive.bytes(of: member.name, atMost: Self.maximumFileSize), to: place)
      written += size
    }
    try advanced(total, total)
  }
}
