import Formats
import Foundation

/// Class indices in a file, one for each row of predictions.
package enum LabelFile {
  /// The labels in `.npy` or `.npz` (whole numbers [N]), or in `.txt` or `.csv`, one on each line.
  ///
  /// - Throws: `PredictionFileError`, `NumPyError`, `ZipError` or `FileError`.
  package static func read(_ url: URL) throws -> [Int] {
    switch url.pathExtension.lowercased() {
    case "csv", "txt":
      let table = try NumberTable(contentsOf: url)
      guard table.columnCount == 1 else {
        throw PredictionFileError(
          file: url.path,
          problem: .wrongShape(
            expected: "one label on each line", found: [table.rowCount, table.columnCount]))
      }
      return try table.values.enumerated().map { row, value in
        guard let label = Int(exactly: value) else {
          throw PredictionFileError(file: url.path, problem: .notWhole(row: row, value: value))
        }
        return label
      }
    default:
      let array = try NumPyArray(predictions: url, named: ["labels", "targets"])
      guard array.shape.count == 1 else {
        throw PredictionFileError(
          file: url.path, problem: .wrongShape(expected: "[rows]", found: array.shape))
      }
      return try array.wholeNumbers()
    }
  }
}

extension NumPyArray {
  /// The array of an `.npy` file, or of an `.npz` archive the only one or the first of `names`.
  init(predictions url: URL, named names: [String]) throws {
    switch url.pathExtension.lowercased() {
    case "npy": try self.init(contentsOf: url)
    case "npz":
      let archive = try NumPyArchive(contentsOf: url)
      let only = archive.names.count == 1 ? archive.names : []
      guard let name = (names.filter(archive.names.contains) + only).first else {
        throw PredictionFileError(
          file: url.path, problem: .noSuchArray(expected: names, found: archive.names))
      }
      self = try archive.array(name)
    default: throw PredictionFileError(file: url.path, problem: .unknownForm)
    }
  }
}
