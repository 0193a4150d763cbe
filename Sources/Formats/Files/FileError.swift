import Foundation

/// A file or folder that the operating system cannot read, write or lock.
public enum FileError: Error, CustomStringConvertible, Equatable {
  /// The file or folder cannot be read; the system's error number.
  case unreadable(URL, Int32)
  /// The file or folder cannot be written; the system's error number.
  case unwritable(URL, Int32)
  /// What is to be read is not a regular file; what it is, such as `a pipe`.
  case notAFile(URL, String)
  /// The file is larger than the reader allows; sizes in bytes.
  case tooLarge(URL, limit: Int, found: Int)
  /// What exists is not a regular file, such as a device or a pipe, and must not be replaced.
  case notRegular(URL)
  /// Another process holds the lock on the file.
  case inUse(URL)

  public var description: String {
    switch self {
    case .unreadable(let url, let code): "\(Self.name(url)): cannot be read: \(Self.reason(code))"
    case .unwritable(let url, let code):
      "\(Self.name(url)): cannot be written: \(Self.reason(code))"
    case .notAFile(let url, let kind):
      "\(Self.name(url)): expected a regular file, found \(kind); write its content to a file, and name "
        + "that"
    case .tooLarge(let url, let limit, let found):
      "\(Self.name(url)): expected at most \(limit) bytes, found \(found)"
    case .notRegular(let url):
      "\(Self.name(url)): not a regular file, so it is not replaced; choose another name"
    case .inUse(let url):
      "\(Self.name(url)): another process is at work here; wait for it, or choose another folder"
    }
  }

  private static func name(_ url: URL) -> String { url.path.withoutControlCharacters }

  private static func reason(_ code: Int32) -> String {
    String(cString: strerror(code))
  }
}
