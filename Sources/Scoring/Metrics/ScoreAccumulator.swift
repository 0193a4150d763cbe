/// Everything that is measured of one predictor, gathered batch by batch.
public struct ScoreAccumulator: Sendable, Equatable {
  /// K, the number of classes.
  public let classCount: Int
  /// Shares of right rows.
  public private(set) var accuracy = Accuracy()
  /// Means of the scores of whole distributions.
  public private(set) var probabilityScores: ProbabilityScores
  /// Confidence against accuracy in 15 bins.
  public private(set) var reliability = ReliabilityTable()
  /// Confidences of right and of wrong rows.
  public private(set) var failureDetection = FailureDetection()

  /// How many rows were added.
  public var count: Int { accuracy.count }

  /// Nothing measured yet, over `classCount` classes.
  public init(classCount: Int) {
    self.classCount = classCount
    probabilityScores = ProbabilityScores(classCount: classCount)
  }

  /// What is measured on `scored`.
  public init(_ scored: ScoredRows) {
    self.init(classCount: scored.classCount)
    add(scored.rows)
  }

  /// Adds a batch of rows of the same classes.
  public mutating func add(_ rows: [RowScore]) {
    accuracy.add(rows)
    probabilityScores.add(rows)
    reliability.add(rows)
    failureDetection.add(rows)
  }

  /// Adds the rows that `other`, of the same classes, has seen.
  public mutating func merge(_ other: ScoreAccumulator) {
    accuracy.merge(other.accuracy)
    probabilityScores.merge(other.probabilityScores)
    reliability.merge(other.reliability)
    failureDetection.merge(other.failureDetection)
  }

  /// The metrics that are defined on the rows.
  public var figures: Figures<Metric> {
    var figures = Figures<Metric>()
    figures[.accuracy] = accuracy.value
    figures[.topFiveAccuracy] = accuracy.topFive
    figures[.negativeLogLikelihood] = probabilityScores.negativeLogLikelihood
    figures[.brierScore] = probabilityScores.brierScore
    figures[.brierScorePerClass] = probabilityScores.brierScorePerClass
    figures[.entropy] = probabilityScores.entropy
    figures[.calibrationError] = reliability.expectedCalibrationError
    figures[.overconfidence] = reliability.overconfidence
    figures[.misclassificationAUROC] = failureDetection.areaUnderROC
    return figures
  }
}
