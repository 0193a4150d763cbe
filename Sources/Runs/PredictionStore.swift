// N images, M subnetworks, K classes.

import Formats
import Foundation
import Scoring

/// The prediction files of a run: logits `[N, M, K]` of each cell in Float32, and the labels.
///
/// Where other numbers than these were given, they stand beside the logits, and are what is scored.
package struct PredictionStore: Sendable {
  package let folder: URL

  private static let suffix = ".npy"

  /// The store in the given folder, which `create(labels:)` makes.
  package init(folder: URL) {
    self.folder = folder
  }

  package var labelsURL: URL { folder.appendingPathComponent("labels" + Self.suffix) }

  package func url(of cell: Cell) -> URL {
    folder.appendingPathComponent(cell.name + Self.suffix)
  }

  /// Where numbers that were given stand: probabilities, or logits in Float64.
  private func url(of cell: Cell, givenAs numbers: PredictionNumbers) -> URL {
    let form = numbers == .probabilities ? "probabilities" : "float64"
    return folder.appendingPathComponent("\(cell.name).\(form)\(Self.suffix)")
  }

  package func contains(_ cell: Cell) -> Bool {
    FileManager.default.fileExists(atPath: url(of: cell).path)
  }

  /// The cells that are stored: the clean one first, then by corruption and severity.
  package func cells() -> [Cell] {
    let cells = files().compactMap { Cell(name: $0.deletingPathExtension().lastPathComponent) }
      .sorted { ($0.corruption, $0.severity) < ($1.corruption, $1.severity) }
    return cells.filter(\.isClean) + cells.filter { !$0.isClean }
  }

  /// The arrays in the folder, of cells or not.
  func files() -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(Self.suffix) }.map(folder.appendingPathComponent)
  }

  // MARK: Writing

  /// Makes the folder and stores the labels.
  ///
  /// - Throws: `FileError`.
  package func create(labels: [Int]) throws {
    try FolderCreation.create(folder)
    try NumPyArray.write(labels.map(Int64.init), shape: [labels.count], to: labelsURL)
  }

  /// Stores a cell's predictions as logits in Float32, and as they were given where these are other
  /// numbers, and the labels; a file of logits that holds the same stays as it is.
  ///
  /// Numbers in a mapped file go to the new one from there, without a copy in memory.
  ///
  /// - Throws: `FileError`.
  package func store(_ predictions: PredictionArray, of cell: Cell, labels: [Int]) throws {
    try create(labels: labels)
    for numbers in PredictionNumbers.allCases {
      let url = url(of: cell, givenAs: numbers)
      if !predictions.isFloat32Logits, numbers == predictions.numbers {
        try predictions.write(to: url)
      } else if FileManager.default.fileExists(atPath: url.path) {
        try FileManager.default.removeItem(at: url)
      }
    }
    let url = url(of: cell)
    if let stored = try? PredictionArray(contentsOf: url), predictions.isStored(as: stored) {
      return
    }
    try predictions.writeLogits(to: url)
  }

  // MARK: Reading

  /// The stored labels.
  ///
  /// - Throws: `RunsError.missingPredictions`, `RunsError.wrongShape`, `NumPyError` or `FileError`.
  package func labels() throws -> [Int] {
    guard FileManager.default.fileExists(atPath: labelsURL.path) else {
      throw RunsError.missingPredictions(
        folder.deletingLastPathComponent(),
        "\(folder.lastPathComponent)/\(labelsURL.lastPathComponent)")
    }
    let array = try NumPyArray(contentsOf: labelsURL)
    guard array.shape.count == 1 else {
      throw RunsError.wrongShape(labelsURL, expected: "[images]", found: array.shape)
    }
    return try array.wholeNumbers()
  }

  /// The predictions of a cell, as they were given; they stay in their file.
  ///
  /// - Parameters:
  ///   - cell: The cell.
  ///   - labels: The class of each image.
  ///   - memberCount: The number of subnetworks that is expected; nil for any.
  ///   - classCount: The number of classes that is expected; nil for any.
  /// - Returns: The predictions with their labels.
  /// - Throws: `RunsError.wrongShape` if the file is of another shape, `PredictionFileError` if a
  ///   logit is not finite or a label is no class, `NumPyError` or `FileError`.
  package func logits(
    of cell: Cell, labels: [Int], memberCount: Int? = nil, classCount: Int? = nil
  ) throws -> LabeledLogits {
    let array = try array(of: cell)
    guard array.rowCount == labels.count, array.memberCount == memberCount ?? array.memberCount,
      array.classCount == classCount ?? array.classCount
    else {
      let members = memberCount.map(String.init) ?? "members"
      let classes = classCount.map(String.init) ?? "classes"
      throw RunsError.wrongShape(
        URL(fileURLWithPath: array.file),
        expected: "[\(labels.count), \(members), \(classes)]", found: array.shape)
    }
    return try array.labeled(labels, from: labelsURL)
  }

  private func array(of cell: Cell) throws -> PredictionArray {
    for numbers in PredictionNumbers.allCases {
      let url = url(of: cell, givenAs: numbers)
      guard FileManager.default.fileExists(atPath: url.path) else { continue }
      return try PredictionArray(contentsOf: url, as: numbers)
    }
    return try PredictionArray(contentsOf: url(of: cell))
  }
}
