import Foundation

/// A lock on a file, held by one process at a time; it is released when its holder ends, however
/// that happens.
///
/// On a file system without locks, every process gets the lock.
public final class FileLock {
  private let file: Int32

  /// Waits for the lock on `url`, and creates the file if there is none.
  ///
  /// - Throws: `FileError.unwritable`.
  public init(waitingFor url: URL) throws {
    file = try Self.lockFile(url, waits: true)
  }

  /// Takes the lock on `url`, and creates the file if there is none.
  ///
  /// - Throws: `FileError.inUse` if another process holds the lock, or `FileError.unwritable`.
  public init(_ url: URL) throws {
    file = try Self.lockFile(url, waits: false)
  }

  /// Locks a folder of results, so that only one process at a time writes or removes files there.
  ///
  /// - Throws: `FileError.inUse` if another process holds the lock, or `FileError.unwritable`.
  package convenience init(resultsIn folder: URL) throws {
    try self.init(folder.appendingPathComponent(".mixmo.lock"))
  }

  /// Releases the lock; the file stays.
  public func release() { _ = flock(file, LOCK_UN) }

  deinit { close(file) }

  /// A locked descriptor of a file that exists only to be locked, and may belong to another user.
  private static func lockFile(_ url: URL, waits: Bool) throws -> Int32 {
    do {
      return try lockedFile(url, waits: waits).file
    } catch FileError.unwritable(_, EACCES) {
      return try lockedFile(url, waits: waits, flags: O_RDONLY).file
    }
  }

  /// Opens `url` for reading and writing, creates it if there is none, and locks it until the
  /// descriptor is closed.
  ///
  /// - Returns: The descriptor, and whether it is locked: some file systems have no locks.
  /// - Throws: `FileError.inUse` if another process holds the lock and `waits` is false, or
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
      // The previous holder may have removed or renamed the file between the two calls.
      var (ours, named) = (stat(), stat())
      if fstat(file, &ours) == 0, lstat(url.path, &named) == 0, ours.st_ino == named.st_ino {
        return (file, true)
      }
      close(file)
    }
  }
}
