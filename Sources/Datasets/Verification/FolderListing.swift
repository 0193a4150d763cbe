import Formats
import Foundation

/// What is in a folder, quickly: data sets have hundreds of thousands of files.
enum FolderListing {
  struct Entry {
    let name: String
    let isFolder: Bool
    let byteCount: Int
  }

  /// The entries whose names do not begin with a dot, sorted by name; links count as what they
  /// lead to.
  ///
  /// - Throws: `FileError.unreadable`.
  static func entries(of folder: URL) throws -> [Entry] {
    guard let stream = opendir(folder.path) else { throw FileError.unreadable(folder, errno) }
    defer { closedir(stream) }
    var entries: [Entry] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      var status = stat()
      guard !name.hasPrefix("."), fstatat(dirfd(stream), name, &status, 0) == 0 else { continue }
      entries.append(
        Entry(
          name: name, isFolder: status.st_mode & S_IFMT == S_IFDIR,
          byteCount: Int(status.st_size)))
    }
    return entries.sorted { $0.name < $1.name }
  }
}
