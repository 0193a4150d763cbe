import Foundation

/// Names by which people tell runs apart.
package enum RunLabels {
  /// The `names` of the runs in `folders`; of runs with equal names the fewest last parts of their
  /// paths that differ.
  package static func labels(for folders: [URL], names: [String]) -> [String] {
    zip(folders, names).map { folder, name in
      let equal = zip(folders, names).filter { $0.1 == name }.map(\.0)
      guard equal.count > 1 else { return name }
      let paths = equal.map(parts)
      let longest = paths.map(\.count).max() ?? 1
      let count = (1...longest).first { count in
        Set(paths.map { Array($0.suffix(count)) }).count == paths.count
      }
      return parts(folder).suffix(count ?? longest).joined(separator: "/")
    }
  }

  private static func parts(_ folder: URL) -> [String] {
    folder.standardizedFileURL.pathComponents.filter { $0 != "/" }
  }
}
