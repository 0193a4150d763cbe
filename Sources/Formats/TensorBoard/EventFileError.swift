import Foundation

/// An event file that cannot be read or continued.
public enum EventFileError: Error, Equatable, CustomStringConvertible {
  /// The file does not begin with the version that event files begin with.
  case notAnEventFile(URL)
  /// The record at this byte is not what was written; `part` of it is at fault.
  case damaged(URL, offset: Int, part: String)

  public var description: String {
    switch self {
    case .notAnEventFile(let url):
      "\(url.path): expected a TensorBoard event file of version \(EventFile.version), "
        + "found something else; move it away"
    case .damaged(let url, let offset, let part):
      "\(url.path): byte \(offset): the \(part) of a record is damaged; move the file away"
    }
  }
}
