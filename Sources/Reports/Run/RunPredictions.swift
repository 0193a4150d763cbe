import Formats
import Foundation
import Scoring

/// The stored predictions of a run: logits [N, M, K] of each cell, and the labels.
package struct RunPredictions: Sendable {
  /// The folder `predictions` of the run.
  package let folder: URL
  /// The class of each image.
  package let labels: [Int]  // [N]

  /// The predictions in the folder of a run; nil where it has none.
  ///
  /// - Throws: `NumPyError` or `FileError`; `ReportsError.wrongShape` for labels of another shape than
  ///   [N].
  package init?(of run: URL) throws {
    folder = run.appendingPathComponent("predictions")
    let file = folder.appendingPathComponent("labels.npy")
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let array = try NumPyArray(contentsOf: file)
    guard array.shape.count == 1 else {
      throw ReportsError.wrongShape(file, expected: "[images]", found: array.shape)
    }
    labels = try array.values(of: Int.self)
  }

  /// The file of a cell's logits.
  package func url(corruption: String, severity: Int) -> URL {
    folder.appendingPathComponent("\(corruption)-\(severity).npy")
  }

  /// Whether there is a file for each of `cells`.
  func hasLogits(of cells: [(corruption: String, severity: Int)]) -> Bool {
    cells.allSatisfy { cell in
      FileManager.default.fileExists(
        atPath: url(corruption: cell.corruption, severity: cell.severity).path)
    }
  }

  /// The logits of a cell, which stay in their file.
  ///
  /// - Throws: `NumPyError` or `FileError`; `ReportsError.wrongShape` for another shape than [N, M, K];
  ///   `ReportsError.unusablePredictions` where a logit is not finite or a label is no class.
  package func logits(corruption: String, severity: Int) throws -> LabeledLogits {
    let url = url(corruption: corruption, severity: severity)
    let array = try NumPyArray(contentsOf: url)
    guard array.shape.count == 3, array.shape[0] == labels.count else {
      throw ReportsError.wrongShape(
        url, expected: "[\(labels.count), members, classes]", found: array.shape)
    }
    let storage = try array.floatStorage()
    do {
      return try LabeledLogits(
        borrowing: storage.bytes.bindMemory(to: Float.self), owner: storage,
        memberCount: array.shape[1], classCount: array.shape[2], labels: labels)
    } catch {
      throw ReportsError.unusablePredictions(url, error)
    }
  }
}
