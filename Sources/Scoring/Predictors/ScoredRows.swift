/// What a predictor said about one row, and how well.
public struct RowScore: Sendable, Equatable {
  /// The class of the largest probability, the lowest index among equals.
  public let predictedClass: Int
  /// How many classes come before the label when sorted by probability, equals by index.
  public let labelRank: Int
  /// The largest probability.
  public internal(set) var confidence: Double
  /// −log p of the label, in nats, from the log-softmax.
  public let negativeLogLikelihood: Double
  /// Σ over classes of (p − 1[label])².
  public let brierScore: Double
  /// −Σ p log p, in nats.
  public let entropy: Double

  /// Whether the predicted class is the label.
  public var isRight: Bool { labelRank == 0 }

  /// The same with a calibrated confidence.
  func calibrated(by map: ConfidenceMap) -> RowScore {
    var row = self
    row.confidence = map(confidence)
    return row
  }
}

/// The scores of one predictor on some rows: what passes over its probabilities leave.
public struct ScoredRows: Sendable, Equatable {
  /// K, the number of classes.
  public let classCount: Int
  /// One score a row.
  public let rows: [RowScore]  // [N]
  /// Whether the confidences were calibrated alone: losses and whatever else looks at the other
  /// probabilities then mean nothing.
  public let isConfidenceOnly: Bool
  /// How probable each class was, against how often it was the label.
  public let classwise: ClasswiseCalibration?
  /// The thresholded adaptive classwise calibration error of these rows.
  public let thresholdedCalibrationError: Double?

  init(
    classCount: Int, rows: [RowScore], isConfidenceOnly: Bool = false,
    classwise: ClasswiseCalibration? = nil, thresholdedCalibrationError: Double? = nil
  ) {
    self.classCount = classCount
    self.rows = rows
    self.isConfidenceOnly = isConfidenceOnly
    self.classwise = classwise
    self.thresholdedCalibrationError = thresholdedCalibrationError
  }
}
