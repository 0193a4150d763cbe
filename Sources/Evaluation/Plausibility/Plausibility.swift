import Foundation
import Runs
import Scoring

/// Whether predictions, labels and images can be what they are taken for.
///
/// What is found is never an error: each doubt is a sentence for the user. Rules and thresholds are those
/// of the article Findings.
package enum Plausibility {
  /// What is implausible in the predictions of the clean images alone, before others are made.
  ///
  /// It takes one pass over the predictions, and finds what scoring them finds, in the same sentences.
  ///
  /// - Parameters:
  ///   - clean: The predictions of the clean images.
  ///   - main: The predictor of the first row; nil for that of subnetworks.
  ///   - threadCount: The threads that score.
  /// - Returns: The doubts; none where all is plausible.
  /// - Throws: `ScoringError` where there is no such predictor.
  package static func doubts(
    ofClean clean: LabeledLogits, main: Predictor? = nil, threadCount: Int
  ) throws -> [RunRecord.Doubt] {
    let main = main ?? Predictor.predicting(memberCount: clean.memberCount)[0]
    let rows = try Scorer(threadCount: threadCount).rowScores(of: main, in: clean)
    return CleanSigns(clean, rows).doubts
  }

  /// A share as a percentage in a sentence, such as `97.5 %`.
  static func percent(_ share: Double) -> String {
    let number = 100 * share
    return String(format: 0 < number && number < 1 ? "%.2g" : "%.1f", number) + " %"
  }

  /// Names in a row: `a`, `a and b`, `a, b and c`, or the first of many.
  static func list(_ names: [String], limit: Int = 6) -> String {
    guard names.count > 1 else { return names.first ?? "" }
    guard names.count <= limit else {
      return names.prefix(limit).joined(separator: ", ") + " and \(names.count - limit) more"
    }
    return names.dropLast().joined(separator: ", ") + " and \(names[names.count - 1])"
  }
}
