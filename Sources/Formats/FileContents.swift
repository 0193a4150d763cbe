import Foundation

/// Reads whole regular files of bounded size.
public enum FileContents {
  /// The bytes of `url`.
  ///
  /// - Throws: `FileError.unreadable` with the system's reason, `FileError.tooLarge` if there are
  ///   more than `limit` bytes.
  public static func read(_ url: URL, limit: Int) throws -> [UInt8] {
    let file = open(url.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw FileError.unreadable(url, errno) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw FileError.unreadable(url, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError.unreadable(url, status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
    }
    guard status.st_size <= limit else {
      throw FileError.tooLarge(url, limit: limit, found: Int(status.st_size))
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var count = 0
    while count < bytes.count {
      let rest = bytes.count - count
      let got = bytes[count...].withUnsafeMutableBytes {
        pread(file, $0.baseAddress, rest, off_t(count))
      }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw FileError.unreadable(url, errno) }
      if got == 0 { break }
      count += got
    }
    return Array(bytes.prefix(count))
  }
}
