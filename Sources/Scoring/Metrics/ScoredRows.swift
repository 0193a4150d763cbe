/// The scores of one predictor on some rows: everything that metrics are computed from.
public struct ScoredRows: Sendable, Equatable {
  /// K, the number of classes.
  public let classCount: Int
  /// One score a row.
  public let rows: [RowScore]  // [N]
  /// Whether the confidences alone were calibrated: metrics that need the whole distribution are
  /// then undefined.
  public let isConfidenceOnly: Bool
  /// Confidence against accuracy in the bins of calibration errors.
  public let reliability: ReliabilityTable
  /// The probabilities of each class against how often it was the label; nil where not counted.
  public let classwise: ClasswiseCalibration?
  /// The errors of the bins of `ThresholdedCalibration`; nil where not computed.
  public let thresholdedErrors: ClassErrors?
  /// What the best temperature leaves of the loss; nil where not computed, or undefined.
  var refinement: RefinedLoss?
  /// The scores against soft labels, one a row; nil without soft labels.
  public var softScores: [SoftScore]?  // [N]

  /// Rows without the probabilities of each class.
  public init(
    _ rows: [RowScore], classCount: Int, isConfidenceOnly: Bool = false,
    binning: Binning = Binning()
  ) {
    self.init(
      rows, classCount: classCount, isConfidenceOnly: isConfidenceOnly, binning: binning,
      classwise: nil, thresholdedErrors: nil)
  }

  init(
    _ rows: [RowScore], classCount: Int, isConfidenceOnly: Bool = false, binning: Binning,
    classwise: ClasswiseCalibration?, thresholdedErrors: ClassErrors?
  ) {
    self.rows = rows
    self.classCount = classCount
    self.isConfidenceOnly = isConfidenceOnly
    reliability = ReliabilityTable(rows, binning: binning)
    self.classwise = classwise
    self.thresholdedErrors = thresholdedErrors
  }

  /// The thresholded adaptive classwise calibration error; nil where not computed.
  public var thresholdedCalibrationError: Double? {
    thresholdedErrors.map { $0.sum / (Double(rows.count) * Double(classCount)) }
  }

  /// How many rows have a label of probability 0, whose loss is infinite.
  public var infiniteLossCount: Int {
    isConfidenceOnly ? 0 : rows.count { $0.negativeLogLikelihood == .infinity }
  }

  /// The values of `metrics`, as far as they are defined on these rows.
  public func values(of metrics: [Metric] = Metric.all) -> MetricValues<Metric> {
    var inputs = MetricInputs(scored: self)
    var values = MetricValues<Metric>()
    for metric in metrics where !(isConfidenceOnly && metric.needsDistribution) {
      values[metric] = inputs.value(of: metric)
    }
    return values
  }
}

/// The inputs of metrics, each computed when the first metric needs it.
private struct MetricInputs {
  let scored: ScoredRows
  private lazy var accuracy = Accuracy(scored.rows)
  private lazy var ranking = ConfidenceRanking(scored.rows)
  private lazy var decompositions = ScoreDecomposition.all(
    scored.rows.map { ($0.confidence, $0.isRight) })
  private lazy var probabilityScores = ProbabilityScores(
    scored.rows, classCount: scored.classCount)

  init(scored: ScoredRows) {
    self.scored = scored
  }

  mutating func value(of metric: Metric) -> Double? {
    switch metric.input {
    case .accuracy(let value): return value(accuracy)
    case .reliability(let value): return value(scored.reliability)
    case .ranking(let value): return value(ranking)
    case .equalMass(let value): return value(ranking, scored.reliability.binning)
    case .rows(_, let value): return value(scored.rows)
    case .decomposition(let score, let part): return decompositions[score].map(part)
    case .probabilityScores(let value): return value(probabilityScores)
    case .classwise(let value): return scored.classwise.flatMap(value)
    case .thresholdedCalibrationError: return scored.thresholdedCalibrationError
    case .refinementLoss(let value):
      guard let loss = probabilityScores.negativeLogLikelihood,
        let refinementLoss = scored.refinement?.loss
      else { return nil }
      return value(loss, refinementLoss)
    case .softMean(let value):
      return scored.softScores.flatMap { RunningMean.mean(of: $0.lazy.map { Optional(value($0)) }) }
    case .entropyCorrelation:
      return scored.softScores.flatMap {
        RankCorrelation.spearman($0.map(\.entropy), $0.map(\.peopleEntropy))
      }
    }
  }
}

/// What `RefinementLoss` leaves of the loss of some rows.
struct RefinedLoss: Sendable, Equatable {
  /// The loss in nats.
  let loss: Double
  /// The geometric mean of both halves' temperatures; nil where one is at a bound.
  let temperature: Double?
}
