/// How well a score tells the images of a test set from those of no class.
public enum DetectionFigure: String, CaseIterable, Sendable {
  /// P(score of a test image > that of an image of no class) + ½ P(equal).
  case auroc
  /// Average precision of "test image" by falling score.
  case insideAveragePrecision = "aupr_in"
  /// Average precision of "of no class" by rising score.
  case outsideAveragePrecision = "aupr_out"
  /// The share of the images of no class among those at or above the highest score that keeps at least
  /// 95 % of the test images.
  case falsePositiveRateAt95 = "fpr95"

  /// The name of the column.
  public var name: String { rawValue }

  /// Whether a larger value is better.
  public var isLargerBetter: Bool { self != .falsePositiveRateAt95 }

  /// The value of a ranking in which test images are the right rows; nil where a set has no image.
  func value(of ranking: ConfidenceRanking) -> Double? {
    switch self {
    case .auroc: ranking.areaUnderROC
    case .insideAveragePrecision: ranking.successAveragePrecision
    case .outsideAveragePrecision: ranking.errorAveragePrecision
    case .falsePositiveRateAt95: ranking.falsePositiveRateAt95
    }
  }
}

/// How well one score of a predictor detects images of no class.
public struct Detection: Sendable {
  /// Whose score it is.
  public let predictor: Predictor
  /// The score.
  public let score: DetectionScore
  /// Each figure, of averaged folds the mean.
  public let values: [DetectionFigure: Double]
  /// Each figure on every draw; none where there are no draws.
  public let distributions: [DetectionFigure: BootstrapDistribution]

  /// The 95 % percentile interval of a figure, which contains its value; nil where there are no draws.
  public func interval(of figure: DetectionFigure) -> Interval? {
    guard let value = values[figure], let distribution = distributions[figure] else { return nil }
    return MetricSpread.draws(distribution).interval(around: value)
  }
}

/// Rows of a cell that are scored together, with what calibrates them.
public struct DetectionPart: Sendable {
  let rows: [Int]?
  let calibrations: RowCalibrations

  /// `calibrations` of the given rows, one for each; nil for all rows.
  public init(rows: [Int]?, calibrations: RowCalibrations) {
    self.rows = rows
    self.calibrations = calibrations
  }
}

extension Scorer {
  /// How well each score of each predictor tells the images of a cell from those of no class.
  ///
  /// Images of no class are calibrated by the fits of the cell. Where several share its rows, as the two
  /// halves of the clean images do, images of no class take them in turn: image i the fit i mod 2. Means over
  /// folds are means of the figures of each fold's rows against all images of no class. Fits are kept.
  ///
  /// - Parameters:
  ///   - scores: The cell's numbers under the calibration, which name the predictors and have the fits.
  ///   - cell: Its logits.
  ///   - other: The logits of images of no class, of the same members and classes; labels are not read.
  ///   - draws: Draws of both; nil for no intervals.
  /// - Returns: By predictor, then by score.
  /// - Throws: `ScoringError.otherShape` for logits of other members or classes.
  public func detections(
    under scores: CellScores, of cell: LabeledLogits, from other: LabeledLogits,
    by draws: DetectionDraws? = nil
  ) throws -> [Detection] {
    try scores.predictors.map(\.predictor).filter { $0 != .membersMean }.flatMap { predictor in
      let parts = scores.folds.map { fold in
        DetectionPart(rows: fold.rows, calibrations: fold.calibrations(of: predictor))
      }
      return try detections(of: predictor, parts, of: cell, from: other, by: draws)
    }
  }

  /// The same for one predictor, as means over parts of the rows, and for one score alone where it is named.
  ///
  /// - Throws: As `detections(under:of:from:by:)`; where there is no such predictor, or a calibration is not for it.
  public func detections(
    of predictor: Predictor, _ parts: [DetectionPart], of cell: LabeledLogits,
    from other: LabeledLogits, by draws: DetectionDraws? = nil, only score: DetectionScore? = nil
  ) throws -> [Detection] {
    guard other.shape[1...] == cell.shape[1...] else {
      throw ScoringError.otherShape(
        expected: [other.rowCount] + cell.shape[1...], found: other.shape)
    }
    let pairs = try parts.map { part in
      (
        inside: try detectionScores(
          of: predictor, in: try part.rows.map(cell.selecting(rows:)) ?? cell,
          calibrations: part.calibrations),
        outside: try detectionScores(
          of: predictor, in: other, calibrations: part.calibrations.alternating(other.rowCount)),
        rows: part.rows
      )
    }
    let names = DetectionScore.allCases.filter { name in
      pairs.allSatisfy { $0.inside[name] != nil && $0.outside[name] != nil }
        && score.map { $0 == name } ?? true
    }
    return try detections(of: predictor, names, pairs, by: draws)
  }

  private typealias ColumnPair = (
    inside: [DetectionScore: [Double]], outside: [DetectionScore: [Double]], rows: [Int]?
  )

  /// The figures of scores that all parts have.
  private func detections(
    of predictor: Predictor, _ names: [DetectionScore], _ pairs: [ColumnPair],
    by draws: DetectionDraws?
  ) throws -> [Detection] {
    let columns = names.flatMap { name in
      pairs.map { ($0.inside[name] ?? [], $0.rows, $0.outside[name] ?? []) }
    }
    let distributions = try draws?.distributions(
      of: blocks.workers.map(columns.count) {
        WeightedDetection(
          inside: columns[$0].0, images: columns[$0].1, outside: columns[$0].2)
      })
    let values = try blocks.workers.map(columns.count) { index in
      let ranking = ConfidenceRanking(right: columns[index].0, wrong: columns[index].2)
      return DetectionFigure.allCases.map { $0.value(of: ranking) }
    }
    return names.enumerated().map { index, name in
      let ofName = index * pairs.count..<(index + 1) * pairs.count
      return Detection(
        predictor, name, values[ofName], distributions.map { Array($0[ofName]) } ?? [])
    }
  }
}

extension Detection {
  /// The means over folds.
  fileprivate init(
    _ predictor: Predictor, _ score: DetectionScore, _ values: ArraySlice<[Double?]>,
    _ distributions: [[DetectionFigure: BootstrapDistribution]]
  ) {
    self.predictor = predictor
    self.score = score
    var means: [DetectionFigure: Double] = [:]
    var draws: [DetectionFigure: BootstrapDistribution] = [:]
    for (index, figure) in DetectionFigure.allCases.enumerated() {
      means[figure] = RunningMean.mean(of: values.map { $0[index] })
      draws[figure] = BootstrapDistribution.mean(of: distributions.map { $0[figure] })
    }
    self.values = means
    self.distributions = draws
  }
}
