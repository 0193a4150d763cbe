import Formats
import Foundation

/// The folders of corruptions in a tree of corrupted images: below it, or below the folders of groups that
/// copies of ImageNet-C have.
struct CorruptionFolders {
  /// The names of the folders in the tree and in its groups, but of the groups themselves; sorted.
  let names: [String]
  private let root: URL
  /// The path below the tree of each name.
  private let paths: [String: String]

  /// ImageNet-C's archives.
  static let groups = ["noise", "blur", "weather", "digital", "extra"]

  /// Lists the tree below `root`.
  ///
  /// - Throws: `DatasetError.corruptionTwice` where a corruption has two folders, or `FileError`.
  init(_ root: URL) throws {
    var paths: [String: String] = [:]
    for entry in try FolderListing.entries(of: root) where entry.isFolder {
      guard Self.groups.contains(entry.name) else {
        paths[entry.name] = entry.name
        continue
      }
      let group = root.appendingPathComponent(entry.name)
      for name in try FolderListing.entries(of: group).filter(\.isFolder).map(\.name) {
        let path = "\(entry.name)/\(name)"
        if let other = paths.updateValue(path, forKey: name) {
          throw DatasetError.corruptionTwice(root, first: other, second: path)
        }
      }
    }
    (self.root, self.paths) = (root, paths)
    names = paths.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The path of a corruption's folder below the tree; the folder need not be there.
  func path(of name: String) -> String { paths[name] ?? name }

  /// The folder of a corruption, which need not be there.
  func folder(of name: String) -> URL { root.appendingPathComponent(path(of: name)) }

  /// The severities from 1 to 5 that a corruption has a folder of.
  func severities(of name: String) throws -> [Int] {
    guard paths[name] != nil else { return [] }
    let found = Set(try FolderListing.names(in: folder(of: name)))
    return (1...5).filter { found.contains("\($0)") }
  }

  /// The folder of the lowest severity of the first corruption that is in a published list; nil where there
  /// is none.
  func firstCell() throws -> URL? {
    for name in names where CorruptionNames.isPublished(name) {
      if let severity = try severities(of: name).first {
        return folder(of: name).appendingPathComponent("\(severity)")
      }
    }
    return nil
  }
}
