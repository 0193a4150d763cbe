import Foundation

/// A regular file that is open for reading; the last reference closes it.
package final class RegularFile: Sendable {
  private let url: URL
  private let descriptor: Int32
  /// The size of the file in bytes when it was opened.
  package let byteCount: Int

  /// Opens `url`; a pipe or a device is refused without waiting for it.
  ///
  /// Files are read at any place and more than once, as a pipe cannot be.
  ///
  /// - Throws: `FileError.unreadable` or `.notAFile`.
  package init(_ url: URL) throws {
    let file = open(url.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else {
      // No such device or address: what a socket gives.
      throw errno == ENXIO ? FileError.notAFile(url, "a socket") : .unreadable(url, errno)
    }
    var status = stat()
    let code = fstat(file, &status) == 0 ? 0 : errno
    guard code == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(file)
      throw code == 0 ? Self.refusal(of: url, status.st_mode) : .unreadable(url, code)
    }
    self.url = url
    descriptor = file
    byteCount = Int(status.st_size)
  }

  deinit { close(descriptor) }

  private static func refusal(of url: URL, _ mode: mode_t) -> FileError {
    switch mode & S_IFMT {
    case S_IFDIR: .unreadable(url, EISDIR)
    case S_IFIFO: .notAFile(url, "a pipe")
    case S_IFSOCK: .notAFile(url, "a socket")
    default: .notAFile(url, "a device")
    }
  }

  /// A path that opens this very file again, even after another file has replaced it.
  var path: String { "/proc/self/fd/\(descriptor)" }

  /// Reads up to `destination.count` bytes from byte `offset` of the file on.
  ///
  /// - Returns: The number of bytes read, 0 at the end of the file.
  /// - Throws: `FileError.unreadable`.
  func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
    while true {
      let count = pread(descriptor, destination.baseAddress, destination.count, off_t(offset))
      if count >= 0 { return count }
      guard errno == EINTR else { throw FileError.unreadable(url, errno) }
    }
  }

  /// Maps the file into memory; it must not be empty.
  ///
  /// - Throws: `FileError.unreadable`.
  func map() throws -> UnsafeRawBufferPointer {
    let start = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard start != MAP_FAILED else { throw FileError.unreadable(url, errno) }
    return UnsafeRawBufferPointer(start: start, count: byteCount)
  }
}

/// Reads whole regular files of bounded size into memory.
public enum FileContents {
  /// The bytes of the file at `url`.
  ///
  /// - Throws: `FileError.unreadable` with the system's reason, `.notAFile` for a pipe or a device, or
  ///   `.tooLarge` if the file has more than `limit` bytes.
  public static func read(_ url: URL, limit: Int) throws -> [UInt8] {
    let file = try RegularFile(url)
    guard file.byteCount <= limit else {
      throw FileError.tooLarge(url, limit: limit, found: file.byteCount)
    }
    var bytes = [UInt8](repeating: 0, count: file.byteCount)
    var count = 0
    while count < bytes.count {
      let got = try bytes[count...].withUnsafeMutableBytes { try file.read(into: $0, at: count) }
      if got == 0 { break }
      count += got
    }
    return Array(bytes.prefix(count))
  }
}
