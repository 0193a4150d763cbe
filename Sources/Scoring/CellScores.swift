/// The numbers of one cell (a corruption at a severity) under one calibration.
public struct CellScores: Sendable {
  /// How the probabilities were calibrated.
  public let calibration: Calibration
  /// One row of `cells.csv` for each predictor, `members-mean` last.
  public private(set) var predictors: [PredictorScores]
  /// The rows of `diversity.csv`: the mean over pairs, then each pair; none for one member.
  public let diversity: [DiversityScores]
  /// The rows that gave each of the numbers that were averaged, with what calibrated them.
  ///
  /// Cross-validation scores the same rows several times.
  let folds: [CellFold]
  /// How many of the first folds score every row once.
  let foldsPerPass: Int
}

extension CellScores {
  /// The same rows, that of `predictor` first where there is one.
  public func starting(with predictor: Predictor) -> CellScores {
    var scores = self
    let first = predictors.filter { $0.predictor == predictor }
    scores.predictors = first + predictors.filter { $0.predictor != predictor }
    return scores
  }
}

/// A predictor's row in `cells.csv`, and its reliability table.
public struct PredictorScores: Sendable {
  /// Who predicted.
  public let predictor: Predictor
  /// T, the mean over folds, and over members that have their own; nil where none is fitted.
  public let temperature: Double?
  /// The bounds at which temperatures of `temperature` were cut off, each once, which deserve a
  /// warning.
  public let temperatureBounds: Set<TemperatureBound>
  /// How many rows were scored.
  public let sampleCount: Int
  /// How many of them have a label of probability 0: the loss is infinite, and its mean undefined.
  public let infiniteLossCount: Int
  /// The metrics that are defined; of averaged folds the mean of theirs.
  public let values: MetricValues<Metric>
  /// The table of all rows, or one for each fold that is averaged; none for `members-mean`.
  ///
  /// The mean of their calibration errors is that of `values`.
  public let reliability: [ReliabilityTable]
  /// Bounds of the metrics that have them without draws, where every row is an image of its own.
  let classBounds: [Metric: ErrorBounds]
  /// The temperature that refinement was fitted with on the rows of each fold; nil where there is none,
  /// or where it is at a bound.
  let refinementTemperatures: [Double?]
  /// The scores of each of the K classes, of all rows that the folds score; their calibration errors are
  /// means over folds.
  ///
  /// Nil where they were not asked for, and for `members-mean`.
  public let classes: [ClassScore]?  // [K]
}

/// A fit of one calibration, and the rows of a cell that it scores.
struct CellFold: Sendable {
  /// The rows; nil for all.
  let rows: [Int]?
  /// What was fitted for each predictor; empty where nothing is fitted.
  let maps: [Predictor: RowCalibrations]

  /// What calibrates `predictor`.
  func calibrations(of predictor: Predictor) -> RowCalibrations {
    maps[predictor] ?? RowCalibrations(.identity)
  }
}

/// The numbers of the rows that one fold scores.
struct FoldScores: Sendable {
  struct OfPredictor: Sendable {
    let predictor: Predictor
    let calibrations: RowCalibrations
    let sampleCount: Int
    let infiniteLossCount: Int
    let values: MetricValues<Metric>
    let reliability: ReliabilityTable
    let classBounds: [Metric: ErrorBounds]
    let refinementTemperature: Double?
    /// Nil where no labels were given.
    let classes: ClassTally?

    init(
      _ scored: ScoredRows, of predictor: Predictor, calibratedBy calibrations: RowCalibrations,
      metrics: [Metric], labels: [Int]?
    ) {
      self.predictor = predictor
      self.calibrations = calibrations
      sampleCount = scored.rows.count
      infiniteLossCount = scored.infiniteLossCount
      values = scored.values(of: metrics)
      reliability = scored.reliability
      classBounds = scored.classBounds
      refinementTemperature = scored.refinement?.temperature
      classes = labels.map { ClassTally(scored, labels: $0) }
    }
  }

  let predictors: [OfPredictor]
  let diversity: [DiversityScores]
}

extension CellScores {
  /// The means over folds of their numbers.
  init(
    _ calibration: Calibration, _ parts: [FoldScores], folds: [CellFold], foldsPerPass: Int
  ) {
    let predicting = parts[0].predictors.indices.map { i in
      PredictorScores(parts.map { $0.predictors[i] }, foldsPerPass: foldsPerPass)
    }
    let members = predicting.filter { if case .member = $0.predictor { true } else { false } }
    self.calibration = calibration
    self.folds = folds
    self.foldsPerPass = foldsPerPass
    predictors = predicting + (members.isEmpty ? [] : [PredictorScores(meanOf: members)])
    diversity = parts[0].diversity.indices.map { row in
      DiversityScores(folds: parts.map { $0.diversity[row] }, foldsPerPass: foldsPerPass)
    }
  }
}

extension PredictorScores {
  /// Whether a temperature was cut off at a bound.
  public var isTemperatureAtBound: Bool { !temperatureBounds.isEmpty }

  fileprivate init(_ parts: [FoldScores.OfPredictor], foldsPerPass: Int) {
    predictor = parts[0].predictor
    temperature = mean(parts.compactMap(\.calibrations.temperature))
    temperatureBounds = Set(parts.flatMap(\.calibrations.temperatureBounds))
    values = .mean(parts.map(\.values))
    classBounds = .mean(parts.map(\.classBounds))
    let pass = parts.prefix(foldsPerPass)
    sampleCount = pass.reduce(0) { $0 + $1.sampleCount }
    infiniteLossCount = pass.reduce(0) { $0 + $1.infiniteLossCount }
    reliability = parts.map(\.reliability)
    refinementTemperatures = parts.map(\.refinementTemperature)
    let tallies = parts.compactMap(\.classes)
    classes = tallies.first.map { first in
      tallies.dropFirst().reduce(into: first) { $0.merge($1) }
        .scores(passCount: parts.count / max(1, foldsPerPass))
    }
  }

  /// The row of `members-mean`.
  fileprivate init(meanOf members: [PredictorScores]) {
    predictor = .membersMean
    temperature = mean(members.compactMap(\.temperature))
    temperatureBounds = members.reduce(into: []) { $0.formUnion($1.temperatureBounds) }
    sampleCount = members[0].sampleCount
    infiniteLossCount = members.map(\.infiniteLossCount).max() ?? 0
    values = .mean(members.map(\.values))
    reliability = []
    classBounds = [:]
    refinementTemperatures = []
    classes = nil
  }
}

private func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : sortedSum(values.count) { values[$0] } / Double(values.count)
}
