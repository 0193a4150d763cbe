import Scoring

/// How other runs compare with a first one, on the same images.
package struct Comparison: Sendable {
  /// Whether a run is better than the reference.
  package enum Verdict: String, Sendable {
    case win
    case loss
    case undecided
  }

  /// A metric of both runs, and how far the run is above the reference.
  package struct Difference: Sendable {
    package let metric: Metric
    package let reference: Double?
    package let value: Double?
    package let difference: Double?
    /// The 95 % interval by the paired bootstrap of images; not corrected for being many.
    package let interval: Interval?
  }

  /// One cell of two runs.
  package struct Cell: Sendable {
    package let corruption: String
    package let severity: Int
    package let sampleCount: Int
    /// Those of `Comparison.metrics`, in their order.
    package let differences: [Difference]
    /// McNemar's exact p-value.
    package let pValue: Double
    /// The same after Holm's correction over all cells of all runs.
    package var correctedPValue: Double
    package var verdict: Verdict

    package var accuracy: Difference { differences[0] }
  }

  /// The mean over corrupted cells.
  package struct Mean: Sendable {
    package let cellCount: Int
    package let differences: [Difference]
    /// Fisher's sign-flip p-value of the images' mean differences in accuracy.
    package let pValue: Double
    /// The same after Holm's correction over all runs.
    package var correctedPValue: Double
    package var verdict: Verdict

    package var accuracy: Difference { differences[0] }
  }

  /// A run beside the reference.
  package struct Pair: Sendable {
    package let label: String
    package var cells: [Cell]
    /// Nil where there are only clean images.
    package var mean: Mean?
  }

  /// What is compared; accuracy first.
  package static let metrics: [Metric] = [
    .accuracy, .negativeLogLikelihood, .brierScore, .calibrationError,
  ]
  /// The probability with which anything is claimed of runs that are equally good.
  package static let level = 0.05

  package let reference: String
  package let predictor: Predictor
  package let calibration: Calibration
  package private(set) var pairs: [Pair]

  /// Judges `pairs`: claims of all cells and means together are wrong with probability `level` at most.
  ///
  /// Means take half of `level` and cells the other half, each corrected by Holm's method; where all
  /// means are decided, cells are judged at the whole of it. This is Bonferroni's and Holm's method
  /// joined as in Bretz et al. 2009, "A graphical approach to sequentially rejective multiple test
  /// procedures".
  init(reference: String, predictor: Predictor, calibration: Calibration, pairs: [Pair]) {
    self.reference = reference
    self.predictor = predictor
    self.calibration = calibration
    self.pairs = pairs
    let means = HolmCorrection.adjusted(pairs.compactMap { $0.mean?.pValue })
    let meanLevel = means.isEmpty ? 0 : Self.level / 2
    for (place, pair) in pairs.indices.filter({ pairs[$0].mean != nil }).enumerated() {
      self.pairs[pair].mean?.judge(means[place], at: meanLevel)
    }
    let areMeansDecided = means.allSatisfy { $0 <= meanLevel }
    let cellLevel = areMeansDecided ? Self.level : Self.level / 2
    var cells = HolmCorrection.adjusted(pairs.flatMap { $0.cells.map(\.pValue) })[...]
    for pair in pairs.indices {
      for cell in pairs[pair].cells.indices {
        self.pairs[pair].cells[cell].judge(cells.removeFirst(), at: cellLevel)
      }
    }
  }
}

extension Comparison.Cell {
  fileprivate mutating func judge(_ pValue: Double, at level: Double) {
    correctedPValue = pValue
    verdict = Comparison.Verdict(accuracy.difference, isDecided: pValue <= level)
  }
}

extension Comparison.Mean {
  fileprivate mutating func judge(_ pValue: Double, at level: Double) {
    correctedPValue = pValue
    verdict = Comparison.Verdict(accuracy.difference, isDecided: pValue <= level)
  }
}

extension Comparison.Verdict {
  fileprivate init(_ difference: Double?, isDecided: Bool) {
    guard isDecided, let difference, difference != 0 else {
      self = .undecided
      return
    }
    self = difference > 0 ? .win : .loss
  }
}
