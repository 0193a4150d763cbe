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

extension Scorer {
  /// The scores of each class, for every predictor under one calibration; `members-mean` has none.
  ///
  /// Numbers are of all rows that the folds score, also where those of `scores` are means over folds; the
  /// calibration error is then the mean over folds.
  ///
  /// - Parameters:
  ///   - scores: The cell's numbers under the calibration.
  ///   - cell: Its logits.
  /// - Returns: For each predictor a score of each of the K classes.
  /// - Throws: `ScoringError`.
  public func classScores(
    _ scores: CellScores, of cell: LabeledLogits
  ) throws -> [(predictor: Predictor, classes: [ClassScore])] {
    try scores.predictors.map(\.predictor).filter { $0 != .membersMean }.map { predictor in
      var tally = ClassTally(classCount: cell.classCount)
      for fold in scores.folds {
        let logits = try fold.rows.map(cell.selecting(rows:)) ?? cell
        let (rows, errors) = try classRows(
          of: predictor, in: logits, calibrations: fold.calibrations(of: predictor),
          isConfidenceOnly: scores.calibration.calibrator.output == .confidence)
        tally.add(rows, labels: logits.labels, errors: errors)
      }
      return (
        predictor, tally.scores(passCount: scores.folds.count / max(1, scores.foldsPerPass))
      )
    }
  }

  /// The scores of all rows, and the calibration error of each class's probability.
  private func classRows(
    of predictor: Predictor, in logits: LabeledLogits, calibrations: RowCalibrations,
    isConfidenceOnly: Bool
  ) throws -> (rows: [RowScore], errors: [Double]?) {
    guard !isConfidenceOnly else {
      return (try rowScores(of: predictor, in: logits), nil)
    }
    let source = try PredictorLogits(predictor, of: logits, calibrations: calibrations)
    let (classCount, binning) = (logits.classCount, binning)
    let pool = AccumulatorPool { ClasswiseCalibration(classCount: classCount, binning: binning) }
    let rows = try blocks.flatMap(logits.rowCount) { block in
      let scorer = RowScorer(source)
      return pool.withOne { classwise in
        block.map { row in
          let score = scorer.score(row)
          classwise.add(
            UnsafeBufferPointer(start: scorer.probabilities, count: classCount),
            label: scorer.label(of: row))
          return score
        }
      }
    }
    return (rows, pool.merged { $0.merge($1) }.classCalibrationErrors)
  }
}

/// Counts and sums of each class.
private struct ClassTally {
  private struct OfClass {
    var sampleCount = 0
    var rightCount = 0
    var predictedCount = 0
    var losses = RunningMean()
    var brierScores = RunningMean()
    var errors = RunningMean()
    /// How often each other class is predicted.
    var wrong: [Int: Int] = [:]
  }

  private var classes: [OfClass]
  private var hasDistribution = true

  init(classCount: Int) {
    classes = [OfClass](repeating: OfClass(), count: classCount)
  }

  /// Adds the rows of a fold; without `errors` the confidence alone was calibrated.
  mutating func add(_ rows: [RowScore], labels: [Int], errors: [Double]?) {
    for (row, label) in zip(rows, labels) {
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
    guard let errors else {
      hasDistribution = false
      return
    }
    for index in errors.indices { classes[index].errors.add(errors[index]) }
  }

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
