import Foundation

/// Reads whole regular files of bounded size.
public enum FileContents {
  /// The bytes of `url`.
  ///
  /// - Throws: `FileError.unreadable` with the system's reason, `FileError.tooLarge` if there are
  ///   more than `limit` bytes.
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
