/// Everything that is measured of one predictor, gathered batch by batch.
///
/// Any batches and shards, in any order, make the same figures: counts and bins to the bit, sums to
/// their last digits. Takes 8 bytes a row, and 5 kB a class.
public struct ScoreAccumulator: Sendable, Equatable {
  /// K, the number of classes.
  public let classCount: Int
  /// Whether some rows have a confidence alone: what looks at the other probabilities is then
  /// undefined.
  public private(set) var isConfidenceOnly: Bool
  /// Shares of right rows.
  public private(set) var accuracy = Accuracy()
  /// Means of the scores of whole distributions.
  public private(set) var probabilityScores: ProbabilityScores
  /// Confidence against accuracy in 15 bins.
  public private(set) var reliability = ReliabilityTable()
  /// Confidences of right and of wrong rows.
  public private(set) var failureDetection = FailureDetection()
  /// The probabilities of each class, of those rows that came with them.
  public private(set) var classwise: ClasswiseCalibration
  private var thresholdedCalibrationError: Double?

  /// How many rows were added.
  public var count: Int { accuracy.count }

  /// Nothing measured yet, over `classCount` classes.
  public init(classCount: Int, isConfidenceOnly: Bool = false) {
    self.classCount = classCount
    self.isConfidenceOnly = isConfidenceOnly
    probabilityScores = ProbabilityScores(classCount: classCount)
    classwise = ClasswiseCalibration(classCount: classCount)
  }

  /// What is measured on `scored`.
  public init(_ scored: ScoredRows) {
    self.init(classCount: scored.classCount, isConfidenceOnly: scored.isConfidenceOnly)
    add(scored)
  }

  /// Adds a batch of rows of the same classes, without the probabilities of each class.
  public mutating func add(_ rows: [RowScore]) {
    thresholdedCalibrationError = nil
    accuracy.add(rows)
    probabilityScores.add(rows)
    reliability.add(rows)
    failureDetection.add(rows)
  }

  /// Adds a batch of rows of the same classes.
  ///
  /// The thresholded error of several batches is undefined until `complete(with:)`.
  public mutating func add(_ scored: ScoredRows) {
    let isFirst = count == 0
    isConfidenceOnly = isConfidenceOnly || scored.isConfidenceOnly
    add(scored.rows)
    if let more = scored.classwise { classwise.merge(more) }
    if isFirst { thresholdedCalibrationError = scored.thresholdedCalibrationError }
  }

  /// Adds the rows that `other`, of the same classes, has seen.
  ///
  /// The thresholded error of both is undefined until `complete(with:)`.
  public mutating func merge(_ other: ScoreAccumulator) {
    isConfidenceOnly = isConfidenceOnly || other.isConfidenceOnly
    guard other.count > 0 else { return }
    thresholdedCalibrationError = count == 0 ? other.thresholdedCalibrationError : nil
    accuracy.merge(other.accuracy)
    probabilityScores.merge(other.probabilityScores)
    reliability.merge(other.reliability)
    failureDetection.merge(other.failureDetection)
    classwise.merge(other.classwise)
  }

  /// Takes the thresholded error from `thresholded`, which has seen the same rows.
  ///
  /// After several batches, `ThresholdedCalibration(cutting: classwise)` takes them a second time.
  public mutating func complete(with thresholded: ThresholdedCalibration) {
    thresholdedCalibrationError = thresholded.count == count ? thresholded.calibrationError : nil
  }

  /// The metrics that are defined on the rows.
  public var figures: Figures<Metric> {
    var figures = Figures<Metric>()
    figures[.accuracy] = accuracy.value
    figures[.topFiveAccuracy] = accuracy.topFive
    addTable(to: &figures)
    addRanking(to: &figures)
    if !isConfidenceOnly { addDistributions(to: &figures) }
    return figures
  }

  private func addTable(to figures: inout Figures<Metric>) {
    figures[.calibrationError] = reliability.expectedCalibrationError
    figures[.maximumCalibrationError] = reliability.maximumCalibrationError
    figures[.debiasedCalibrationError] = reliability.debiasedCalibrationError
    figures[.overconfidence] = reliability.overconfidence
  }

  private func addRanking(to figures: inout Figures<Metric>) {
    let ranking = failureDetection.ranking
    figures[.adaptiveCalibrationError] = ranking.adaptiveCalibrationError
    figures[.smoothCalibrationError] = ranking.smoothCalibrationError
    figures[.misclassificationAUROC] = ranking.areaUnderROC
    figures[.errorAveragePrecision] = ranking.errorAveragePrecision
    figures[.successAveragePrecision] = ranking.successAveragePrecision
    figures[.falsePositiveRateAt95] = ranking.falsePositiveRateAt95
    figures[.riskCoverageArea] = ranking.riskCoverageArea
    figures[.excessRiskCoverageArea] = ranking.excessRiskCoverageArea
    figures[.generalizedRiskCoverageArea] = ranking.generalizedRiskCoverageArea
  }

  private func addDistributions(to figures: inout Figures<Metric>) {
    figures[.negativeLogLikelihood] = probabilityScores.negativeLogLikelihood
    figures[.brierScore] = probabilityScores.brierScore
    figures[.brierScorePerClass] = probabilityScores.brierScorePerClass
    figures[.entropy] = probabilityScores.entropy
    if classwise.count == count {
      figures[.classwiseCalibrationError] = classwise.calibrationError
    }
    figures[.thresholdedCalibrationError] = thresholdedCalibrationError
  }
}
