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

  /// Unpacks into `folder`, which exists and is empty.
  ///
  /// - Throws: `DownloadError`, `ZipError` or `FileError`, or what `advanced` throws.
  func unpack(to folder: URL) throws {
    let archive = try ZipArchive(contentsOf: url)
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
      try write(archive.bytes(of: member.name, atMost: Self.maximumFileSize), to: place)
      written += size
    }
    try advanced(total, total)
  }

  /// Writes a new file; the folder it is in is moved to its place as a whole.
  private func write(_ bytes: [UInt8], to url: URL) throws {
    let file = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw FileError.unwritable(url, errno) }
    defer { close(file) }
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes {
        Foundation.write(file, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw FileError.unwritable(url, errno) }
      written += count
    }
  }
}
