import Scoring

/// A metric of `summary.csv` that is a difference: the value of its row minus that of another one, on
/// the same images.
///
/// The interval is paired: both values come from the same draws of images, so that it is narrower than
/// the intervals of the two values suggest.
package struct PairedMetric: Sendable, Hashable {
  /// The metric of which the difference is taken, a column of `cells.csv`.
  package let metric: String
  /// What is subtracted.
  package let reference: String

  /// - Parameters:
  ///   - metric: A column of `cells.csv`.
  ///   - reference: `none`, the same predictor without calibration; `members-mean`, under the same
  ///     calibration; `clean`, the same row on clean images; or another aggregate of the same protocol.
  package init(_ metric: Metric, minus reference: String) {
    self.metric = metric.name
    self.reference = reference
  }

  /// The difference whose name is `name`; nil where it names another metric.
  package init?(name: String) {
    // Tables have thousands of names, and few are those of differences.
    guard name.last == ")", let match = name.wholeMatch(of: /(\w+)_minus\((.*)\)/)
    else { return nil }
    (metric, reference) = (String(match.1), String(match.2))
  }

  /// The name in the column `metric`, such as `nll_minus(none)`.
  package var name: String { "\(metric)_minus(\(reference))" }
}
