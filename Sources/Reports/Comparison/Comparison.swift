import Scoring

/// Runs on the same images, each against the first: what differs, and what of it is decided.
package struct Comparison: Sendable, Equatable {
  /// A run against the reference.
  package struct Pair: Sendable, Equatable {
    /// The run's label.
    package let run: String
    /// In the order of the comparison's `cells`.
    package internal(set) var cells: [Contrast]
    /// On average over the corrupted cells, each with the same weight; nil where there are none.
    package internal(set) var mean: Contrast?

    package init(run: String, cells: [Contrast], mean: Contrast?) {
      self.run = run
      self.cells = cells
      self.mean = mean
    }
  }

  /// The metrics that are compared; accuracy is tested, the others are described.
  package static let metrics: [Metric] = [
    .accuracy, .negativeLogLikelihood, .brierScore, .calibrationError,
  ]

  /// The label of the run that the others are compared with.
  package let reference: String
  /// The name of the predictor that is compared.
  package let predictor: String
  package let calibration: Calibration
  /// N, the images of each cell.
  package let imageCount: Int
  /// The clean cell first, then the others by name and severity.
  package let cells: [Cell]
  /// The runs but the first, in the order they were given.
  package let pairs: [Pair]
  /// What could not be made sure of.
  package let notes: [String]

  package init(
    reference: String, predictor: String, calibration: Calibration, imageCount: Int,
    cells: [Cell], pairs: [Pair], notes: [String]
  ) {
    self.reference = reference
    self.predictor = predictor
    self.calibration = calibration
    self.imageCount = imageCount
    self.cells = cells
    self.pairs = pairs
    self.notes = notes
  }

  /// The metrics of `metrics` that the calibration leaves defined.
  package var metrics: [Metric] { Self.metrics.filter(calibration.defines) }

  /// The corruptions, without clean images.
  package var corruptions: [String] {
    var seen: Set<String> = []
    return cells.map(\.corruption).filter {
      $0 != Cell.clean.corruption && seen.insert($0).inserted
    }
  }

  /// The severities of corrupted cells, rising.
  package var severities: [Int] { Set(cells.map(\.severity)).subtracting([0]).sorted() }
}

extension Comparison.Pair {
  /// How many of the cells at `places`, all by default, have a verdict.
  package func count(_ verdict: Contrast.Verdict, at places: [Int]? = nil) -> Int {
    (places ?? Array(cells.indices)).count { cells[$0].verdict == verdict }
  }

  /// The mean of a metric's differences over the cells at `places`; nil where it is undefined.
  package func meanDifference(_ metric: Metric, at places: [Int]) -> Double? {
    let differences = places.compactMap { cells[$0].figures[metric]?.difference }
    guard !differences.isEmpty, differences.count == places.count else { return nil }
    return differences.reduce(0, +) / Double(differences.count)
  }
}
