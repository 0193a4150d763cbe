import Scoring

/// How a run differs from the reference on the same images, in one cell or on average over cells.
package struct Contrast: Sendable, Equatable {
  /// Whether the run is significantly better by a metric, significantly worse, or neither.
  package enum Verdict: String, Sendable, CaseIterable {
    case win, loss, undecided

    /// What it is in sentences and tables; nil for neither.
    package var word: String? {
      switch self {
      case .win: "better"
      case .loss: "worse"
      case .undecided: nil
      }
    }
  }

  /// The values of a metric for both runs.
  package struct Values: Sendable, Equatable {
    package let reference: Double
    package let run: Double
    /// The 95 % interval of run − reference; nil without bootstrap draws.
    ///
    /// From the paired bootstrap over images, without a correction for multiple comparisons; of the
    /// calibration error as `ErrorSpread` says, and under the norm `max` from the bounds of both.
    package let interval: Interval?

    package var difference: Double { run - reference }

    package init(reference: Double, run: Double, interval: Interval?) {
      self.reference = reference
      self.run = run
      self.interval = interval
    }
  }

  /// The family-wise error rate: the probability of any wrong claim in a whole comparison.
  package static let errorRate = 0.05

  /// The metrics of `Comparison.metrics` that are defined.
  package let values: [Metric: Values]
  /// The tests of these metrics.
  package private(set) var tests: [Metric: PairedTest]

  package init(values: [Metric: Values], tests: [Metric: PairedTest]) {
    self.values = values
    self.tests = tests
  }

  /// Whether the run is significantly better by `metric`; nothing is where it is not defined.
  package func verdict(_ metric: Metric) -> Verdict { tests[metric]?.verdict ?? .undecided }

  /// Takes over a p-value that is corrected for all tests of the comparison.
  mutating func correct(_ metric: Metric, to pValue: Double) {
    tests[metric]?.correctedPValue = pValue
  }
}

/// A test of which of two runs is better by a metric.
package struct PairedTest: Sendable, Equatable {
  /// The two-sided p-value of neither, without a correction.
  package let pValue: Double
  /// The same corrected for all tests; a claim needs at most `Contrast.errorRate`.
  package internal(set) var correctedPValue: Double
  /// Whether the run seems better than the reference; nil where neither does.
  package let favorsRun: Bool?

  package init(pValue: Double, favorsRun: Bool?) {
    self.pValue = pValue
    correctedPValue = pValue
    self.favorsRun = favorsRun
  }

  package var verdict: Contrast.Verdict {
    guard correctedPValue <= Contrast.errorRate, let favorsRun else { return .undecided }
    return favorsRun ? .win : .loss
  }
}
