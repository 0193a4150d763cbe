import Foundation

/// Lists folders of images that have a folder for each class.
enum ClassFolders {
  /// The images of one class.
  struct Class: Sendable, Equatable {
    let name: String
    /// The paths of the images below the root, in sorted order.
    let files: [String]
  }

  /// What a root holds.
  struct Listing: Sendable, Equatable {
    /// The asked-for classes in their order.
    let classes: [Class]
    /// Folders of other names, in sorted order.
    let otherFolders: [String]
  }

  private static let imageExtensions: Set<Substring> = ["jpeg", "jpg", "png"]

  /// The images of each of `names` below `root`: in its folder, or in a folder `images` in there.
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
        root, found: names.count - missing.count, missing: missing)
    }
    let byName = Dictionary(uniqueKeysWithValues: classes.map { ($0.name, $0) })
    let others = found.filter { !known.contains($0) }
    return Listing(classes: names.compactMap { byName[$0] }, otherFolders: others)
  }

  /// Whether `name` is that of an image file; those that begin with a dot belong to the system.
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
