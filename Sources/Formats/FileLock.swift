import Foundation

/// A file whose holder works alone; the lock goes when its holder ends, however it ends.
public final class FileLock {
  private let file: Int32

  /// Waits until nobody else holds `url`, and makes the file where there is none.
  ///
  /// - Throws: `FileError.unwritable`.
  public convenience init(waitingFor url: URL) throws {
    try self.init(url, LOCK_EX)
  }

  /// Holds `url`, and makes the file where there is none.
  ///
  /// - Throws: `FileError.inUse` where another process holds it, `FileError.unwritable`.
  public convenience init(_ url: URL) throws {
    try self.init(url, LOCK_EX | LOCK_NB)
  }

  private init(_ url: URL, _ operation: Int32) throws {
    file = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw FileError.unwritable(url, errno) }
    while flock(file, operation) != 0 {
      guard errno == EINTR else {
        let code = errno
        close(file)
        throw code == EWOULDBLOCK ? FileError.inUse(url) : FileError.unwritable(url, code)
      }
    }
  }

  /// Lets go of the file, which stays.
  public func release() { _ = flock(file, LOCK_UN) }

  deinit { close(file) }
}
