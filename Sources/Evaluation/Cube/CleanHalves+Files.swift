import Formats
import Foundation
import Scoring

extension CleanHalves {
  /// MixMo's files of a chosen split, `val_idx.npy` and `test_idx.npy`, in the first of `folders` that
  /// has one of them; nil where none has.
  ///
  /// - Throws: `FileError` where one of the two is missing, `NumPyError`, or `ScoringError` where they
  ///   are no halves.
  package init?(in folders: [URL]) throws {
    let names = ["val_idx.npy", "test_idx.npy"]
    let home = folders.first { folder in
      names.contains {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
      }
    }
    guard let home else { return nil }
    let halves = try names.map {
      try NumPyArray(contentsOf: home.appendingPathComponent($0)).wholeNumbers()
    }
    try self.init(first: halves[0], second: halves[1])
  }
}
