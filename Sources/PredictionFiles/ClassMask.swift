// N rows, K classes.

import Datasets
import Formats
import Foundation
import Predictions
import Runs

/// Which columns of files of predictions are compared: those of the classes that labels stand for, where a
/// model has other classes as well.
///
/// ImageNet-A and ImageNet-R are scored so, with the outputs of their 200 classes alone (Hendrycks et al.,
/// arXiv 1907.07174 and arXiv 2006.16241).
package struct ClassMask: Sendable {
  /// The column of each label and the number of columns; nil where a label is the index of its column.
  private let listed: (columns: [Int], classCount: Int)?

  /// A mask of the columns that labels name by their indices.
  package init() { listed = nil }

  /// A mask of the columns of the classes `labels`, of which label i is the i-th.
  ///
  /// - Parameters:
  ///   - labels: The classes of the labels.
  ///   - columns: The classes of all columns.
  /// - Throws: What `ClassOrder.names()` throws; `PictureError` for a class that has no column.
  package init(ofLabels labels: ClassOrder, among columns: ClassOrder) throws {
    let names = try labels.names()
    let all = try columns.names(having: names)
    let places = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1, $0) })
    listed = (names.compactMap { places[$0] }, all.count)
  }

  /// The columns that are compared beside rows with their labels from `labelFile`.
  ///
  /// - Throws: `ClassMaskError`.
  package func columns(
    of rows: PredictionReader.Rows, labelFile: URL
  ) throws -> ComparedColumns {
    try columns(
      of: rows.labels, in: labelFile, rows: rows.kept?.rows,
      classCount: rows.predictions.classCount, predictions: rows.predictions.file)
  }

  /// The columns that are compared.
  ///
  /// - Parameters:
  ///   - labels: The labels of the rows that are scored.
  ///   - file: Where these are from.
  ///   - rows: The place of each there; nil where none is left out.
  ///   - classCount: The number of columns of their predictions.
  ///   - predictions: Where those are from.
  /// - Returns: The columns.
  /// - Throws: `ClassMaskError`.
  func columns(
    of labels: [Int], in file: URL, rows: [Int]?, classCount: Int, predictions: String
  ) throws -> ComparedColumns {
    if let listed, listed.classCount != classCount {
      throw ClassMaskError(
        file: predictions,
        problem: .otherColumns(expected: listed.classCount, found: classCount))
    }
    let labelCount = listed?.columns.count ?? classCount
    if let row = labels.firstIndex(where: { !(0..<labelCount ~= $0) }) {
      throw ClassMaskError(
        file: file.path,
        problem: .labelOutOfRange(
          row: rows?[row] ?? row, found: labels[row], labelCount: labelCount))
    }
    if let listed {
      let outputs = OutputSelection(of: listed.columns, modelClassCount: classCount)
      return ComparedColumns(outputs: outputs, columnOfLabel: listed.columns)
    }
    let outputs = OutputSelection(of: labels, modelClassCount: classCount)
    if outputs.indices.count > 1, outputs.indices.count < classCount,
      outputs.indices == Array(0..<outputs.indices.count)
    {
      throw ClassMaskError(
        file: file.path,
        problem: .labelsOfFolders(count: outputs.indices.count, classCount: classCount))
    }
    return ComparedColumns(outputs: outputs, columnOfLabel: nil)
  }
}

/// The columns of files of predictions that are compared.
package struct ComparedColumns: Sendable {
  let outputs: OutputSelection
  /// The column of each label; nil where a label is the index of its column.
  fileprivate let columnOfLabel: [Int]?

  /// What a user should know.
  func note(on labelFile: URL) -> String {
    "\(labelFile.path): --mask-classes: the columns of \(outputs.indices.count) of "
      + "\(outputs.modelClassCount) classes are compared, those of the labels"
  }

  /// The class of each label among the compared columns; `rows` has the place of each in `file`, where some
  /// are left out.
  ///
  /// - Throws: `ClassMaskError` for a label of another class.
  func labels(_ labels: [Int], in file: URL, rows: [Int]?) throws -> [Int] {
    try labels.enumerated().map { row, label in
      let column = columnOfLabel.map { $0.indices ~= label ? $0[label] : -1 } ?? label
      guard let place = outputs.place(of: column) else {
        throw ClassMaskError(
          file: file.path, problem: .otherLabel(row: rows?[row] ?? row, found: label))
      }
      return place
    }
  }

  /// The predictions of the compared columns.
  ///
  /// - Throws: `ClassMaskError` where there is another number of columns; what
  ///   `PredictionArray.comparing(_:)` throws.
  func predictions(_ array: PredictionArray) throws -> PredictionArray {
    guard array.classCount == outputs.modelClassCount else {
      throw ClassMaskError(
        file: array.file,
        problem: .otherColumns(expected: outputs.modelClassCount, found: array.classCount))
    }
    return try array.comparing(outputs.indices)
  }
}

extension PredictionReader.Rows {
  /// The same rows with the columns that are compared; `labelFile` is where their labels are from.
  ///
  /// - Throws: What `ComparedColumns.labels(_:in:rows:)` and `ComparedColumns.predictions(_:)` throw.
  package func comparing(
    _ columns: ComparedColumns, labelFile: URL
  ) throws -> PredictionReader.Rows {
    PredictionReader.Rows(
      predictions: try columns.predictions(predictions),
      labels: try columns.labels(labels, in: labelFile, rows: kept?.rows),
      notes: notes + [columns.note(on: labelFile)], doubts: doubts, choices: choices, kept: kept)
  }
}

extension PredictionArray {
  /// The numbers of some outputs, in the order given, or of all for nil.
  ///
  /// - Throws: `PredictionFileError` where numbers of any output cannot be scored, or where the probabilities
  ///   of a row have none of these outputs.
  package func comparing(_ outputs: [Int]?) throws -> PredictionArray {
    try checkNumbers()
    guard let outputs else { return self }
    let selected = selecting(classes: outputs)
    try selected.checkNumbers()
    return selected
  }

  private func checkNumbers() throws {
    _ = try labeled([Int](repeating: 0, count: rowCount), from: URL(fileURLWithPath: file))
  }
}

/// Labels or predictions that `--mask-classes` does not fit.
package struct ClassMaskError: Error, CustomStringConvertible, Equatable {
  enum Problem: Sendable, Equatable {
    /// A label that is no class.
    case labelOutOfRange(row: Int, found: Int, labelCount: Int)
    /// Labels that seem to be the indices of some of a model's classes among themselves.
    case labelsOfFolders(count: Int, classCount: Int)
    /// A label of a class whose column is left out.
    case otherLabel(row: Int, found: Int)
    /// Another number of columns than that of the model's classes.
    case otherColumns(expected: Int, found: Int)
  }

  let file: String
  let problem: Problem

  package var description: String { "\(file): \(message)".withoutControlCharacters }

  private var message: String {
    switch problem {
    case .labelOutOfRange(let row, let found, let labelCount):
      "row \(row): expected a label from 0 to \(labelCount - 1), found \(found)"
    case .labelsOfFolders(let count, let classCount):
      "--mask-classes: expected the indices of columns as labels, found 0 to \(count - 1) without a gap, beside "
        + "\(classCount) columns: these seem to be indices of folders; say which classes they are with "
        + "--label-classes, and which the columns are with --class-order"
    case .otherLabel(let row, let found):
      "row \(row): expected a label of the classes that --labels has, found \(found), whose column "
        + "--mask-classes leaves out; leave out the row, or give the classes with --label-classes"
    case .otherColumns(let expected, let found):
      "expected a column for each of the model's \(expected) classes, found \(found); --mask-classes takes the "
        + "predictions of all classes"
    }
  }
}
