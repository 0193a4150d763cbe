import Formats
import Foundation
import Scoring

/// The prediction files of an evaluation: logits `[N, M, K]` of each cell, and the labels.
package struct PredictionStore: Sendable {
  package let folder: URL

  /// The store in the given folder, which `create()` makes.
  package init(folder: URL) {
    self.folder = folder
  }

  package func create(labels: [Int]) throws {
    try FolderCreation.create(folder)
    try NumPyArray.write(labels.map(Int64.init), shape: [labels.count], to: labelsURL)
  }

  /// Stores a cell's logits and the labels; a file that holds the same logits stays as it is.
  ///
  /// Numbers in a mapped file go to the new one from there, without a copy in memory.
  ///
  /// - Throws: `FileError`.
  package func store(_ logits: LogitArray, of cell: Cell, labels: [Int]) throws {
    try create(labels: labels)
    let url = url(of: cell)
    if let stored = try? LogitArray(contentsOf: url), stored.isIdentical(to: logits) { return }
    try logits.write(to: url)
  }

  package var labelsURL: URL { folder.appendingPathComponent("labels.npy") }

  package func url(of cell: Cell) -> URL {
    folder.appendingPathComponent("\(cell.name).npy")
  }

  package func contains(_ cell: Cell) -> Bool {
    FileManager.default.fileExists(atPath: url(of: cell).path)
  }

  /// The cells that are stored, by name.
  package func cells() -> [Cell] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().compactMap { name in
      name.hasSuffix(".npy") ? Cell(name: String(name.dropLast(".npy".count))) : nil
    }
  }

  /// The stored logits of a cell, which stay in their file.
  ///
  /// - Throws: `NumPyError` or `FileError`, `EvaluationError.otherShape` if the file is not of the
  ///   given shape, `PredictionFileError` if a logit is not finite.
  package func logits(
    of cell: Cell, labels: [Int], memberCount: Int, classCount: Int
  ) throws -> LabeledLogits {
    let array = try LogitArray(contentsOf: url(of: cell))
    let expected = [labels.count, memberCount, classCount]
    guard array.shape == expected else {
      throw EvaluationError.otherShape(url(of: cell), expected: expected, found: array.shape)
    }
    return try array.labeled(labels, from: labelsURL)
  }
}
