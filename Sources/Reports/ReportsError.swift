import Formats
import Foundation
import Scoring

/// A run folder that cannot be reported, or runs that cannot be put side by side.
package enum ReportsError: Error, CustomStringConvertible, Equatable {
  /// The folder lacks a file that every finished evaluation has.
  case missingFile(URL, String)
  /// The file is not what its name says.
  case unreadableRecord(URL, String)
  /// A table lacks columns.
  case missingColumns(URL, [String])
  /// A table has a header and nothing else.
  case noRows(URL)
  /// A field is not what its column holds; rows count from 1, below the header.
  case wrongField(URL, row: Int, column: String, expected: String, found: String)
  /// Two rows are about the same thing.
  case sameRow(URL, first: Int, second: Int)
  /// An array of predictions or labels is of another shape.
  case wrongShape(URL, expected: String, found: [Int])
  /// Predictions cannot be scored.
  case unusablePredictions(URL, ScoringError)
  /// No run has rows of the name that a table was asked for.
  case nothingSelected(column: String, expected: [String], found: String)
  /// Two runs differ in what they must share.
  case otherRun(URL, URL, field: String, first: String, second: String)
  /// The folder of a run lacks a file of predictions that every run has.
  case missingPredictions(URL, String)
  /// Two runs have predictions of different cells.
  case otherCells(URL, URL, onlyFirst: [String], onlySecond: [String])
  /// A run has no predictor of this name.
  case noSuchPredictor(URL, String, expected: [String])

  package var description: String { message.withoutControlCharacters }

  private var message: String {
    switch self {
    case .missingFile(let folder, let name):
      "\(folder.path): expected the folder of a finished evaluation, found no \(name); "
        + "run mixmo evaluate or mixmo score with this folder as its output"
    case .unreadableRecord(let url, let problem):
      "\(url.path): not the record of an evaluation: \(problem)"
    case .missingColumns(let url, let names):
      "\(url.path): expected the columns \(names.joined(separator: ", ")), found none of these names"
    case .noRows(let url): "\(url.path): expected rows below the header, found none"
    case .wrongField(let url, let row, let column, let expected, let found):
      "\(url.path): row \(row), \(column): expected \(expected), found \"\(found.oneLine)\""
    case .sameRow(let url, let first, let second):
      "\(url.path): row \(second) is about the same thing as row \(first)"
    case .wrongShape(let url, let expected, let found):
      "\(url.path): expected shape \(expected), found \(found)"
    case .unusablePredictions(let url, let error): "\(url.path): \(error)"
    case .nothingSelected(let column, let expected, let found):
      "\(column): expected one of \(Self.list(expected)), "
        + "found \"\(found.oneLine)\""
    case .otherRun(let first, let second, let field, let mine, let other):
      "\(first.path) and \(second.path) cannot be put side by side: \(field): "
        + "\(mine.oneLine) and \(other.oneLine)"
    case .missingPredictions(let folder, let name):
      "\(folder.path): expected stored predictions, found no \(name); run mixmo evaluate or mixmo "
        + "score again with this folder as its output"
    case .otherCells(let first, let second, let onlyFirst, let onlySecond):
      "\(first.path) and \(second.path) cannot be put side by side: cells: "
        + [(first, onlyFirst), (second, onlySecond)].filter { !$0.1.isEmpty }
        .map { "only \($0.path) has \(Self.list($1))" }.joined(separator: "; ")
        + "; finish both evaluations, or evaluate both on the same corruptions"
    case .noSuchPredictor(let folder, let name, let expected):
      "\(folder.path): expected a predictor of \(Self.list(expected)), found \"\(name.oneLine)\""
    }
  }

  /// The first few names.
  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(5).map(\.oneLine).joined(separator: ", ")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}
