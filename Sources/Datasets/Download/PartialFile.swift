import Formats
import Foundation

/// The file that an archive is received in.
///
/// Whoever holds its lock works on the archive; the lock goes when its holder ends, however it ends.
final class PartialFile {
  let url: URL
  private let file: Int32

  /// Opens the file and locks it.
  ///
  /// - Throws: `DownloadError.busy` or `FileError.unwritable`.
  init(_ url: URL) throws {
    self.url = url
    file = try Self.lockedFile(url)
  }

  deinit {
    close(file)
  }

  private static func lockedFile(_ url: URL) throws -> Int32 {
    while true {
      let file = open(url.path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o644)
      guard file >= 0 else { throw FileError.unwritable(url, errno) }
      guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
        let code = errno
        close(file)
        throw code == EWOULDBLOCK ? DownloadError.busy(url) : FileError.unwritable(url, code)
      }
      // The holder before us may have removed or renamed the file between the two calls.
      var (ours, named) = (stat(), stat())
      if fstat(file, &ours) == 0, stat(url.path, &named) == 0, ours.st_ino == named.st_ino {
        return file
      }
      close(file)
    }
  }

  var byteCount: Int {
    var status = stat()
    return fstat(file, &status) == 0 ? Int(status.st_size) : 0
  }

  /// - Throws: `FileError.unwritable`, such as for a full disk.
  func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = write(file, rest.baseAddress, rest.count)
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw FileError.unwritable(url, errno) }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }

  /// Forgets what was received.
  func empty() throws {
    guard ftruncate(file, 0) == 0 else { throw FileError.unwritable(url, errno) }
  }

  func remove() {
    unlink(url.path)
  }

  /// Gives the received archive its own name.
  func keep(as name: URL) throws {
    guard fsync(file) == 0, rename(url.path, name.path) == 0 else {
      throw FileError.unwritable(name, errno)
    }
  }
}
