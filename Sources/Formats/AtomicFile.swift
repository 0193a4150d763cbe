import Foundation

/// Writes files and folders whole or not at all: beside their place first, then renamed over it.
public enum AtomicFile {
  /// Replaces `url` with what `body` appends to the stream that it is given.
  ///
  /// The data reaches the disk before the rename. On any failure the file beside is removed and
  /// `url` is as it was. Writers of one file take turns; what a killed one left beside is overwritten
  /// by the next. A link is followed, so that the file it leads to is replaced.
  ///
  /// - Throws: `FileError` naming `url` and the system's reason, such as a full disk, or whatever
  ///   `body` throws.
  public static func stream(to url: URL, _ body: (ByteStream) throws -> Void) throws {
    try writeBeside(url) { file, beside, target in
      try body(ByteStream(file: file, url: url))
      guard fsync(file) == 0, rename(beside.path, target.path) == 0 else {
        throw FileError.unwritable(url, errno)
      }
    }
  }

  /// As `stream(to:_:)`, for a library that writes the file at the path that it is given.
  ///
  /// - Throws: `FileError` naming `url`, or whatever `write` throws.
  public static func replace(_ url: URL, writing write: (URL) throws -> Void) throws {
    try writeBeside(url) { _, beside, target in
      let contents = beside.appendingPathExtension("contents")
      removeLeftovers(contents)
      do {
        try write(contents)
        try synchronize(contents, for: url)
        guard rename(contents.path, target.path) == 0 else {
          throw FileError.unwritable(url, errno)
        }
        unlink(beside.path)
      } catch {
        removeLeftovers(contents)
        throw error
      }
    }
  }

  /// Calls `body` with an empty file beside what `url` leads to, its name, and where it is to go.
  private static func writeBeside(
    _ url: URL, _ body: (_ file: Int32, _ beside: URL, _ target: URL) throws -> Void
  ) throws {
    let target = try target(of: url)
    let (file, beside) = try fileBeside(target, for: url)
    defer { close(file) }
    do {
      guard ftruncate(file, 0) == 0 else { throw FileError.unwritable(url, errno) }
      try body(file, beside, target)
    } catch {
      unlink(beside.path)
      throw error
    }
  }

  /// A file beside `target` that nobody else writes.
  private static func fileBeside(_ target: URL, for url: URL) throws -> (Int32, URL) {
    let beside = beside(target)
    do {
      let (file, isLocked) = try FileLock.lockedFile(beside, waits: true)
      if isLocked { return (file, beside) }
      close(file)
    } catch FileError.unwritable(_, EACCES) where unlink(beside.path) == 0 {
      // What another user's process left.
      return try fileBeside(target, for: url)
    } catch FileError.unwritable(_, let code) {
      throw FileError.unwritable(url, code)
    }
    // Without locks a name of its own, which the next writer does not find if this one is killed.
    let own = beside.appendingPathExtension(UUID().uuidString)
    let file = open(own.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw FileError.unwritable(url, errno) }
    return (file, own)
  }

  private static func beside(_ url: URL) -> URL {
    url.deletingLastPathComponent().appendingPathComponent(".\(url.lastPathComponent).partial")
  }

  /// What `url` leads to, if that can be replaced; there may be nothing yet.
  private static func target(of url: URL, linkCount: Int = 0) throws -> URL {
    var status = stat()
    guard lstat(url.path, &status) == 0 else { return url }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return url
    case S_IFDIR: throw FileError.unwritable(url, EISDIR)
    case S_IFLNK:
      guard linkCount < 40 else { throw FileError.unwritable(url, ELOOP) }
      guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: url.path) else {
        throw FileError.unwritable(url, errno)
      }
      let next = URL(fileURLWithPath: path, relativeTo: url.deletingLastPathComponent()).absoluteURL
      return try target(of: next, linkCount: linkCount + 1)
    default: throw FileError.notRegular(url)
    }
  }

  /// Calls `fill` with a new folder beside `url`, then moves it to `url`, where nothing is yet.
  ///
  /// What `fill` wrote reaches the disk before the rename. On any failure the folder beside is
  /// removed; what a killed process left of one is removed by the next.
  ///
  /// - Throws: `FileError` naming `url`, or whatever `fill` throws.
  public static func makeFolder(_ url: URL, filling fill: (URL) throws -> Void) throws {
    let beside = beside(url)
    try? FileManager.default.removeItem(at: beside)
    do {
      try FolderCreation.create(beside)
      try fill(beside)
      // One flush of everything: thousands of small files would wait for one each.
      sync()
      guard rename(beside.path, url.path) == 0 else { throw FileError.unwritable(url, errno) }
    } catch {
      try? FileManager.default.removeItem(at: beside)
      throw error
    }
  }

  /// Removes `beside`, and the files that a library made to write it.
  private static func removeLeftovers(_ beside: URL) {
    let (folder, name) = (beside.deletingLastPathComponent(), beside.lastPathComponent)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for leftover in names where leftover.hasPrefix(name) {
      unlink(folder.appendingPathComponent(leftover).path)
    }
  }

  /// Writes `bytes` into a new file `url`: for files of a folder that is being filled.
  ///
  /// - Throws: `FileError.unwritable`, also where there is such a file or link.
  public static func writeNew(_ bytes: [UInt8], to url: URL) throws {
    let file = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw FileError.unwritable(url, errno) }
    defer { close(file) }
    try bytes.withUnsafeBytes { try ByteStream(file: file, url: url).append($0) }
  }

  /// Replaces `url` with `bytes`.
  ///
  /// - Throws: `FileError` naming `url` and the system's reason, such as a full disk.
  public static func write(_ bytes: some ContiguousBytes, to url: URL) throws {
    try stream(to: url) { stream in try bytes.withUnsafeBytes(stream.append) }
  }

  /// Replaces `url` with `text` in UTF-8.
  ///
  /// - Throws: as `write(_:to:)` of bytes.
  public static func write(_ text: String, to url: URL) throws {
    try write(Array(text.utf8), to: url)
  }

  private static func synchronize(_ beside: URL, for url: URL) throws {
    let file = open(beside.path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileError.unwritable(url, errno) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw FileError.unwritable(url, errno) }
  }
}

/// The open end of a file that is being written.
public struct ByteStream {
  let file: Int32
  let url: URL

  /// Writes to the descriptor `file`; errors name `url`.
  package init(file: Int32, url: URL) {
    self.file = file
    self.url = url
  }

  /// Writes all of `bytes` behind what was written before.
  ///
  /// - Throws: `FileError.unwritable` with the system's reason.
  public func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = write(file, rest.baseAddress, rest.count)
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw FileError.unwritable(url, errno) }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }
}
