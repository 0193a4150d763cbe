import Formats
import Foundation
import Scoring

/// Files of the predictions of cells that cannot be scored, alone or together.
package enum CellFileError: Error, CustomStringConvertible, Equatable {
  /// A file where the folder of predictions is expected.
  case notAFolder(URL)
  /// A folder without predictions of the clean images: the predictions that it has, and a folder below it
  /// that has those of the clean images.
  case noClean(URL, found: [String], below: URL?)
  /// Two files hold the predictions of one cell.
  case sameCell(Cell, URL, URL)
  /// The name of a file ends in a number that is no severity.
  case noSeverity(URL, found: String)
  /// A file that cannot be read, and whose name is that of no known corruption.
  case unreadable(URL, problem: String)
  /// The folders of members that lack cells of others, with these cells.
  case missingCells([URL: [Cell]])
  /// Another number of rows than there are labels.
  case wrongRowCount(URL, CellFileName, expected: Int, found: Int)
  /// Several members in a file, where each folder holds one.
  case severalMembers(URL, Cell, found: [Int])
  /// Another shape than the predictions of the clean images have.
  case otherShape(URL, Cell, expected: [Int], found: [Int], first: URL)
  /// Logits, where the clean images have probabilities, or the reverse.
  case otherNumbers(URL, Cell, expected: PredictionNumbers, first: URL)
  /// Another number of labels than rows, or five times as many.
  case wrongLabelCount(URL, of: URL, expected: Int, found: Int)
  /// Labels of five blocks of `rows` that differ, first in this row.
  case unequalBlocks(URL, rows: Int, row: Int, expected: Int, found: Int)

  package var description: String { message.withoutControlCharacters }

  private static let elsewhere = "if it holds no predictions, move it to another folder"

  private var message: String {
    switch self {
    case .notAFolder(let url):
      "\(url.path): expected a folder with a file for each cell, found a file; give the folder, or the "
        + "file with --logits"
    case .noClean(let url, let found, let below):
      "\(url.path): clean-0: expected its predictions in clean.npy or clean-0.npy, found "
        + (found.isEmpty ? "no predictions" : "predictions in \(found.listed(limit: 6)) alone")
        + (below.map { "; give the folder \($0.path)" }
          ?? "; predict the clean images too: calibrations are fitted on them")
    case .sameCell(let cell, let first, let second):
      "\(first.path) and \(second.path): expected one file with the predictions of \(cell.name), found "
        + "two; move one of them to another folder"
    case .noSeverity(let url, let found):
      "\(url.path): expected a name with a severity from 1 to 5, such as fog-3.npy, or clean.npy, found "
        + "the number \(found.oneLine); rename it or, \(Self.elsewhere)"
    case .unreadable(let url, let problem): "\(problem); \(Self.elsewhere) than \(url.path)"
    case .missingCells(let missing):
      "expected the same cells in each folder, one for each member: "
        + missing.sorted { $0.key.path < $1.key.path }.map { url, cells in
          "\(url.path) lacks \(Self.names(of: cells).listed(limit: 20))"
        }.joined(separator: "; ")
        + "; predict what is missing, or move the others to another folder"
    case .wrongRowCount(let url, let name, let expected, let found):
      Self.wrongRowCount(url, name, labels: expected, found: found)
    case .severalMembers(let url, let cell, let found):
      "\(url.path): \(cell.name): expected shape [rows, classes] of one member, as there is a folder for "
        + "each member, found \(found); give a folder of all members alone"
    case .otherShape(let url, let cell, let expected, let found, let first):
      "\(url.path): \(cell.name): expected shape \(expected), [images, members, classes], as "
        + "\(first.path) has, found \(found); predict all cells with the same model"
    case .otherNumbers(let url, let cell, let expected, let first):
      "\(url.path): \(cell.name): expected \(Self.words(expected)), as \(first.path) holds, found "
        + "\(Self.words(expected == .logits ? .probabilities : .logits)), by their names; say "
        + "--probabilities or --no-probabilities"
    case .wrongLabelCount(let url, let predictions, let expected, let found):
      "\(url.path): clean-0: expected \(expected) labels, one for each row of \(predictions.path), or five "
        + "equal blocks of \(expected), found \(found); give the labels of these images"
    case .unequalBlocks(let url, let rows, let row, let expected, let found):
      "\(url.path): expected \(rows) labels, or five equal blocks of \(rows), found another label in row "
        + "\(row): \(found), where row \(row % rows) has \(expected); give the labels of the clean images"
    }
  }

  private static func wrongRowCount(
    _ url: URL, _ name: CellFileName, labels: Int, found: Int
  ) -> String {
    let blockCount = CellFileName.severities.count
    let (type, corruption) = (url.pathExtension, name.corruption.oneLine)
    switch name.content {
    case .cell(let cell):
      let advice =
        found != blockCount * labels
        ? "predict the images of the labels, all of them"
        : cell.isClean
          ? "predict the clean images once, not for each severity"
          : "a file of five severities one after the other is named \(corruption).\(type)"
      return "\(url.path): \(cell.name): expected \(labels) rows, one for each label, found "
        + "\(found); \(advice)"
    case .severities:
      let advice =
        found == labels
        ? "a file of one severity is named with it, such as \(corruption)-1.\(type);"
        : "predict the images of all five severities;"
      return
        "\(url.path): \(corruption)-1 to \(corruption)-5: expected \(blockCount * labels) rows, five "
        + "severities of \(labels) labels one after the other, found \(found); \(advice) \(elsewhere)"
    }
  }

  /// The names of cells, or of a corruption where all of its severities are meant.
  private static func names(of cells: [Cell]) -> [String] {
    let counts = Dictionary(grouping: cells, by: \.corruption).mapValues(\.count)
    var names: [String] = []
    for cell in cells {
      let isWhole = counts[cell.corruption] == CellFileName.severities.count
      let name = isWhole ? "\(cell.corruption)-1 to \(cell.corruption)-5" : cell.name
      if names.last != name { names.append(name) }
    }
    return names
  }

  private static func words(_ numbers: PredictionNumbers) -> String {
    numbers == .logits ? "logits" : "probabilities"
  }
}
