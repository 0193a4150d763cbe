import Formats
import Foundation
import Processes

/// What an archive may hold: plain files and folders below one of the known folders.
struct MemberRules: Sendable {
  let archive: URL
  let topFolders: [String]

  /// - Throws: `DownloadError.unsafeMember` for a name that is absolute, has `..`, or is not below
  ///   one of the folders.
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

/// A tar archive, with or without gzip, that the program tar unpacks after a check of its list.
struct TarArchive: Sendable {
  let url: URL
  let isCompressed: Bool
  let rules: MemberRules
  /// Called several times a second while members are checked, with the bytes read and their total.
  let checked: @Sendable (Int, Int) throws -> Void
  /// The same while they are unpacked.
  let advanced: @Sendable (Int, Int) throws -> Void

  /// The files that macOS adds; no data set has them.
  private static let ignored = "--exclude=._*"

  /// Unpacks into `folder`, which exists and is empty.
  ///
  /// - Throws: `DownloadError` for an archive that holds anything but expected files and folders,
  ///   is damaged or needs more space than the disk has; `ChildProgramError`; `FileError`; what the
  ///   closures throw.
  func unpack(to folder: URL) async throws {
    let tar = try ChildProgram("tar", debianPackage: "tar")
    let file = open(url.path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileError.unreadable(url, errno) }
    defer { close(file) }
    try DiskSpace.require(try await checkedSize(tar, file), at: folder)
    // Verbose: writing the names is what ends tar soon after this process (see `ChildProgram`).
    try await run(
      tar, file,
      [
        "--extract", "--verbose", "--directory=\(folder.path)", "--no-same-owner",
        "--no-same-permissions",
      ],
      advanced: advanced)
  }

  /// Checks every member; returns the bytes that the files will take on disk.
  private func checkedSize(_ tar: ChildProgram, _ file: Int32) async throws -> Int {
    var (size, rest) = (0, [UInt8]())
    func take(_ line: ArraySlice<UInt8>) throws {
      size = size.addingClamped(try checkedSize(ofMember: String(decoding: line, as: UTF8.self)))
    }
    try await run(
      tar, file,
      [
        "--list", "--verbose", "--numeric-owner", "--full-time", "--quoting-style=escape",
        "--absolute-names",
      ],
      advanced: checked
    ) { bytes in
      rest += bytes
      var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      rest = Array(lines.removeLast())
      for line in lines { try take(line) }
    }
    if !rest.isEmpty { try take(rest[...]) }
    return size
  }

  /// Reads a line such as `-rw-r--r-- 0/0 3072 2009-06-04 20:36:28 folder/name`.
  private func checkedSize(ofMember line: String) throws -> Int {
    let fields = line.split(separator: " ", maxSplits: 5)
    guard fields.count == 6 else { throw rules.refusal(line, "not understood") }
    let name = String(fields[5])
    guard let kind = line.first, kind == "-" || kind == "d" else {
      throw rules.refusal(name, "a link or device")
    }
    try rules.check(name)
    guard let size = Int(fields[2]), size >= 0 else {
      throw rules.refusal(name, "its size is \"\(fields[2])\"")
    }
    return DiskSpace.taken(by: size)
  }

  private func run(
    _ tar: ChildProgram, _ file: Int32, _ arguments: [String],
    advanced: @escaping @Sendable (Int, Int) throws -> Void,
    output: (UnsafeRawBufferPointer) throws -> Void = { _ in }
  ) async throws {
    lseek(file, 0, SEEK_SET)
    var status = stat()
    let total = fstat(file, &status) == 0 ? Int(status.st_size) : 0
    // tar shares the file's offset, so the offset is the number of bytes that it has read.
    func tick() throws {
      try advanced(min(Int(lseek(file, 0, SEEK_CUR)), total), total)
    }
    let options = (isCompressed ? ["--gzip"] : []) + ["--file=-", Self.ignored]
    let result = try await tar.run(
      arguments + options, input: .file(file), output: output, tick: tick)
    try tick()
    guard result.status == 0 else {
      let reason = result.messages.split(separator: "\n").first.map(String.init)
      throw DownloadError.damaged(
        archive: url, reason: reason ?? "tar ended with code \(result.status)")
    }
  }
}

/// A zip archive that is unpacked after a check of its members.
struct ZipUnpacking {
  let url: URL
  let rules: MemberRules
  /// Called before each member with the bytes written and their total.
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
      let destination = folder.appendingPathComponent(member.name)
      let isFolder = member.name.hasSuffix("/")
      let parent = isFolder ? destination : destination.deletingLastPathComponent()
      if folders.insert(parent.path).inserted { try FolderCreation.create(parent) }
      guard !isFolder else { continue }
      try AtomicFile.writeNew(
        archive.bytes(of: member.name, atMost: Self.maximumFileSize), to: destination)
      written += size
    }
    try advanced(total, total)
  }
}

/// The free space of a disk.
enum DiskSpace {
  /// The space that a file takes is a multiple of this on nearly every file system.
  static let blockSize = 4096

  /// The bytes on disk that a file of `byteCount` bytes takes.
  static func taken(by byteCount: Int) -> Int {
    let (sum, overflow) = byteCount.addingReportingOverflow(blockSize - 1)
    return overflow ? .max : sum / blockSize * blockSize
  }

  /// - Throws: `DownloadError.notEnoughSpace` if the disk of `folder` has less than `byteCount`
  ///   free.
  static func require(_ byteCount: Int, at folder: URL) throws {
    var status = statvfs()
    guard statvfs(folder.path, &status) == 0 else { return }
    let (free, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
      by: UInt64(status.f_frsize))
    let available = overflow ? Int.max : Int(clamping: free)
    guard byteCount <= available else {
      throw DownloadError.notEnoughSpace(folder, needed: byteCount, available: available)
    }
  }
}

extension Int {
  /// The sum, or the largest number if the sum overflows.
  func addingClamped(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
