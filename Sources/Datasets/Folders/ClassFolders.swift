import Formats
import Foundation

/// Lists the images of folders that have a folder for each class.
enum ClassFolders {
  /// The images of one class.
  struct Class: Sendable, Equatable {
    let name: String
    /// The paths of the images below the root, in sorted order.
    let files: [String]
  }

  /// The contents of a root folder.
  struct Listing: Sendable, Equatable {
    /// The requested classes, in the order of the request.
    let classes: [Class]
    /// Folders of other names, in sorted order.
    let otherFolders: [String]
  }

  private static let imageExtensions: Set<Substring> = ["jpeg", "jpg", "png"]

  /// The images of each of the classes `names` below `root`: in the class's folder, or in a folder
  /// `images` in it.
  ///
  /// - Throws: `DatasetError.missingClasses` naming those without an image, or `FileError`.
  static func list(_ names: [String], in root: URL) throws -> Listing {
    let known = Set(names)
    let found = try FolderListing.entries(of: root).filter(\.isFolder).map(\.name)
    let classes = try found.filter(known.contains).map { name in
      Class(name: name, files: try images(ofClass: name, in: root))
    }.filter { !$0.files.isEmpty }
    let missing = known.subtracting(classes.map(\.name)).sorted()
    guard missing.isEmpty else {
      throw DatasetError.missingClasses(
        root, expected: names.count, found: names.count - missing.count, missing: missing)
    }
    let byName = Dictionary(uniqueKeysWithValues: classes.map { ($0.name, $0) })
    let others = found.filter { !known.contains($0) }
    return Listing(classes: names.compactMap { byName[$0] }, otherFolders: others)
  }

  /// Whether a file of this name is an image; names with a leading dot are of the system's files.
  static func isImage(_ name: String) -> Bool {
    guard !name.hasPrefix("."), let dot = name.lastIndex(of: ".") else { return false }
    return imageExtensions.contains(Substring(name[name.index(after: dot)...].lowercased()))
  }

  /// The paths of the images of one class below `root`.
  static func images(ofClass name: String, in root: URL) throws -> [String] {
    let folder = root.appendingPathComponent(name)
    let names = try FolderListing.names(in: folder)
    let images = names.filter(isImage).map { "\(name)/\($0)" }
    guard names.contains("images") else { return images }
    if let loose = images.first { throw DatasetError.mixedLayout(root, file: loose) }
    let inner = try FolderListing.names(in: folder.appendingPathComponent("images"))
    return inner.filter(isImage).map { "\(name)/images/\($0)" }
  }
}

/// The contents of a folder, read with system calls because data sets have hundreds of thousands of
/// files.
///
/// Hidden files, whose names begin with a dot, are left out.
package enum FolderListing {
  package struct Entry {
    package let name: String
    package let isFolder: Bool
    package let byteCount: Int
  }

  /// The names in `folder`, sorted by their bytes.
  ///
  /// - Throws: `FileError.unreadable`.
  package static func names(in folder: URL) throws -> [String] {
    var names: [String] = []
    try forEach(in: folder) { name, _ in names.append(name) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The entries of the folder `url`, sorted by the bytes of their names; links are followed.
  ///
  /// - Throws: `FileError.unreadable`.
  package static func entries(of url: URL) throws -> [Entry] {
    var entries: [Entry] = []
    try forEach(in: url) { name, folder in
      var status = stat()
      guard fstatat(folder, name, &status, 0) == 0 else {
        // A link whose target is missing, or a file that was just removed.
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
        // Nil is the end, or an error if `errno` is set.
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

extension URL {
  /// The folder at `path` relative to this one; this one itself if `path` is empty.
  func subfolder(_ path: String) -> URL { path.isEmpty ? self : appendingPathComponent(path) }
}
