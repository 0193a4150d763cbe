import Formats
import Foundation
import Runs
import Scoring

/// Which of several runs are significantly more accurate than which others, on average over the corrupted
/// cells or, where there are none, on clean images.
///
/// Each pair is tested by Fisher's exact sign-flip test of the stored predictions, or McNemar's on clean
/// images; Holm's method corrects for all pairs, at 5 % in all.
struct RunVerdicts: Sendable {
  /// The p-value of equal accuracies, corrected, and whether the second run is right more often, by the
  /// indices of two runs, the lower one first.
  private var pairs: [[Int]: (pValue: Double, favorsSecond: Bool?)] = [:]
  /// Why nothing was tested; nil where the pairs were tested.
  private(set) var problem: String?

  /// Compares the first predictors of the runs, without calibration.
  init(_ runs: [Run], threadCount: Int) {
    var comparer = RunComparer(threadCount: threadCount)
    comparer.drawCount = 0
    do {
      var found: [(pair: [Int], test: PairedTest)] = []
      for first in runs.indices.dropLast() {
        let comparison = try comparer.compare(runs[first...].map(\.folder.url))
        for (offset, pair) in comparison.pairs.enumerated() {
          guard let test = (pair.mean ?? pair.cells.first)?.tests[.accuracy] else { continue }
          found.append(([first, first + 1 + offset], test))
        }
      }
      let corrected = HolmCorrection.adjusted(found.map(\.test.pValue))
      for (index, item) in found.enumerated() {
        pairs[item.pair] = (corrected[index], item.test.favorsRun)
      }
    } catch {
      problem = "\(error)".withoutControlCharacters
    }
  }

  /// Whether a run is significantly more accurate than another, both by their indices.
  func isMoreAccurate(_ run: Int, than other: Int) -> Bool {
    guard let found = pairs[[min(run, other), max(run, other)]],
      found.pValue <= Contrast.errorRate
    else { return false }
    return found.favorsSecond == (run > other)
  }
}
