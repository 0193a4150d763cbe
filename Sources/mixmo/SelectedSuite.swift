import ArgumentParser
import Corruptions
import Datasets
import Formats
import Foundation

/// Some corruptions of a suite, and the file that says what they are.
struct SelectedSuite {
  let url: URL
  let corruptions: [Corruption]

  /// The named corruptions of the suite in `url`, in its order; all of them where `names` is nil.
  init(_ url: URL, names: [String]?) throws {
    let suite = try CorruptionSuite(contentsOf: url)
    let known = suite.corruptions.map(\.name.rawValue)
    for name in names ?? [] where !known.contains(name) {
      throw ValidationError(
        "--corruption: \(url.path) has no \"\(name)\"; "
          + Spelling.suggestion(for: name, from: known))
    }
    self.url = url
    corruptions = suite.corruptions.filter { names?.contains($0.name.rawValue) ?? true }
  }

  /// The published suite for a data set's images.
  static func standardURL(for kind: DatasetKind) throws -> URL {
    try SharedFiles.url(
      kind.imageSide == 64 ? "corruptions/tiny-imagenet.yaml" : "corruptions/cifar.yaml")
  }
}
