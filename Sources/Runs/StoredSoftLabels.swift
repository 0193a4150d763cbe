import Formats
import Foundation
import Predictions
import Scoring

/// What people say of the images, beside the labels of a run.
extension PredictionStore {
  /// Where the votes or probabilities `[N, K]` stand, in Float64.
  package var softLabelsURL: URL { folder.appendingPathComponent("soft-labels.npy") }

  /// Stores soft labels as they were given; nil removes those that are there.
  ///
  /// A file that holds the same stays as it is.
  ///
  /// - Throws: `FileError`, or `RunsError` where the run's record cannot be read.
  package func store(_ softLabels: SoftLabels?) throws {
    let url = softLabelsURL
    guard let softLabels else {
      guard FileManager.default.fileExists(atPath: url.path) else { return }
      try FileManager.default.removeItem(at: url)
      return try record(nil, of: url)
    }
    if let stored = try? self.softLabels(), stored == softLabels { return try record(url) }
    try FolderCreation.create(folder)
    try NumPyArray.write(
      Double.self, shape: [softLabels.imageCount, softLabels.classCount], to: url,
      whole: { try record($0, of: url) }
    ) { try $0.append(softLabels.values) }
  }

  /// The stored soft labels.
  ///
  /// - Throws: `RunsError.missingPredictions`, `RunsError.wrongShape`, `PredictionFileError` for numbers
  ///   that are neither votes nor probabilities, `NumPyError` or `FileError`.
  package func softLabels() throws -> SoftLabels {
    let url = softLabelsURL
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw RunsError.missingPredictions(
        folder.deletingLastPathComponent(), "\(folder.lastPathComponent)/\(url.lastPathComponent)")
    }
    let array = try NumPyArray(contentsOf: url)
    guard array.shape.count == 2, let classCount = array.shape.last else {
      throw RunsError.wrongShape(url, expected: "[images, classes]", found: array.shape)
    }
    return try PredictionFileError.naming(url.path) {
      try SoftLabels(array.values(), classCount: classCount)
    }
  }
}
