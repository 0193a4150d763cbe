// N rows, M members, K classes.

import Formats
import Foundation
import Runs

/// Anybody's predictions.
extension PredictionArray {
  /// Reads a file of shape [N, K] or [N, M, K].
  ///
  /// `.npy` and `.npz` hold floating-point or small whole numbers, `.csv` and `.txt` the K numbers of
  /// a row on each line, after a line of names or none. Of Float64 the nearest Float32 are taken. An
  /// `.npy` array of Float32 stays in its file, which must not change meanwhile.
  ///
  /// - Throws: `PredictionFileError`, `NumPyError`, `ZipError` or `FileError`.
  package static func read(_ url: URL) throws -> PredictionArray {
    switch url.pathExtension.lowercased() {
    case "csv", "txt":
      let table = try NumberTable(contentsOf: url)
      return PredictionArray(table.values, classCount: table.columnCount, file: url)
    default:
      let array = try NumPyArray(predictions: url, named: ["logits", "probabilities"])
      return try PredictionArray(array, file: url)
    }
  }

  /// Reads the members of an ensemble from files of shape [N, K], or all of them from one file.
  ///
  /// - Throws: as `read(_:)`; `PredictionFileError` where a file is of another shape than the first.
  package static func read(members urls: [URL]) throws -> PredictionArray {
    precondition(!urls.isEmpty, "no file of predictions")
    let members = try urls.map(read)
    guard members.count > 1 else { return members[0] }
    let shape = [members[0].rowCount, 1, members[0].classCount]
    for member in members where member.shape != shape {
      throw PredictionFileError(
        file: member.file,
        problem: .wrongShape(
          expected: "[\(shape[0]), \(shape[2])] of one member, as the first file has",
          found: member.shape))
    }
    return PredictionArray(interleaving: members)
  }
}

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
