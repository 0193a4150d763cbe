import Foundation

/// A regular file that is open for reading, and closed with its last reference.
package final class RegularFile: Sendable {
  private let url: URL
  private let descriptor: Int32
  /// The size of the file when it was opened.
  package let byteCount: Int

  /// Opens `url`; a pipe or a device is refused at once.
  ///
  /// - Throws: `FileError.unreadable`.
  package init(_ url: URL) throws {
    let file = open(url.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw FileError.unreadable(url, errno) }
    var status = stat()
    let code = fstat(file, &status) == 0 ? 0 : errno
    guard code == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(file)
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw FileError.unreadable(url, code != 0 ? code : isFolder ? EISDIR : EINVAL)
    }
    self.url = url
    descriptor = file
    byteCount = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// A path by which this very file can be opened again.
  var path: String { "/proc/self/fd/\(descriptor)" }

  /// Reads up to as many bytes as `destination` holds from `offset` on; none at the file's end.
  ///
  /// - Returns: How many were read.
  /// - Throws: `FileError.unreadable`.
  func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
    while true {
      let count = pread(descriptor, destination.baseAddress, destination.count, off_t(offset))
      if count >= 0 { return count }
      guard errno == EINTR else { throw FileError.unreadable(url, errno) }
    }
  }

  /// Maps the file, which must not be empty.
  ///
  /// - Throws: `FileError.unreadable`.
  func map() throws -> UnsafeRawBufferPointer {
    let start = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard start != MAP_FAILED else { throw FileError.unreadable(url, errno) }
    return UnsafeRawBufferPointer(start: start, count: byteCount)
  }
}
