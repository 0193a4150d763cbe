import Foundation

/// A file whose holder works alone; the lock goes when its holder ends, however it ends.
///
/// Where the file system has no locks everybody holds it.
public final class FileLock {
  private let file: Int32

  /// Waits until nobody else holds `url`, and makes the file where there is none.
  ///
  /// - Throws: `FileError.unwritable`.
  public init(waitingFor url: URL) throws {
    file = try Self.lockFile(url, waits: true)
  }

  /// Holds `url`, and makes the file where there is none.
  ///
  /// - Throws: `FileError.inUse` where another process holds it, `FileError.unwritable`.
  public init(_ url: URL) throws {
    file = try Self.lockFile(url, waits: false)
  }

  /// Holds a folder of results, so that one process at a time writes there or removes them.
  ///
  /// - Throws: `FileError.inUse` where another process holds it, `FileError.unwritable`.
  package convenience init(resultsIn folder: URL) throws {
    try self.init(folder.appendingPathComponent(".mixmo.lock"))
  }

  /// Lets go of the file, which stays.
  public func release() { _ = flock(file, LOCK_UN) }

  deinit { close(file) }

  /// A descriptor of a file that is there only to be locked, perhaps another user's.
  private static func lockFile(_ url: URL, waits: Bool) throws -> Int32 {
    do {
      return try lockedFile(url, waits: waits).file
    } catch FileError.unwritable(_, EACCES) {
      return try lockedFile(url, waits: waits, flags: O_RDONLY).file
    }
  }

  /// A descriptor for reading and writing of `url`, which is made where there is none; the lock goes
  /// when it is closed.
  ///
  /// - Returns: The descriptor, and whether it is locked: some file systems have no locks.
  /// - Throws: `FileError.inUse` where another process holds it and it is not to be waited for,
  ///   `FileError.unwritable`.
  package static func lockedFile(
    _ url: URL, waits: Bool, flags: Int32 = O_RDWR
  ) throws -> (file: Int32, isLocked: Bool) {
    let operation = waits ? LOCK_EX : LOCK_EX | LOCK_NB
    while true {
      let file = open(url.path, flags | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o666)
      guard file >= 0 else { throw FileError.unwritable(url, errno) }
      while flock(file, operation) != 0 {
        let code = errno
        if code == EINTR { continue }
        if [ENOLCK, ENOSYS, EOPNOTSUPP].contains(code) { return (file, false) }
        close(file)
        throw code == EWOULDBLOCK ? FileError.inUse(url) : FileError.unwritable(url, code)
      }
      // The holder before us may have removed or renamed the file between the two calls.
      var (ours, named) = (stat(), stat())
      if fstat(file, &ours) == 0, lstat(url.path, &named) == 0, ours.st_ino == named.st_ino {
        return (file, true)
      }
      close(file)
    }
  }
}
