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
    do {
      file = try FileLock.lockedFile(url, waits: false, flags: O_RDWR | O_APPEND).file
    } catch FileError.inUse {
      throw DownloadError.busy(url)
    }
  }

  deinit {
    close(file)
  }

  var byteCount: Int {
    var status = stat()
    return fstat(file, &status) == 0 ? Int(status.st_size) : 0
  }

  /// - Throws: `FileError.unwritable`, such as for a full disk.
  func append(_ bytes: UnsafeRawBufferPointer) throws {
    try ByteStream(file: file, url: url).append(bytes)
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
