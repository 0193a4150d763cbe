/// What a predictor makes of the rows of one class in a cell.
public struct ClassScore: Sendable, Equatable {
  /// The class that it confuses these rows with.
  public struct Confusion: Sendable, Equatable {
    /// The wrong class that is predicted most often, the lowest of several.
    public let predicted: Int
    /// The share of the class's rows that it is predicted for.
    public let share: Double
  }

  /// The class.
  public let index: Int
  /// How many rows have it as their label.
  public let sampleCount: Int
  /// The share of them for which it is predicted, its recall; nil where there are none.
  public let accuracy: Double?
  /// Wilson's 95 % interval of the accuracy; nil where there is none.
  public let accuracyInterval: Interval?
  /// The share of the rows for which it is predicted that have it as their label; nil where there are
  /// none.
  public let precision: Double?
  /// Wilson's 95 % interval of the precision; nil where there is none.
  public let precisionInterval: Interval?
  /// The mean of −log p over the class's rows; nil where there are none, where one is infinite, or where
  /// the confidence alone is calibrated.
  public let negativeLogLikelihood: Double?
  /// The mean Brier score of the class's rows; nil as for the loss, or where there are none.
  public let brierScore: Double?
  /// The calibration error of the class's probability over all rows, in the bins of `ece`: the term of
  /// `ece_classwise`; nil where the confidence alone is calibrated.
  public let calibrationError: Double?
  /// What wrong rows are taken for; nil where none is wrong.
  public let confusion: Confusion?
}

/// Counts and sums of each class.
struct ClassTally: Sendable {
  private struct OfClass: Sendable {
    var sampleCount = 0
    var rightCount = 0
    var predictedCount = 0
    var losses = RunningMean()
    var brierScores = RunningMean()
    var errors = RunningMean()
    /// How often each other class is predicted.
    var wrong: [Int: Int] = [:]
  }

  private var classes: [OfClass]  // [K]
  private let hasDistribution: Bool

  /// Those of scored rows, whose probabilities were counted unless the confidences alone were calibrated.
  init(_ scored: ScoredRows, labels: [Int]) {
    classes = [OfClass](repeating: OfClass(), count: scored.classCount)
    hasDistribution = !scored.isConfidenceOnly
    for (row, label) in zip(scored.rows, labels) { add(row, label: label) }
    for (index, error) in (scored.classwise?.classCalibrationErrors ?? []).enumerated() {
      classes[index].errors.add(error)
    }
  }

  private mutating func add(_ row: RowScore, label: Int) {
    classes[label].sampleCount += 1
    classes[row.predictedClass].predictedCount += 1
    if row.predictedClass == label {
      classes[label].rightCount += 1
    } else {
      classes[label].wrong[row.predictedClass, default: 0] += 1
    }
    classes[label].losses.add(row.negativeLogLikelihood)
    classes[label].brierScores.add(row.brierScore)
  }

  /// Adds those of other rows, calibrated in the same way.
  mutating func merge(_ other: ClassTally) {
    for (index, tally) in other.classes.enumerated() {
      classes[index].sampleCount += tally.sampleCount
      classes[index].rightCount += tally.rightCount
      classes[index].predictedCount += tally.predictedCount
      classes[index].losses.merge(tally.losses)
      classes[index].brierScores.merge(tally.brierScores)
      classes[index].errors.merge(tally.errors)
      classes[index].wrong.merge(tally.wrong, uniquingKeysWith: +)
    }
  }

  /// The scores of each class; `passCount` is how often the rows were added.
  func scores(passCount: Int) -> [ClassScore] {
    let passCount = max(1, passCount)
    return classes.enumerated().map { index, tally in
      func share(_ hits: Int, _ count: Int) -> Double? {
        count > 0 ? Double(hits) / Double(count) : nil
      }
      func wilson(_ hits: Int, _ count: Int) -> Interval? {
        // Passes score the same rows again.
        .wilson(
          successes: hits / passCount, count: max(count / passCount, hits / passCount))
      }
      let most = tally.wrong.max { ($0.value, $1.key) < ($1.value, $0.key) }
      return ClassScore(
        index: index, sampleCount: tally.sampleCount / passCount,
        accuracy: share(tally.rightCount, tally.sampleCount),
        accuracyInterval: wilson(tally.rightCount, tally.sampleCount),
        precision: share(tally.rightCount, tally.predictedCount),
        precisionInterval: wilson(tally.rightCount, tally.predictedCount),
        negativeLogLikelihood: hasDistribution ? tally.losses.value : nil,
        brierScore: hasDistribution ? tally.brierScores.value : nil,
        calibrationError: hasDistribution ? tally.errors.value : nil,
        confusion: most.map {
          ClassScore.Confusion(
            predicted: $0.key, share: Double($0.value) / Double(tally.sampleCount))
        })
    }
  }
}

extension [ClassScore] {
  /// The classes of fewer rows than this say nothing of the worst class.
  public static var fewestOfClass: Int { PredictionSets.fewestOfClass }

  /// The mean accuracy of the classes that have rows; nil for none.
  public var balancedAccuracy: Double? { RunningMean.mean(of: compactMap(\.accuracy)) }

  /// The lowest accuracy of a class of at least `fewestOfClass` rows; nil for none.
  public var worstAccuracy: Double? {
    filter { $0.sampleCount >= Self.fewestOfClass }.compactMap(\.accuracy).min()
  }
}
