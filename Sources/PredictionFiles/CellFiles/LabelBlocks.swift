import Foundation
import Runs
import Scoring

/// Labels of five severities one after the other, as CIFAR-10-C has them: five equal blocks.
struct LabelBlocks {
  /// The labels of the first block.
  let labels: [Int]  // [N]
  /// The first row of another label than its block's first one has in that place.
  let difference: (row: Int, expected: Int, found: Int)?

  /// The blocks of `all`; nil where their number is not a multiple of five.
  init?(_ all: [Int]) {
    let blockCount = CellFileName.severities.count
    guard !all.isEmpty, all.count % blockCount == 0 else { return nil }
    let count = all.count / blockCount
    labels = Array(all.prefix(count))
    difference = all.indices.first { all[$0] != all[$0 % count] }
      .map { ($0, all[$0 % count], all[$0]) }
  }
}

extension PredictionReader {
  /// What was read of labels.
  struct ReadLabels {
    let labels: [Int]  // [N]
    let notes: [String]
    let choices: FileChoices
  }

  /// The labels in `labelFile` of the rows in the file of predictions `url`: one for each, or five equal
  /// blocks of as many.
  ///
  /// - Throws: `CellFileError` where there is another number of labels, or where the blocks differ; what
  ///   `read(_:labels:)` throws.
  func labels(in labelFile: URL, of url: URL) throws -> ReadLabels {
    var labels = try GivenFile(labelFile, of: .labels, self)
    let file = try GivenFile(url, of: .classes, self)
    let rowCounts = Set(file.possibleRowCounts.map { CellFileName.severities.count * $0 })
    guard let count = labels.possibleRowCounts.first(where: rowCounts.contains) else {
      let rows = try rows(in: [url], labels: labelFile)
      guard rows.labels.count == rows.predictions.rowCount else {
        throw CellFileError.wrongLabelCount(
          labelFile, of: url, expected: rows.predictions.rowCount, found: rows.labels.count)
      }
      return ReadLabels(labels: rows.labels, notes: rows.notes, choices: rows.choices)
    }
    var notes = try FirstLines.settle(&labels, rowCount: count, tables)
    let all = try labels.classIndices(
      rowCount: count, classCount: isBinary ? 2 : file.shape.last ?? 2, &notes)
    guard let blocks = LabelBlocks(all) else {
      throw CellFileError.wrongLabelCount(
        labelFile, of: url, expected: file.rowCount, found: all.count)
    }
    if let (row, expected, found) = blocks.difference {
      throw CellFileError.unequalBlocks(
        labelFile, rows: blocks.labels.count, row: row, expected: expected, found: found)
    }
    return ReadLabels(
      labels: blocks.labels, notes: notes, choices: FileChoices([], labels: labels))
  }
}

extension GivenFile {
  /// The number of rows, and that with a first line that may be names.
  fileprivate var possibleRowCounts: [Int] {
    [rowCount] + (table?.firstLine == nil ? [] : [rowCount + 1])
  }
}
