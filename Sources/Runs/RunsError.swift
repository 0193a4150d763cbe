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
  /// The folder of a run is not there.
  case noFolder(URL)
  /// There is no checkpoint of any epoch; `last` is that of an interruption within one, if there is one.
  case noEpoch(URL, last: URL?)
  /// No checkpoint of that epoch was kept, for it had not the highest accuracy so far.
  case noCheckpoint(URL, epoch: Int, kept: [Int], by: BestEpoch.Criterion)
  /// The log has no row for the epochs whose checkpoints are kept.
  case unloggedEpochs(URL, kept: [Int])
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
        + "\(found); its results stay: choose another folder with --output"
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
      "\(url.path): expected shape \(expected), found \(found); the file is not this run's: evaluate "
        + "into another folder with --output"
    case .otherPredictions(let url, let expected, let found):
      "\(url.path): not this run's file: expected SHA-256 \(expected), as run.json records, found "
        + "\(found); move it to another folder, and put the recorded file back or make it again with "
        + "this run's mixmo evaluate or mixmo score"
    case .unrecordedPredictions(let url):
      "\(url.path): not this run's file: run.json does not record it, so nothing says what made it; move "
        + "it to another folder, and score it alone with mixmo score --logits FILE --labels FILE"
    case .noFolder(let folder):
      "\(folder.path): expected the folder of a run, found none; train it with mixmo train, or "
        + "correct --save or --config, by which it is found"
    case .noEpoch(let folder, let last):
      "\(folder.path): no checkpoint of any epoch, as none has ended; "
        + (last.map { "continue with mixmo train, or give --checkpoint \($0.path)" }
          ?? "train with mixmo train, or name a file with --checkpoint")
    case .noCheckpoint(let folder, let epoch, let kept, let criterion):
      "\(folder.path): no checkpoint of epoch \(epoch); kept are "
        + "\(kept.map(String.init).joined(separator: ", ")): an epoch is kept where its \(criterion.rawValue) "
        + "is the highest so far, and every \(EpochRecord.keptEvery)th; --keep leaves the latest of "
        + "these and the best one"
    case .unloggedEpochs(let log, let kept):
      "\(log.path): no row for the epochs whose checkpoints are there, "
        + "\(kept.map(String.init).joined(separator: ", ")); name one of them with --checkpoint"
    case .malformedLog(let log, let location, let expected, let found):
      "\(log.path): \(location): expected \(expected), found \"\(found)\"; correct it, or name the "
        + "epoch of the checkpoint"
    }
  }
}
