import Formats
import Foundation

/// A tar archive, gzipped or not, that is unpacked by the program tar once its list has been
/// checked.
struct TarArchive {
  let url: URL
  let isCompressed: Bool
  let rules: MemberRules
  /// Called several times a second while members are checked, with bytes read and their total.
  let checked: (Int, Int) throws -> Void
  /// The same while they are unpacked.
  let advanced: (Int, Int) throws -> Void

  /// The files that macOS adds; no data set has them.
  private static let ignored = "--exclude=._*"

  /// Unpacks into `folder`, which exists and is empty.
  ///
  /// - Throws: `DownloadError` for an archive that holds anything but expected files and folders,
  ///   is damaged or needs more room than there is; `FileError`; what `advanced` throws.
  func unpack(to folder: URL) throws {
    let tar = try ChildProgram("tar", debianPackage: "tar")
    let file = open(url.path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileError.unreadable(url, errno) }
    defer { close(file) }
    try DiskSpace.require(try checkedSize(tar, file), at: folder)
    // The names that it writes are what ends it with us: see ChildProgram.
    try run(
      tar, file,
      [
        "--extract", "--verbose", "--directory=\(folder.path)", "--no-same-owner",
        "--no-same-permissions",
      ],
      advanced: advanced)
  }

  /// Checks every member; returns the bytes that the files will take.
  private func checkedSize(_ tar: ChildProgram, _ file: Int32) throws -> Int {
    var (size, rest) = (0, [UInt8]())
    func take(_ line: ArraySlice<UInt8>) throws {
      size = size.addingClamped(try checkedSize(ofMember: String(decoding: line, as: UTF8.self)))
    }
    try run(
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
    advanced: (Int, Int) throws -> Void,
    output: (UnsafeRawBufferPointer) throws -> Void = { _ in }
  ) throws {
    // The program shares our place in the file.
    lseek(file, 0, SEEK_SET)
    var status = stat()
    let total = fstat(file, &status) == 0 ? Int(status.st_size) : 0
    func tick() throws { try advanced(min(Int(lseek(file, 0, SEEK_CUR)), total), total) }
    let options = (isCompressed ? ["--gzip"] : []) + ["--file=-", Self.ignored]
    let result = try tar.run(arguments + options, input: file, output: output, tick: tick)
    try tick()
    guard result.status == 0 else {
      let reason = result.messages.split(separator: "\n").first.map(String.init)
      throw DownloadError.damaged(
        archive: url, reason: reason ?? "tar ended with code \(result.status)")
    }
  }
}
