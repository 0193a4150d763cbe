import Scoring

/// The scores of all runs on the images of one cell.
struct PairedCell: Sendable {
  /// The scores of a run, fit by fit, with the images that each row shows.
  typealias Rows = [(places: [Int], rows: [RowScore])]

  let corruption: String
  let severity: Int
  /// Those of the reference first.
  let runs: [Rows]

  init(corruption: String, severity: Int, runs: [Rows]) {
    self.corruption = corruption
    self.severity = severity
    self.runs = runs
  }

  /// Whether each image is answered rightly by a run.
  func rights(_ run: Int, imageCount: Int) -> [Bool] {
    var rights = [Bool](repeating: false, count: imageCount)
    for fold in runs[run] {
      for (place, row) in zip(fold.places, fold.rows) { rights[place] = row.isRight }
    }
    return rights
  }

  /// A metric of a run: the mean over its fits, as in the tables.
  func value(_ metric: Metric, _ run: Int) -> Double? {
    Run.mean(runs[run].map { fold in metric.value(of: fold.rows) })
  }

  /// The metrics of a run on every draw.
  ///
  /// - Throws: `ScoringError` when rows and images do not match.
  func distributions(_ run: Int, _ bootstrap: Bootstrap) throws -> MetricDistributions {
    let folds = try runs[run].map {
      try bootstrap.distributions(of: [$0.rows], images: $0.places)[0]
    }
    var means: MetricDistributions = [:]
    for metric in Comparison.metrics {
      means[metric] = BootstrapDistribution.mean(of: folds.map { $0[metric] })
    }
    return means
  }
}

extension Metric {
  /// The value of one of `Comparison.metrics` on rows.
  fileprivate func value(of rows: [RowScore]) -> Double? {
    func mean(_ part: (RowScore) -> Double) -> Double? {
      rows.isEmpty ? nil : rows.reduce(0) { $0 + part($1) } / Double(rows.count)
    }
    return switch self {
    case .accuracy: mean { $0.isRight ? 1 : 0 }
    case .negativeLogLikelihood: mean(\.negativeLogLikelihood)
    case .brierScore: mean(\.brierScore)
    case .calibrationError: ReliabilityTable(rows).expectedCalibrationError
    default: nil
    }
  }
}
