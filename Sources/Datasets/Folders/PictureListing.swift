import Formats
import Foundation

/// The pictures in a folder: in the folders of their classes, or without such folders.
///
/// As torchvision's `ImageFolder`: folders of classes are sorted by the bytes of their names, and
/// walked with all folders in them; pictures are sorted by their folder, then by their names. Unlike it,
/// files and folders whose names begin with a dot are left out, and pictures other than PNG and JPEG are
/// errors.
struct PictureListing {
  let root: URL
  /// The names of the folders of classes, in order; nil where there are none.
  let classNames: [String]?
  /// The path of each picture below the root, in order: folder after folder.
  let files: [String]
  /// The index of the folder of each picture; empty without folders of classes.
  private let folders: [Int]

  /// The number of folders in one another that are walked.
  private static let depthLimit = 32
  /// Other forms of pictures, which torchvision's `ImageFolder` takes.
  private static let otherExtensions: Set<Substring> = [
    "ppm", "bmp", "pgm", "tif", "tiff", "webp",
  ]

  /// Lists the folder `root`.
  ///
  /// - Throws: `PictureError` or `FileError` naming the folder or the file.
  init(_ root: URL) throws {
    self.root = root
    let (folders, pictures) = try Self.contents(of: root)
    guard folders.isEmpty || pictures.isEmpty else {
      throw PictureError(
        file: root.path, problem: FolderProblem.mixed(folders: folders, pictures: pictures))
    }
    guard pictures.isEmpty else {
      (classNames, files, self.folders) = (nil, pictures, [])
      return
    }
    guard !folders.isEmpty else {
      throw PictureError(file: root.path, problem: FolderProblem.noPictures)
    }
    let classes = try folders.map { try Self.pictures(below: $0, in: root) }
    let empty = folders.indices.filter { classes[$0].isEmpty }
    guard empty.isEmpty else {
      throw PictureError(
        file: root.path, problem: FolderProblem.emptyClasses(empty.map { folders[$0] }))
    }
    classNames = folders
    files = classes.flatMap(\.self)
    self.folders = classes.indices.flatMap { Array(repeating: $0, count: classes[$0].count) }
  }

  /// The class of each picture, where the classes are the folders in this order.
  func labels(of order: [String]) -> [Int] {
    let indices = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    let names = classNames ?? []
    return folders.map { indices[names[$0]] ?? $0 }
  }

  /// The paths below `root` of all pictures in its folder `name` and in the folders there: sorted by
  /// their folders, then by their names.
  static func pictures(below name: String, in root: URL) throws -> [String] {
    var found: [(folder: String, names: [String])] = []
    var open = [(folder: name, depth: 1)]
    while let (folder, depth) = open.popLast() {
      let url = root.subfolder(folder)
      guard depth <= depthLimit else {
        throw PictureError(file: url.path, problem: FolderProblem.tooDeep(limit: depthLimit))
      }
      let (folders, pictures) = try contents(of: url)
      let prefix = folder.isEmpty ? "" : "\(folder)/"
      found.append((folder, pictures.map { prefix + $0 }))
      open += folders.map { (prefix + $0, depth + 1) }
    }
    return found.sorted { $0.folder.utf8.lexicographicallyPrecedes($1.folder.utf8) }.flatMap(
      \.names)
  }

  /// The names of the folders and of the pictures in a folder, sorted by their bytes.
  private static func contents(
    of folder: URL
  ) throws -> (folders: [String], pictures: [String]) {
    let entries = try FolderListing.entries(of: folder)
    let pictures = entries.filter { !$0.isFolder && ClassFolders.isImage($0.name) }.map(\.name)
    let others = entries.filter { !$0.isFolder && isOther($0.name) }.map(\.name)
    guard others.isEmpty else {
      throw PictureError(file: folder.path, problem: FolderProblem.otherFormats(others))
    }
    // Entries leave out what is not found by its name: links without a target, names of other bytes.
    let known = Set(entries.map(\.name))
    let names = try FolderListing.names(in: folder).filter { !known.contains($0) }
    if let name = names.first(where: { $0.contains("\u{FFFD}") }) {
      throw PictureError(file: folder.path, problem: FolderProblem.nameIsNoText(name))
    }
    if let broken = names.first(where: ClassFolders.isImage) {
      throw FileError.unreadable(folder.appendingPathComponent(broken), ENOENT)
    }
    return (entries.filter(\.isFolder).map(\.name), pictures)
  }

  private static func isOther(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return otherExtensions.contains(Substring(name[name.index(after: dot)...].lowercased()))
  }

  /// The name of the file at a path.
  static func name(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// The path of a file without its extension.
  static func stem(_ path: String) -> String {
    path.lastIndex(of: ".").map { String(path[..<$0]) } ?? path
  }
}
