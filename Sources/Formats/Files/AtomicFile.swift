import Foundation

/// Writes files and folders completely or not at all: under a temporary name in the same folder
/// first, which is then renamed.
public enum AtomicFile {
  /// Replaces `url` with what `body` appends to the stream that it is given.
  ///
  /// The data is on the disk before the rename. On any failure the temporary file is removed and
  /// `url` is unchanged. Writers of the same file wait for each other; the temporary file of a
  /// killed writer is overwritten by the next. If `url` is a symbolic link, the file that it refers
  /// to is replaced.
  ///
  /// - Throws: `FileError` naming `url` and the system's reason, such as a full disk, or what `body`
  ///   throws.
  public static func stream(to url: URL, _ body: (ByteStream) throws -> Void) throws {
    try writeTemporary(for: url) { file, temporary, target in
      try body(ByteStream(file: file, url: url))
      guard fsync(file) == 0, rename(temporary.path, target.path) == 0 else {
        throw FileError.unwritable(url, errno)
      }
    }
  }

  /// As `stream(to:_:)`, for a library that writes to a path.
  ///
  /// - Throws: `FileError` naming `url`, or what `write` throws.
  public static func replace(_ url: URL, writing write: (URL) throws -> Void) throws {
    try writeTemporary(for: url) { _, temporary, target in
      let contents = temporary.appendingPathExtension("contents")
      removeLeftovers(contents)
      do {
        try write(contents)
        try synchronize(contents, for: url)
        guard rename(contents.path, target.path) == 0 else {
          throw FileError.unwritable(url, errno)
        }
        unlink(temporary.path)
      } catch {
        removeLeftovers(contents)
        throw error
      }
    }
  }

  /// Replaces `url` with `bytes`.
  ///
  /// - Throws: `FileError` naming `url` and the system's reason, such as a full disk.
  public static func write(_ bytes: some ContiguousBytes, to url: URL) throws {
    try stream(to: url) { stream in try bytes.withUnsafeBytes(stream.append) }
  }

  /// Replaces `url` with `text` in UTF-8.
  ///
  /// - Throws: As `write(_:to:)` of bytes.
  public static func write(_ text: String, to url: URL) throws {
    try write(Array(text.utf8), to: url)
  }

  /// Writes `bytes` to a new file `url`, directly: for files of a folder that `makeFolder` fills.
  ///
  /// - Throws: `FileError.unwritable`, also if a file or link of this name exists.
  public static func writeNew(_ bytes: [UInt8], to url: URL) throws {
    try writeNew(bytes, to: url, isSynchronized: false)
  }

  /// The same; where `isSynchronized`, the bytes are on the disk when this returns.
  static func writeNew(_ bytes: [UInt8], to url: URL, isSynchronized: Bool) throws {
    let file = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw FileError.unwritable(url, errno) }
    do {
      try bytes.withUnsafeBytes { try ByteStream(file: file, url: url).append($0) }
      guard !isSynchronized || fsync(file) == 0 else { throw FileError.unwritable(url, errno) }
    } catch {
      close(file)
      throw error
    }
    // Some file systems say only now that the disk is full.
    guard close(file) == 0 else { throw FileError.unwritable(url, errno) }
  }

  /// Calls `fill` with a new temporary folder, then renames it to `url`, which must not exist.
  ///
  /// What `fill` wrote is on the disk before the rename. On any failure the temporary folder is
  /// removed; that of a killed process is removed by the next call. One process at a time may make a
  /// folder, which a lock of the caller makes sure of.
  ///
  /// - Throws: `FileError` naming `url`, or what `fill` throws.
  public static func makeFolder(_ url: URL, filling fill: (URL) throws -> Void) throws {
    let temporary = temporaryName(of: url)
    try? FileManager.default.removeItem(at: temporary)
    do {
      try FolderCreation.create(temporary)
      try fill(temporary)
      // One flush of the whole file system: thousands of small files would each wait for their own.
      sync()
      guard rename(temporary.path, url.path) == 0 else { throw FileError.unwritable(url, errno) }
    } catch {
      try? FileManager.default.removeItem(at: temporary)
      throw error
    }
  }

  // MARK: Temporary files

  /// Calls `body` with an empty temporary file for what `url` refers to, its path, and the path that
  /// it is to be renamed to.
  private static func writeTemporary(
    for url: URL, _ body: (_ file: Int32, _ temporary: URL, _ target: URL) throws -> Void
  ) throws {
    let target = try target(of: url)
    let (file, temporary) = try temporaryFile(for: target, named: url)
    defer { close(file) }
    do {
      guard ftruncate(file, 0) == 0 else { throw FileError.unwritable(url, errno) }
      try body(file, temporary, target)
    } catch {
      unlink(temporary.path)
      throw error
    }
  }

  /// The temporary file for `target`, locked against other writers; errors name `url`.
  private static func temporaryFile(for target: URL, named url: URL) throws -> (Int32, URL) {
    let temporary = temporaryName(of: target)
    do {
      let (file, isLocked) = try FileLock.lockedFile(temporary, waits: true)
      if isLocked { return (file, temporary) }
      close(file)
    } catch FileError.unwritable(_, EACCES) where unlink(temporary.path) == 0 {
      // A killed process of another user left it.
      return try temporaryFile(for: target, named: url)
    } catch FileError.unwritable(_, let code) {
      throw FileError.unwritable(url, code)
    }
    // Without locks each writer needs its own name; the file of a killed writer then stays.
    let unique = temporary.appendingPathExtension(UUID().uuidString)
    let file = open(unique.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw FileError.unwritable(url, errno) }
    return (file, unique)
  }

  private static func temporaryName(of url: URL) -> URL {
    url.deletingLastPathComponent().appendingPathComponent(".\(url.lastPathComponent).partial")
  }

  /// The file that `url` refers to through any links, which may not exist yet; throws if it cannot
  /// be replaced.
  static func target(of url: URL, linkCount: Int = 0) throws -> URL {
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

  /// Removes `temporary` and the files of longer names that a library made to write it.
  private static func removeLeftovers(_ temporary: URL) {
    let (folder, name) = (temporary.deletingLastPathComponent(), temporary.lastPathComponent)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for leftover in names where leftover.hasPrefix(name) {
      unlink(folder.appendingPathComponent(leftover).path)
    }
  }

  private static func synchronize(_ temporary: URL, for url: URL) throws {
    let file = open(temporary.path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FileError.unwritable(url, errno) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw FileError.unwritable(url, errno) }
  }
}

/// An open file that bytes are appended to.
public struct ByteStream {
  let file: Int32
  let url: URL
  private var digest: RunningDigest?

  /// Writes to the descriptor `file`; errors name `url`.
  package init(file: Int32, url: URL) {
    self.file = file
    self.url = url
  }

  /// The same file, where all that is appended is added to `digest`.
  func hashed(by digest: RunningDigest) -> ByteStream {
    var stream = self
    stream.digest = digest
    return stream
  }

  /// Appends all of `bytes`.
  ///
  /// - Throws: `FileError.unwritable` with the system's reason.
  public func append(_ bytes: UnsafeRawBufferPointer) throws {
    digest?.update(bytes)
    var rest = bytes
    while !rest.isEmpty {
      let written = write(file, rest.baseAddress, rest.count)
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw FileError.unwritable(url, errno) }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }
}

/// Creates folders.
public enum FolderCreation {
  /// Creates `folder` and the missing folders above it.
  ///
  /// - Throws: `FileError.unwritable` naming the folder and the system's reason.
  public static func create(_ folder: URL) throws {
    var status = stat()
    if stat(folder.path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw FileError.unwritable(folder, ENOTDIR)
      }
      return
    }
    let parent = folder.deletingLastPathComponent()
    if parent.path != folder.path { try create(parent) }
    guard mkdir(folder.path, 0o755) == 0 || errno == EEXIST else {
      throw FileError.unwritable(folder, errno)
    }
  }
}
