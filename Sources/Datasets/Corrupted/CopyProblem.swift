import Formats

/// Corrupted copies that are not those of the pictures.
enum CopyProblem: PictureProblem {
  /// Two pictures whose corrupted copies would have the same name.
  case sameName(first: String, second: String)
  /// There is no tree of corrupted copies.
  case noCopies
  /// The record of the copies says that they were made of other pictures, or of others as prepared.
  case copiesOfOthers
  /// Pictures without a corrupted copy.
  case missingCopies([String], of: String)
  /// A tree that has copies of other classes alone.
  case noCopyOfAnyClass([String], of: String)

  var message: String {
    switch self {
    case .sameName(let first, let second):
      "\(first.oneLine) and \(second.oneLine) differ only in the extension, so that their corrupted "
        + "copies would have the same name; rename one of them"
    case .noCopies:
      "expected a folder of corrupted copies, found none; make them with mixmo corrupt --images, or "
        + "corrupt on the fly with --generate"
    case .copiesOfOthers:
      "expected copies of the pictures of --images as they are prepared, found a corrupt.json of others; "
        + "give the --resize and --crop that the copies were made with, or make them again with mixmo "
        + "corrupt --images"
    case .missingCopies(let names, let folder):
      "expected a copy of every picture in \(folder), found none of \(names.listed()); "
        + "give the pictures that the copies were made of with --images"
    case .noCopyOfAnyClass(let names, let folder):
      "expected copies of the pictures in \(folder), found those of other classes alone: "
        + "\(names.listed(limit: 3)); give the folder of their copies with --data"
    }
  }
}
