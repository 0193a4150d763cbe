extension Scorer {
  /// Fits calibrations on each half of the clean rows, to score the other half in every cell.
  ///
  /// No image is scored by numbers that saw its clean version.
  ///
  /// - Parameters:
  ///   - calibrations: Those asked for; `none` and `oracle` are not fitted here.
  ///   - clean: The logits of the clean test set.
  ///   - halves: Its halves, by default MixMo's split with seed 31.
  /// - Returns: The calibrations, for cells of the same images in the same order.
  /// - Throws: `ScoringError` when there are fewer than 2 rows, or other rows than in `halves`.
  public func fit(
    _ calibrations: [Calibration], on clean: LabeledLogits, halves: CleanHalves? = nil
  ) throws -> FittedCalibrations {
    var folds: [FittedCalibrations.Fold] = []
    if calibrations.contains(where: \.needsFitting) {
      let halves = try halves ?? CleanHalves(rowCount: clean.rowCount)
      guard halves.rowCount == clean.rowCount else {
        throw ScoringError.halvesOfOtherRows(expected: clean.rowCount, found: halves.rowCount)
      }
      folds = try zip(halves.rows, halves.rows.reversed()).map { scored, fitted in
        // Rows are read in the order they are stored.
        let maps = try maps(of: calibrations, on: clean.selecting(rows: fitted.sorted()))
        return FittedCalibrations.Fold(rows: scored.sorted(), maps: maps)
      }
    }
    return FittedCalibrations(
      Self.ordered(calibrations), folds: folds, on: clean, areCellsOfItsImages: true)
  }

  /// Fits calibrations on all rows of a validation set, to score all rows of every cell.
  ///
  /// - Parameters:
  ///   - calibrations: Those asked for; `none` and `oracle` are not fitted here.
  ///   - validation: Logits of other images than the cells', by the same members.
  /// - Returns: The calibrations, for cells of any images.
  /// - Throws: what reading the rows throws.
  public func fit(
    _ calibrations: [Calibration], onValidationSet validation: LabeledLogits
  ) throws -> FittedCalibrations {
    let maps = try maps(of: calibrations, on: validation)
    return FittedCalibrations(
      Self.ordered(calibrations), folds: [.init(rows: nil, maps: maps)], on: validation,
      areCellsOfItsImages: false)
  }

  /// Every fit asked for, on all rows of `logits`.
  func maps(
    of calibrations: [Calibration], on logits: LabeledLogits
  ) throws -> [Calibration: [Predictor: CalibrationMap]] {
    var fit = CalibrationFit(scorer: self, logits: logits)
    var maps: [Calibration: [Predictor: CalibrationMap]] = [:]
    for calibration in Self.ordered(calibrations) where calibration != .none {
      for predictor in Predictor.predicting(memberCount: logits.memberCount)
      where calibration.applies(to: predictor) {
        maps[calibration, default: [:]][predictor] = try fit.map(calibration, of: predictor)
      }
    }
    return maps
  }

  static func ordered(_ calibrations: [Calibration]) -> [Calibration] {
    Calibration.allCases.filter(calibrations.contains)
  }
}

/// Fits calibrations of all predictors on the same rows, each temperature once.
private struct CalibrationFit {
  let scorer: Scorer
  let logits: LabeledLogits
  private var temperatures: [Predictor: Double] = [:]
  private var plain: PlainRows

  init(scorer: Scorer, logits: LabeledLogits) {
    self.scorer = scorer
    self.logits = logits
    plain = PlainRows(logits)
  }

  mutating func map(_ calibration: Calibration, of predictor: Predictor) throws -> CalibrationMap {
    switch calibration {
    case .none: .identity
    case .temperature, .oracle: .temperature(try temperature(of: predictor))
    case .memberTemperatures:
      .memberTemperatures(
        try (0..<logits.memberCount).map { try temperature(of: .member($0)) })
    case .temperatureAfterAveraging:
      .temperatureAfterAveraging(try scorer.fitTemperatureAfterAveraging(on: logits).value)
    case .vector: .vector(try scorer.fitVectorScaling(of: predictor, on: logits))
    case .isotonic:
      .confidence(
        .isotonic(
          IsotonicRegression(
            try plain.rows(of: predictor, scorer: scorer).map { ($0.confidence, $0.isRight) })))
    case .histogram:
      .confidence(
        .histogram(
          HistogramBinning(ReliabilityTable(try plain.rows(of: predictor, scorer: scorer)))))
    }
  }

  private mutating func temperature(of predictor: Predictor) throws -> Double {
    if let fitted = temperatures[predictor] { return fitted }
    let fitted = try scorer.fitTemperature(of: predictor, on: logits).value
    temperatures[predictor] = fitted
    return fitted
  }
}
