import Scoring

/// How a run differs from the reference on the same images: in one cell, or on average over cells.
package struct Contrast: Sendable, Equatable {
  /// What is decided of the accuracies, from the run's side.
  package enum Verdict: String, Sendable, CaseIterable {
    case win, loss, undecided
  }

  /// A metric of both.
  package struct Figure: Sendable, Equatable {
    package let reference: Double
    package let run: Double
    /// Where run − reference lies with 95 % confidence; nil without draws.
    ///
    /// By the paired bootstrap over images, and not corrected for being one of many.
    package let interval: Interval?

    package var difference: Double { run - reference }

    package init(reference: Double, run: Double, interval: Interval?) {
      self.reference = reference
      self.run = run
      self.interval = interval
    }
  }

  /// The chance of any wrong claim in a whole comparison.
  package static let errorRate = 0.05

  /// Accuracy, and the other metrics of `Comparison.metrics` that the calibration leaves defined.
  package let figures: [Metric: Figure]
  /// The p-value of equal accuracies, by itself: exact, McNemar's in a cell, and of flipped signs for
  /// a mean.
  package let pValue: Double
  /// The p-value as one of the comparison's many: decided at no more than `errorRate`.
  package internal(set) var correctedPValue: Double
  /// Above 0 where the run gets more right than the reference does, below 0 where fewer.
  let surplus: Int

  package var verdict: Verdict {
    guard correctedPValue <= Self.errorRate, surplus != 0 else { return .undecided }
    return surplus > 0 ? .win : .loss
  }

  package init(figures: [Metric: Figure], pValue: Double, surplus: Int) {
    self.figures = figures
    self.pValue = pValue
    correctedPValue = pValue
    self.surplus = surplus
  }
}
