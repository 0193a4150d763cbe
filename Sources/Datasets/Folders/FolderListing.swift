import Formats
import Foundation

/// What is in a folder, quickly: data sets have hundreds of thousands of files.
///
/// Names that begin with a dot belong to the system and are left out.
enum FolderListing {
  struct Entry {
    let name: String
    let isFolder: Bool
    let byteCount: Int
  }

  /// The names in `folder`, sorted by their bytes.
  ///
  /// - Throws: `FileError.unreadable`.
  static func names(in folder: URL) throws -> [String] {
    var names: [String] = []
    try forEach(in: folder) { name, _ in names.append(name) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The entries of the folder `url`, sorted by the bytes of their names; links count as what they
  /// lead to.
  ///
  /// - Throws: `FileError.unreadable`.
  static func entries(of url: URL) throws -> [Entry] {
    var entries: [Entry] = []
    try forEach(in: url) { name, folder in
      var status = stat()
      guard fstatat(folder, name, &status, 0) == 0 else {
        // A link to nothing, or a file that was just removed.
        guard errno == ENOENT else { throw FileError.unreadable(url, errno) }
        return
      }
      entries.append(
        Entry(
          name: name, isFolder: status.st_mode & S_IFMT == S_IFDIR,
          byteCount: Int(status.st_size)))
    }
    return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// Calls `body` with each name and the folder's descriptor.
  private static func forEach(
    in folder: URL, _ body: (String, Int32) throws -> Void
  ) throws {
    guard let stream = opendir(folder.path) else { throw FileError.unreadable(folder, errno) }
    defer { closedir(stream) }
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        // The end, unless the system says otherwise.
        guard errno == 0 else { throw FileError.unreadable(folder, errno) }
        return
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { try body(name, dirfd(stream)) }
    }
  }
}
