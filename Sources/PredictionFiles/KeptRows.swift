import Foundation
import Runs

/// The rows whose label is not the one that says that there is none.
struct KeptRows {
  /// Their indices, in rising order.
  let rows: [Int]
  /// Their labels.
  let labels: [Int]
  /// How many rows there are with those that are left out.
  let allCount: Int
  /// How many rows are left out.
  let note: String

  /// The rows of `labels`, from `file`, but those of `ignored`; nil where no row is left out.
  ///
  /// - Throws: `PredictionChoiceError` where none would be left.
  init?(_ labels: [Int], without ignored: Int, of file: URL) throws {
    let rows = labels.indices.filter { labels[$0] != ignored }
    guard rows.count < labels.count else { return nil }
    guard !rows.isEmpty else {
      throw PredictionChoiceError(
        file: file.path, problem: .allIgnored(label: ignored, count: labels.count))
    }
    self.rows = rows
    allCount = labels.count
    self.labels = rows.map { labels[$0] }
    note =
      "\(file.path): \(labels.count - rows.count) of \(labels.count) labels are \(ignored); their "
      + "rows are left out"
  }
}
