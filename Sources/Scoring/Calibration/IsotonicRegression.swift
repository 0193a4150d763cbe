/// A monotone map of the top-label confidence alone (Zadrozny and Elkan 2002); for all predictors.
public struct IsotonicCalibrator: Calibrator {
  public let name = "isotonic"
  public let output = CalibratedOutput.confidence

  /// The calibrator.
  public init() {}

  public func fit(_ predictor: Predictor, on rows: FittingRows) throws -> CalibrationMap {
    let scores = try rows.scores(of: predictor)
    return .confidence(IsotonicRegression(scores.map { ($0.confidence, $0.isRight) }))
  }
}

/// The rising curve through (confidence, right) of least squared error.
///
/// Ayer, Brunk, Ewing, Reid and Silverman 1955, "An empirical distribution function for sampling
/// with incomplete information". Rows of equal confidence are pooled, then neighboring groups as
/// long as accuracy falls. Between the fitted confidences the curve is linear, outside them constant,
/// as in scikit-learn.
public struct IsotonicRegression: ConfidenceMap, Equatable {
  /// Confidences in rising order, between which the curve is linear.
  public private(set) var confidences: [Double] = []
  /// The curve there, in 0...1, never falling.
  public private(set) var accuracies: [Double] = []

  /// The curve through `rows`; without rows the one that changes nothing.
  ///
  /// - Precondition: Confidences are in 0...1.
  public init(_ rows: [(confidence: Double, isRight: Bool)]) {
    for block in Self.pooled(Self.groups(of: rows)) {
      append(block.lowest, block.accuracy)
      if block.highest > block.lowest { append(block.highest, block.accuracy) }
    }
  }

  /// How many rows each step of the curve through `rows` has, and how many of them are right.
  static func counts(
    of rows: [(confidence: Double, isRight: Bool)]
  ) -> [(rightCount: Int, count: Int)] {
    pooled(groups(of: rows)).map { ($0.rightCount, $0.count) }
  }

  /// The same of rows that are counted already, by strictly rising confidence.
  static func counts(of ties: [ConfidenceRanking.Tie]) -> [(rightCount: Int, count: Int)] {
    pooled(
      ties.map { tie in
        Block(
          lowest: tie.confidence, highest: tie.confidence, rightCount: tie.rightCount,
          count: tie.count)
      }
    ).map { ($0.rightCount, $0.count) }
  }

  /// The curve through these points, of rising confidences and as many accuracies.
  public init(confidences: [Double], accuracies: [Double]) {
    self.confidences = confidences
    self.accuracies = accuracies
  }

  /// The calibrated confidence.
  public func value(at confidence: Double) -> Double {
    guard let first = confidences.first, let last = confidences.last else { return confidence }
    if confidence <= first { return accuracies[0] }
    if confidence >= last { return accuracies[accuracies.count - 1] }
    var (lower, upper) = (0, confidences.count - 1)
    while upper - lower > 1 {
      let middle = (lower + upper) / 2
      if confidences[middle] <= confidence { lower = middle } else { upper = middle }
    }
    let share =
      (confidence - confidences[lower]) / (confidences[upper] - confidences[lower])
    return accuracies[lower] + share * (accuracies[upper] - accuracies[lower])
  }

  private mutating func append(_ confidence: Double, _ accuracy: Double) {
    confidences.append(confidence)
    accuracies.append(accuracy)
  }

  /// Neighboring rows with one accuracy.
  private struct Block {
    let lowest: Double
    var highest: Double
    var rightCount = 0
    var count = 0

    var accuracy: Double { Double(rightCount) / Double(count) }

    /// Whether the accuracy is at least that of `other`.
    func isNotBelow(_ other: Block) -> Bool {
      rightCount * other.count >= other.rightCount * count
    }
  }

  /// The rows by rising confidence, those of equal confidence together.
  private static func groups(of rows: [(confidence: Double, isRight: Bool)]) -> [Block] {
    // Bit patterns of numbers in 0...1 rise with them, and leave room for a bit more; −0 + 0 is 0.
    var keys = rows.map { ($0.confidence + 0).bitPattern << 1 | ($0.isRight ? 1 : 0) }
    keys.sortByDigits()
    var groups: [Block] = []
    for key in keys {
      let confidence = Double(bitPattern: key >> 1)
      if groups.last?.highest != confidence {
        groups.append(Block(lowest: confidence, highest: confidence))
      }
      groups[groups.count - 1].count += 1
      groups[groups.count - 1].rightCount += Int(key & 1)
    }
    return groups
  }

  /// The pool-adjacent-violators algorithm: blocks of strictly rising accuracy.
  private static func pooled(_ groups: [Block]) -> [Block] {
    var blocks: [Block] = []
    for var block in groups {
      while let previous = blocks.last, previous.isNotBelow(block) {
        blocks.removeLast()
        block = Block(
          lowest: previous.lowest, highest: block.highest,
          rightCount: previous.rightCount + block.rightCount, count: previous.count + block.count)
      }
      blocks.append(block)
    }
    return blocks
  }
}
