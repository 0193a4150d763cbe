// N images, K classes.

import Formats
import Foundation
import Predictions
import Runs
import Scoring
import TextTables

/// What people say of images, read from a file: votes for classes, or probabilities, `[N, K]`.
package struct GivenSoftLabels: Sendable {
  /// Those of the images that are scored.
  package let labels: SoftLabels
  /// The file, for the record of a run.
  package let record: Additions.SoftLabelsRecord

  /// Reads an array or a text table.
  ///
  /// - Parameters:
  ///   - url: The file.
  ///   - selection: The rows that it has, and those that are scored; the others may hold anything.
  ///   - images: What has a row, for messages.
  ///   - classCount: K; nil where it is not known yet.
  /// - Throws: `PredictionFileError` for another shape, and for numbers that are neither votes nor
  ///   probabilities; `TextTableError`, `PredictionChoiceError`, `NumPyError`, `ZipError`, `FileFormError`
  ///   or `FileError`.
  package init(
    _ url: URL, _ selection: RowSelection, of images: String, classCount: Int?
  ) throws {
    let reader = PredictionReader()
    var file = try GivenFile(url, of: .classes, reader)
    _ = try FirstLines.settle(&file, rowCount: selection.count, reader.tables)
    let shape = file.shape
    let width = classCount ?? shape.last ?? 0
    guard shape == [selection.count, width], width > 0 else {
      throw PredictionFileError(
        file: url.path,
        problem: .softLabels(
          expected: [selection.count, classCount], of: images, found: shape))
    }
    let all = try file.values()
    let values = selection.rows.map { rows in
      rows.flatMap { all[$0 * width..<($0 + 1) * width] }
    }
    labels = try PredictionFileError.naming(url.path) {
      do throws(ScoringError) {
        return try SoftLabels(values ?? all, classCount: width)
      } catch {
        throw selection.rows.map(error.inRows) ?? error
      }
    }
    record = Additions.SoftLabelsRecord(
      file: url.relativePath, digest: try Digest(ofFiles: [url]).description)
  }
}

extension ScoringError {
  /// The same error with the place of its row in the file that `rows` were taken from.
  fileprivate func inRows(_ rows: [Int]) -> ScoringError {
    switch self {
    case .notVotes(let count, let row, let index, let value):
      .notVotes(count: count, row: rows[row], class: index, value: value)
    case .noVotes(let count, let row): .noVotes(count: count, row: rows[row])
    default: self
    }
  }
}
