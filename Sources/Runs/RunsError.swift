import Formats
import Foundation
import Scoring

/// A run folder that is not what it should be.
package enum RunsError: Error, CustomStringConvertible, Equatable {
  /// The folder lacks a file that every finished evaluation has.
  case missingFile(URL, String)
  /// `run.json` is not one of ours.
  case unreadableRecord(URL, String)
  /// The folder holds an evaluation of something else.
  case otherEvaluation(URL, field: String, expected: String, found: String)
  /// A table lacks columns.
  case missingColumns(URL, [String])
  /// A table has a header and nothing else.
  case noRows(URL)
  /// A table has no row of this predictor, that of its first row, without calibration.
  case noUncalibrated(URL, predictor: String)
  /// A field is not what its column holds; rows count from 1, below the header.
  case wrongField(URL, row: Int, column: String, expected: String, found: String)
  /// Two rows are about the same thing.
  case sameRow(URL, first: Int, second: Int)
  /// The folder lacks stored predictions.
  case missingPredictions(URL, String)
  /// An array of predictions or labels is of another shape.
  case wrongShape(URL, expected: String, found: [Int])
  /// A file of predictions is another than the one that the run's record names.
  case otherPredictions(URL, expected: String, found: String)
  /// A file of predictions is not in the run's record.
  case unrecordedPredictions(URL)
  /// No checkpoint of that epoch was kept; of no epoch at all where it is nil.
  case noCheckpoint(URL, epoch: Int?, kept: [Int])
  /// A column or a number of `logs.csv` is missing at this row and column.
  case malformedLog(URL, location: String, expected: String, found: String)

  package var description: String { message.withoutControlCharacters }

  private var message: String {
    switch self {
    case .missingFile(let folder, let name):
      "\(folder.path): expected the folder of a finished evaluation, found no \(name); "
        + "run mixmo evaluate or mixmo score with this folder as its output"
    case .unreadableRecord(let url, let problem):
      "\(url.path): not the record of an evaluation: \(problem)"
    case .otherEvaluation(let url, let field, let expected, let found):
      "\(url.path): the folder belongs to another evaluation: \(field): expected \(expected), found "
        + "\(found); remove its run.json and predictions, or choose another folder"
    case .missingColumns(let url, let names):
      "\(url.path): expected the columns \(names.joined(separator: ", ")), found none of these names"
    case .noRows(let url): "\(url.path): expected rows below the header, found none"
    case .noUncalibrated(let url, let predictor):
      "\(url.path): expected rows of the predictor \(predictor.oneLine) under the calibration "
        + "\(Calibration.none.name), found none"
    case .wrongField(let url, let row, let column, let expected, let found):
      "\(url.path): row \(row), \(column): expected \(expected), found \"\(found.oneLine)\""
    case .sameRow(let url, let first, let second):
      "\(url.path): row \(second) is about the same thing as row \(first)"
    case .missingPredictions(let folder, let name):
      "\(folder.path): expected stored predictions, found no \(name); run mixmo evaluate or mixmo "
        + "score again with this folder as its output"
    case .wrongShape(let url, let expected, let found):
      "\(url.path): expected shape \(expected), found \(found); remove the file and evaluate again"
    case .otherPredictions(let url, let expected, let found):
      "\(url.path): not this run's file: expected SHA-256 \(expected), as run.json records, found "
        + "\(found); move it to another folder, and put the recorded file back or make it again with "
        + "this run's mixmo evaluate or mixmo score"
    case .unrecordedPredictions(let url):
      "\(url.path): not this run's file: run.json does not record it, so nothing says what made it; move "
        + "it to another folder, and score it alone with mixmo score --logits FILE --labels FILE"
    case .noCheckpoint(let folder, let epoch, let kept):
      "\(folder.path): no checkpoint of \(epoch.map { "epoch \($0)" } ?? "any epoch"); kept are "
        + (kept.isEmpty ? "none" : kept.map(String.init).joined(separator: ", "))
    case .malformedLog(let log, let location, let expected, let found):
      "\(log.path): \(location): expected \(expected), found \"\(found)\"; correct it, or name the "
        + "epoch of the checkpoint"
    }
  }
}
