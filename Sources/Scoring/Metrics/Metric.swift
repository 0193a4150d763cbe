/// A metric of one predictor: its column in `cells.csv`, and how it is computed.
///
/// Adding one: write the function on its input (such as `ConfidenceRanking`), and an entry at the
/// end of `all`.
public struct Metric: NamedEntry {
  /// What a metric is computed from.
  public enum Input: Sendable {
    /// The rank of the label among the classes.
    case accuracy(@Sendable (Accuracy) -> Double?)
    /// Top-label confidences and which rows are right, in bins of equal width.
    case reliability(@Sendable (ReliabilityTable) -> Double?)
    /// Top-label confidences and which rows are right, sorted.
    case ranking(@Sendable (ConfidenceRanking) -> Double?)
    /// The same, cut into bins of equal mass.
    case equalMass(@Sendable (ConfidenceRanking, Binning) -> Double?)
    /// The scores of each row; whether those that need the distribution are among them.
    case rows(needsDistribution: Bool, @Sendable ([RowScore]) -> Double?)
    /// The parts of the top label's Brier or log score.
    case decomposition(ScoreDecomposition.Score, @Sendable (ScoreDecomposition) -> Double)
    /// Means of the scores of whole distributions.
    case probabilityScores(@Sendable (ProbabilityScores) -> Double?)
    /// The probabilities of each class, counted in a pass over all distributions.
    case classwise(@Sendable (ClasswiseCalibration) -> Double?)
    /// The value of `ThresholdedCalibration`, by a second pass over all distributions.
    case thresholdedCalibrationError
    /// The negative log-likelihood, and what is left of it by `RefinementLoss`.
    case refinementLoss(@Sendable (_ loss: Double, _ refinementLoss: Double) -> Double)
    /// The mean over rows of what soft labels give for each, where there are some.
    case softMean(@Sendable (SoftScore) -> Double)
    /// Spearman's correlation of the entropies of rows and of soft labels, where there are some.
    case entropyCorrelation
  }

  /// Which values are better.
  public enum Direction: Sendable {
    /// Higher ones.
    case higher
    /// Lower ones.
    case lower
    /// Those closer to 0.
    case zero
    /// None: the metric only describes.
    case none
  }

  /// What the interval of a metric that is no mean is made from, where it is made metric by metric.
  public enum Resampling: Sendable {
    /// Percentiles of the value of the drawn rows' ranking.
    case ranking(@Sendable (ConfidenceRanking) -> Double?)
    /// Percentiles of a part of the drawn rows' decomposition or, of parts that fitting makes larger,
    /// how far these draws lie above the value.
    case decomposition(
      ScoreDecomposition.Score, isEnlarged: Bool, @Sendable (ScoreDecomposition) -> Double)
    /// The coverages at which an exact interval of the risk holds so many percent; no draws.
    case coverage(riskPercent: Int)
  }

  /// The name of the column.
  public let name: String
  /// What it is computed from.
  public let input: Input
  /// Which values are better.
  public let better: Direction
  /// The number of each row of K classes that the metric is the mean of; nil if it is no mean.
  ///
  /// Metrics that have it have bootstrap intervals, as have those of `Bootstrap.weightedMetrics`.
  public let rowValue: (@Sendable (_ row: RowScore, _ classCount: Int) -> Double)?

  /// What its interval is made from; nil where that is `rowValue`, where it is made together with those
  /// of other metrics, or where there is none.
  public let resampling: Resampling?

  /// The metric `name`, computed from `input`.
  public init(
    _ name: String, of input: Input, better: Direction = .lower, resampling: Resampling? = nil,
    meanOf rowValue: (@Sendable (_ row: RowScore, _ classCount: Int) -> Double)? = nil
  ) {
    self.name = name
    self.input = input
    self.better = better
    self.rowValue = rowValue
    self.resampling = resampling
  }

  /// Whether it needs the probabilities of all classes, and not just their order and the largest.
  ///
  /// A calibration of the confidence alone leaves it undefined then.
  public var needsDistribution: Bool {
    switch input {
    case .accuracy, .reliability, .ranking, .equalMass, .decomposition: false
    case .rows(let needsDistribution, _): needsDistribution
    case .probabilityScores, .classwise, .thresholdedCalibrationError, .refinementLoss, .softMean,
      .entropyCorrelation:
      true
    }
  }

  /// Whether it needs a pass that counts the probabilities of each class.
  var needsClassProbabilities: Bool {
    switch input {
    case .classwise, .thresholdedCalibrationError: true
    default: false
    }
  }

  /// Whether it needs soft labels.
  var needsSoftLabels: Bool {
    switch input {
    case .softMean, .entropyCorrelation: true
    default: false
    }
  }

  /// Whether it needs the refinement loss, which takes two fits.
  var needsRefinementLoss: Bool {
    if case .refinementLoss = input { true } else { false }
  }
}

extension Metric {
  /// The metrics of result files, in column order.
  ///
  /// Columns may be added at the end and never change places.
  public static let all: [Metric] = [
    .accuracy, .topFiveAccuracy, .negativeLogLikelihood, .brierScore, .brierScorePerClass,
    .calibrationError, .maximumCalibrationError, .adaptiveCalibrationError,
    .classwiseCalibrationError, .thresholdedCalibrationError, .debiasedCalibrationError,
    .smoothCalibrationError, .overconfidence, .misclassificationAUROC, .errorAveragePrecision,
    .successAveragePrecision, .falsePositiveRateAt95, .riskCoverageArea, .excessRiskCoverageArea,
    .generalizedRiskCoverageArea, .entropy, .calibrationLoss, .refinementLoss,
  ]

  /// Share of rows whose predicted class is the label.
  public static let accuracy = Metric(
    "accuracy", of: .accuracy(\.value), better: .higher)
  /// Share of rows whose label is among the five most probable classes.
  public static let topFiveAccuracy = Metric(
    "accuracy_top5", of: .accuracy(\.topFive), better: .higher
  ) { row, _ in row.topFiveShare }
  /// Mean of −log p of the label, in nats, where MixMo and pytorch-ensembles take −log(1e-12 + p).
  public static let negativeLogLikelihood = Metric(
    "nll", of: .probabilityScores(\.negativeLogLikelihood))
  /// Mean of Σ over classes of (p − 1[label])², in 0...2 (Brier 1950).
  public static let brierScore = Metric("brier", of: .probabilityScores(\.brierScore))
  /// The Brier score divided by the number of classes, as MixMo reports it.
  public static let brierScorePerClass = Metric(
    "brier_per_class", of: .probabilityScores(\.brierScorePerClass)
  ) { row, classCount in row.brierScore / Double(classCount) }
  /// Calibration error over bins of equal width, by default the expected one over 15; see
  /// `ReliabilityTable` and `Binning`.
  public static let calibrationError = Metric("ece", of: .reliability(\.calibrationError))
  /// Largest calibration error of a bin.
  public static let maximumCalibrationError = Metric(
    "mce", of: .reliability(\.maximumCalibrationError))
  /// Calibration error over bins of equal mass, by default the expected one over 15.
  public static let adaptiveCalibrationError = Metric(
    "ece_adaptive", of: .equalMass { $0.adaptiveCalibrationError(in: $1) })
  /// Mean over classes of the calibration error of each class's probability.
  public static let classwiseCalibrationError = Metric(
    "ece_classwise", of: .classwise(\.calibrationError))
  /// Thresholded adaptive classwise calibration error (Nixon and others 2019).
  public static let thresholdedCalibrationError = Metric("tace", of: .thresholdedCalibrationError)
  /// Squared calibration error without its bias, rooted (Kumar and others 2019).
  public static let debiasedCalibrationError = Metric(
    "ece_debiased", of: .reliability(\.debiasedCalibrationError))
  /// Smooth calibration error at its own bandwidth (Błasiok and Nakkiran 2023).
  public static let smoothCalibrationError = Metric(
    "ece_smooth", of: .ranking(\.smoothCalibrationError))
  /// Mean confidence − accuracy.
  public static let overconfidence = Metric(
    "overconfidence", of: .reliability(\.overconfidence), better: .zero
  ) { row, _ in row.confidence - (row.isRight ? 1 : 0) }
  /// P(confidence of a right row > of a wrong one) + ½ P(equal), `auc` in MixMo.
  public static let misclassificationAUROC = Metric(
    "auroc_misclassification", of: .ranking(\.areaUnderROC), better: .higher)
  /// Average precision of "wrong" by −confidence.
  public static let errorAveragePrecision = Metric(
    "aupr_error", of: .ranking(\.errorAveragePrecision), better: .higher)
  /// Average precision of "right" by confidence.
  public static let successAveragePrecision = Metric(
    "aupr_success", of: .ranking(\.successAveragePrecision), better: .higher)
  /// False-positive rate at 95 % true positives of "right".
  public static let falsePositiveRateAt95 = Metric("fpr95", of: .ranking(\.falsePositiveRateAt95))
  /// Area under the risk–coverage curve.
  public static let riskCoverageArea = Metric("aurc", of: .ranking(\.riskCoverageArea))
  /// Area under the risk–coverage curve beyond that of the best order.
  public static let excessRiskCoverageArea = Metric(
    "eaurc", of: .ranking(\.excessRiskCoverageArea))
  /// Area under the generalized risk–coverage curve (Traub and others 2024).
  public static let generalizedRiskCoverageArea = Metric(
    "augrc", of: .ranking(\.generalizedRiskCoverageArea))
  /// Mean entropy of the predicted distribution, in nats.
  public static let entropy = Metric(
    "entropy", of: .probabilityScores(\.entropy), better: .none
  ) { row, _ in row.entropy }
  /// The decrease of the negative log-likelihood by the best temperature; see `RefinementLoss`.
  public static let calibrationLoss = Metric(
    "calibration_loss", of: .refinementLoss { loss, refinementLoss in loss - refinementLoss })
  /// The rest of the negative log-likelihood.
  public static let refinementLoss = Metric(
    "refinement_loss", of: .refinementLoss { _, refinementLoss in refinementLoss })
}

/// The values of metrics; a metric without a value is undefined.
public struct MetricValues<Key: NamedEntry>: Sendable, Equatable {
  private var values: [Key: Double] = [:]

  /// Values of which none is defined.
  public init() {}

  /// The value of one metric, or nil where it is undefined.
  public subscript(metric: Key) -> Double? {
    get { values[metric] }
    set { values[metric] = newValue }
  }

  /// Each metric's mean over `all`, in any order; undefined where it is undefined in one of them.
  public static func mean(_ all: [MetricValues]) -> MetricValues {
    var mean = MetricValues()
    guard let first = all.first else { return mean }
    for metric in first.values.keys {
      let values = all.compactMap { $0[metric] }
      if values.count == all.count {
        mean[metric] = sortedSum(values.count) { values[$0] } / Double(values.count)
      }
    }
    return mean
  }
}
