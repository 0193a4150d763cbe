import Formats
import Foundation

/// Files and folders of corruptions whose names are nearly those that are read.
package enum MisnamedCorruptions {
  /// What to do about them.
  static let advice = "rename them, or score one with --corruption NAME"

  /// The published corruption that a file or folder called `name` was probably meant for; nil if none
  /// is near, or if the name is that of one.
  static func near(_ name: String) -> String? {
    let published = CorruptionNames.benchmark + CorruptionNames.extra
    guard !published.contains(name) else { return nil }
    let found = name.lettersAndDigits
    let texts = published.map { (name: $0, plain: $0.lettersAndDigits) }
    let inside = texts.filter { found.contains($0.plain) }
    if let longest = inside.max(by: { $0.plain.count < $1.plain.count }) { return longest.name }
    let begun = texts.filter { found.count >= 4 && $0.plain.hasPrefix(found) }
    if begun.count == 1 { return begun[0].name }
    let nearest = texts.min {
      Spelling.distance(found, $0.plain) < Spelling.distance(found, $1.plain)
    }
    return nearest.flatMap {
      Spelling.distance(found, $0.plain) <= max(1, $0.plain.count / 4) ? $0.name : nil
    }
  }

  /// Names, each with that of the published corruption that it is near to, for messages.
  package static func hinted(_ names: [String], suffix: String = "") -> [String] {
    names.map { name in
      near(stem(name)).map { "\(name.oneLine) (\($0)\(suffix)?)" } ?? name.oneLine
    }
  }

  /// The arrays of corrupted images in `folder` under other names than those that are read, and other
  /// files that are named nearly as one is.
  ///
  /// Where the folder `isOfOthers` as well, only the latter are meant.
  static func arrays(in folder: URL, isOfOthers: Bool) -> [String] {
    let names = (try? FolderListing.entries(of: folder).filter { !$0.isFolder }.map(\.name)) ?? []
    return names.filter { name in
      name != ArrayBenchmark.labelsName && !CorruptionNames.isPublished(stem(name))
        && (near(stem(name)) != nil || !isOfOthers && name.lowercased().hasSuffix(".npy"))
    }
  }

  private static func stem(_ name: String) -> String {
    String(name.prefix { $0 != "." })
  }
}
