import Formats
import Foundation
import Runs

/// A selection that no run has, or runs that cannot be compared.
package enum ReportsError: Error, CustomStringConvertible, Equatable {
  /// A table was requested of a name that no run has rows of; `expected` are those that there are.
  case nothingSelected(column: String, expected: [String], found: String)
  /// A table was requested of a name that is short for several.
  case ambiguous(column: String, names: [String], found: String)
  /// Two runs differ in a field that they must share.
  case otherRun(URL, URL, field: String, first: String, second: String)
  /// Two runs have predictions of different cells.
  case otherCells(URL, URL, onlyFirst: [String], onlySecond: [String])
  /// A run has no predictions of these images of no class.
  case noOutOfDistribution(URL, String, found: [String])
  /// A predictor has no such score of images of no class.
  case noDetectionScore(URL, String, predictor: String)
  /// A run has no prediction sets.
  case noSets(URL)
  /// No image has this class.
  case noSuchClass(Int, classCount: Int)
  /// A run has no soft labels.
  case noSoftLabels(URL)
  /// A run has no predictor of this name.
  case noSuchPredictor(URL, String, expected: [String])

  /// Two runs whose records differ.
  static func otherRun(
    _ first: RunFolder, _ second: RunFolder, _ difference: RunRecord.Difference
  ) -> ReportsError {
    .otherRun(
      first.url, second.url, field: difference.field, first: difference.first,
      second: difference.second)
  }

  package var description: String { message.withoutControlCharacters }

  private var message: String {
    switch self {
    case .nothingSelected(let column, let expected, let found):
      "\(column): expected one of \(expected.listed(limit: .max)), found \"\(found.oneLine)\""
    case .ambiguous(let column, let names, let found):
      "\(column): \"\(found.oneLine)\" is short for \(names.listed(limit: .max)); name one of them"
    case .otherRun(let first, let second, let field, let mine, let other):
      "\(first.path) and \(second.path) cannot be put side by side: \(field): "
        + "\(mine.oneLine) and \(other.oneLine)"
    case .otherCells(let first, let second, let onlyFirst, let onlySecond):
      "\(first.path) and \(second.path) cannot be put side by side: cells: "
        + [(first, onlyFirst), (second, onlySecond)].filter { !$0.1.isEmpty }
        .map { "only \($0.path) has \($1.listed(limit: 5))" }.joined(separator: "; ")
        + "; finish both evaluations, or evaluate both on the same corruptions"
    case .noSets(let folder):
      "\(folder.path): expected conformal.csv, found none; mixmo score RUN --conformal makes it"
    case .noSuchClass(let index, let classCount):
      "--class: expected a class from 0 to \(classCount - 1) that images have, found \(index)"
    case .noSoftLabels(let folder):
      "\(folder.path): expected soft labels, found none; mixmo score RUN --soft-labels FILE adds them"
    case .noOutOfDistribution(let folder, let set, let found):
      "\(folder.path): expected predictions of the images of no class \(set.oneLine), found "
        + (found.isEmpty ? "none" : "those of \(found.listed())")
        + "; mixmo score RUN --ood \(set.oneLine)=FILE adds them"
    case .noDetectionScore(let folder, let score, let predictor):
      "\(folder.path): \(predictor) has no score \(score) under this calibration; compare another "
        + "(--ood-score)"
    case .noSuchPredictor(let folder, let name, let expected):
      "\(folder.path): expected a predictor of \(expected.listed(limit: .max)), "
        + "found \"\(name.oneLine)\""
    }
  }
}
