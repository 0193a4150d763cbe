/// How probabilities are calibrated before they are scored: the `calibration` column.
///
/// Every predictor is calibrated for itself. A predictor that a calibration is not made for has no
/// row under it; see `applies(to:memberCount:)`.
public struct Calibration: NamedEntry {
  /// What is fitted, and how.
  public let calibrator: any Calibrator

  /// Calibration by `calibrator`.
  public init(_ calibrator: any Calibrator) {
    self.calibrator = calibrator
  }

  /// The name in the `calibration` column.
  public var name: String { calibrator.name }

  /// Whether a row of `predictor`, of `memberCount` members, exists under this calibration.
  ///
  /// `members-mean` has one where every member has.
  public func applies(to predictor: Predictor, memberCount: Int) -> Bool {
    calibrator.applies(to: predictor, memberCount: memberCount)
  }

  /// The same for predictions like `logits`, which may have too many classes.
  func applies(to predictor: Predictor, of logits: LabeledLogits) -> Bool {
    logits.classCount <= calibrator.largestClassCount
      && applies(to: predictor, memberCount: logits.memberCount)
  }

  /// Whether it is fitted on other rows than those that it scores.
  public var needsFitting: Bool { calibrator.fitting == .otherRows }

  /// Whether it is fitted on the rows that it scores: a bound, and no way to predict.
  public var isBound: Bool { calibrator.fitting == .scoredRows }

  /// Whether `metric` has a value: calibrations of the confidence alone leave no distribution.
  public func defines(_ metric: Metric) -> Bool {
    calibrator.output == .distribution || !metric.needsDistribution
  }
}

extension Calibration {
  /// The calibrations that the program knows, in the order of their rows in result files.
  public static let all: [Calibration] = [
    .none, .temperature, .memberTemperatures, .temperatureAfterAveraging, .vector, .isotonic,
    .histogram, .oracle, .matrix, .dirichlet, .ensembleTemperature, .beta, .platt,
    .bayesianBinning, .classwiseIsotonic, .classwiseHistogram,
  ]

  /// As the network gave them.
  public static let none = Calibration(NoCalibrator())
  /// One temperature; see `TemperatureCalibrator`.
  public static let temperature = Calibration(TemperatureCalibrator())
  /// Each member's own temperature; see `MemberTemperatureCalibrator`.
  public static let memberTemperatures = Calibration(MemberTemperatureCalibrator())
  /// One temperature of averaged probabilities; see `TemperatureAfterAveragingCalibrator`.
  public static let temperatureAfterAveraging = Calibration(TemperatureAfterAveragingCalibrator())
  /// A scale and a bias for each class; see `VectorCalibrator`.
  public static let vector = Calibration(VectorCalibrator())
  /// A monotone map of the top-label confidence; see `IsotonicCalibrator`.
  public static let isotonic = Calibration(IsotonicCalibrator())
  /// The accuracy of the confidence's bin; see `HistogramCalibrator`.
  public static let histogram = Calibration(HistogramCalibrator())
  /// A temperature fitted on the rows that are scored; see `OracleCalibrator`.
  public static let oracle = Calibration(OracleCalibrator())
  /// A matrix and a bias for each class; see `MatrixCalibrator`.
  public static let matrix = Calibration(MatrixCalibrator())
  /// The same of logarithms of probabilities; see `DirichletCalibrator`.
  public static let dirichlet = Calibration(DirichletCalibrator())
  /// A mixture with a temperature; see `EnsembleTemperatureCalibrator`.
  public static let ensembleTemperature = Calibration(EnsembleTemperatureCalibrator())
  /// A rising curve of the top-label confidence; see `BetaCalibrator`.
  public static let beta = Calibration(BetaCalibrator())
  /// A logistic curve of the confidence's logit; see `PlattCalibrator`.
  public static let platt = Calibration(PlattCalibrator())
  /// An average of histograms of the confidence; see `BayesianBinningCalibrator`.
  public static let bayesianBinning = Calibration(BayesianBinningCalibrator())
  /// A monotone map of each class's probability; see `ClasswiseIsotonicCalibrator`.
  public static let classwiseIsotonic = Calibration(ClasswiseIsotonicCalibrator())
  /// The accuracy of the bin of each class's probability; see `ClasswiseHistogramCalibrator`.
  public static let classwiseHistogram = Calibration(ClasswiseHistogramCalibrator())
}

/// No calibration: probabilities as the network gave them.
private struct NoCalibrator: Calibrator {
  let name = "none"
  let output = CalibratedOutput.distribution
  let fitting = CalibrationFitting.nothing

  func fit(_ predictor: Predictor, on rows: FittingRows) -> CalibrationMap { .identity }
}
