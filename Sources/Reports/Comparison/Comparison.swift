import Formats
import Scoring

/// Runs on the same images, each against the first: how they differ, and which differences are
/// significant.
package struct Comparison: Sendable, Equatable {
  /// A run against the reference.
  package struct Pair: Sendable, Equatable {
    /// The run's label.
    package let run: String
    /// In the order of the comparison's `cells`.
    package internal(set) var cells: [Contrast]
    /// On average over the corrupted cells, with equal weights; nil where there are none.
    package internal(set) var mean: Contrast?

    package init(run: String, cells: [Contrast], mean: Contrast?) {
      self.run = run
      self.cells = cells
      self.mean = mean
    }

    /// How many of the cells at `indices` have a verdict on `metric`.
    package func count(_ verdict: Contrast.Verdict, _ metric: Metric, at indices: [Int]) -> Int {
      indices.count { cells[$0].verdict(metric) == verdict }
    }

    /// The mean of a metric's differences over the cells at `indices`; nil where one is undefined.
    package func meanDifference(_ metric: Metric, at indices: [Int]) -> Double? {
      RunningMean.mean(of: indices.map { cells[$0].values[metric]?.difference })
    }
  }

  /// The metrics that are compared.
  package static let metrics: [Metric] = [
    .accuracy, .negativeLogLikelihood, .brierScore, .calibrationError, .overconfidence,
  ]

  /// The label of the run that the others are compared with.
  package let reference: String
  /// The name of each run's predictor, the reference's first.
  package let predictors: [String]
  package let calibration: Calibration
  /// Figures that are compared beside the metrics: coverage and size of prediction sets.
  package let figures: [Metric]
  /// N, the number of images of each cell.
  package let imageCount: Int
  /// The clean cell first, then the others by name and severity.
  package let cells: [Cell]
  /// Every run but the first, in the order given.
  package let pairs: [Pair]
  /// Assumptions that could not be checked, and doubtful fits.
  package let notes: [String]

  package init(
    reference: String, predictors: [String], calibration: Calibration, imageCount: Int,
    cells: [Cell], pairs: [Pair], notes: [String], figures: [Metric] = []
  ) {
    self.figures = figures
    self.reference = reference
    self.predictors = predictors
    self.calibration = calibration
    self.imageCount = imageCount
    self.cells = cells
    self.pairs = pairs
    self.notes = notes
  }

  /// Those of `Comparison.metrics` that the calibration leaves defined, then `figures`.
  package var metrics: [Metric] { Self.metrics.filter(calibration.defines) + figures }

  /// The predictors of the runs, each once.
  package var predictorNames: [String] {
    predictors.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// The corruptions, without the clean test set.
  package var corruptions: [String] {
    var seen: Set<String> = []
    return cells.map(\.corruption).filter {
      $0 != Cell.clean.corruption && seen.insert($0).inserted
    }
  }

  /// The severities of corrupted cells, in rising order.
  package var severities: [Int] { Set(cells.map(\.severity)).subtracting([0]).sorted() }
}

extension Comparison {
  /// The columns of `comparison.csv`.
  package enum Column: String, CodingKey, CaseIterable {
    case reference, run, corruption, severity, predictor, calibration, metric
    case referenceValue = "reference_value"
    case value, difference, low, high, p
    case correctedP = "p_holm"
    case verdict, samples
    case referencePredictor = "reference_predictor"
  }

  /// One metric of a run and the reference, in a cell or on average over the corrupted cells.
  package struct Row: Encodable, Sendable, Equatable {
    package let reference: String
    package let run: String
    /// `mean` in a row of means over the corrupted cells.
    package let corruption: String
    /// Nil for a mean.
    package let severity: Int?
    package let predictor: String
    package let calibration: String
    package let metric: String
    package let referenceValue: Double
    package let value: Double
    package let difference: Double
    package let low: Double?
    package let high: Double?
    package let p: Double?
    package let correctedP: Double?
    package let verdict: String?
    package let samples: Int
    package let referencePredictor: String

    package typealias CodingKeys = Column
  }

  /// What a row of means has in place of a corruption.
  package static let mean = "mean"

  /// A row for each run, cell and metric; each run's means come first.
  package var rows: [Row] {
    pairs.enumerated().flatMap { index, pair in
      let subject = (run: pair.run, predictor: predictors[index + 1])
      let means = pair.mean.map { rows(subject, Self.mean, nil, $0) } ?? []
      return means
        + zip(cells, pair.cells).flatMap { rows(subject, $0.corruption, $0.severity, $1) }
    }
  }

  private func rows(
    _ subject: (run: String, predictor: String), _ corruption: String, _ severity: Int?,
    _ contrast: Contrast
  ) -> [Row] {
    metrics.compactMap { metric in
      guard let values = contrast.values[metric] else { return nil }
      let test = contrast.tests[metric]
      return Row(
        reference: reference, run: subject.run, corruption: corruption, severity: severity,
        predictor: subject.predictor, calibration: calibration.name, metric: metric.name,
        referenceValue: values.reference, value: values.run, difference: values.difference,
        low: values.interval?.low, high: values.interval?.high,
        p: test?.pValue, correctedP: test?.correctedPValue, verdict: test?.verdict.rawValue,
        samples: imageCount, referencePredictor: predictors[0])
    }
  }

  /// The rows as `comparison.csv`.
  package var table: CSVTable {
    var table = CSVTable(header: Column.allCases.map(\.rawValue))
    for row in rows {
      table.append(
        [row.reference, row.run, row.corruption, row.severity.map(String.init) ?? ""]
          + [row.predictor, row.calibration, row.metric]
          + [row.referenceValue, row.value, row.difference, row.low, row.high, row.p]
          .map(CSVTable.field)
          + [CSVTable.field(row.correctedP), row.verdict ?? "", "\(row.samples)"]
          + [row.referencePredictor])
    }
    return table
  }
}
