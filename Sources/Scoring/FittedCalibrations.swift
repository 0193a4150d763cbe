/// How the rows that several fits score become one number.
public enum FoldCombination: Sendable {
  /// Cross-fitted: each row is calibrated by a fit on other rows, and a number is that of all
  /// rows together.
  case pooled
  /// A number is the mean of the folds' numbers, as MixMo's, for every calibration and for none.
  ///
  /// Calibration errors of fewer rows are larger: such numbers compare with one another alone.
  case averaged
}

/// Calibrations of every predictor, fitted on clean rows.
public struct FittedCalibrations: Sendable {
  /// The calibrations that were asked for, in the order of results.
  public let calibrations: [Calibration]
  /// How the folds' rows become one number.
  public let combination: FoldCombination
  /// The fits of those that need fitting.
  let folds: [Fold]
  private let shape: [Int]
  /// The labels that cells must have; nil where they show other images than those that were fitted.
  private let labels: [Int]?

  /// One fit of each calibration, and the rows that it scores.
  struct Fold: Sendable {
    /// The rows of a cell that it scores; nil for all.
    let rows: [Int]?
    let maps: [Calibration: [Predictor: CalibrationMap]]
  }

  init(
    _ calibrations: [Calibration], folds: [Fold], combination: FoldCombination,
    on logits: LabeledLogits, areCellsOfItsImages: Bool
  ) {
    self.init(
      calibrations: calibrations, folds: folds, combination: combination, shape: logits.shape,
      labels: areCellsOfItsImages ? logits.labels : nil)
  }

  private init(
    calibrations: [Calibration], folds: [Fold], combination: FoldCombination, shape: [Int],
    labels: [Int]?
  ) {
    self.calibrations = calibrations
    self.combination = combination
    self.folds = folds
    self.shape = shape
    self.labels = labels
  }

  /// What was fitted for `predictor`, fold by fold; none where the combination does not exist.
  ///
  /// Of two halves the first fold scores the first half, and so was fitted on the second.
  public func maps(of calibration: Calibration, for predictor: Predictor) -> [CalibrationMap] {
    folds.compactMap { $0.maps[calibration]?[predictor] }
  }

  /// What calibrates each row of a cell of the images that were fitted; nil where the combination of
  /// calibration and predictor does not exist.
  public func rowCalibrations(
    of calibration: Calibration, for predictor: Predictor
  ) -> RowCalibrations? {
    cellFolds(of: calibration, rowCount: labels?.count ?? 0).first?.maps[predictor]
  }

  /// The fits of `calibration`, each with the rows of a cell of `rowCount` rows that it scores.
  func cellFolds(of calibration: Calibration, rowCount: Int) -> [CellFold] {
    let maps = folds.map { $0.maps[calibration] ?? [:] }
    let rows = folds.compactMap(\.rows)
    guard combination == .pooled, !rows.isEmpty else {
      return zip(folds, maps).map { fold, maps in
        CellFold(rows: fold.rows, maps: maps.mapValues { RowCalibrations($0) })
      }
    }
    let predictors = Set(maps.flatMap(\.keys))
    return [
      CellFold(
        rows: nil,
        maps: predictors.reduce(into: [:]) { all, predictor in
          all[predictor] = RowCalibrations(
            maps.map { $0[predictor] ?? .identity }, scoring: rows, rowCount: rowCount)
        })
    ]
  }

  /// Checks that the logits that were fitted have the shape of `cell`, and its labels where they show
  /// its images.
  func check(_ cell: LabeledLogits) throws(ScoringError) {
    guard let labels else {
      guard cell.shape[1...] == shape[1...] else {
        throw .otherValidationSet(expected: cell.shape, found: shape)
      }
      return
    }
    guard cell.shape == [labels.count] + shape[1...] else {
      throw .otherShape(expected: [labels.count] + shape[1...], found: cell.shape)
    }
    if let row = labels.indices.first(where: { labels[$0] != cell.labels[$0] }) {
      throw .otherLabel(row: row, expected: labels[row], found: cell.labels[row])
    }
  }

  /// The same for the rows of `count` cells, one cell after the other, as
  /// `LabeledLogits.init(concatenating:)` concatenates them.
  public func repeated(_ count: Int) -> FittedCalibrations {
    guard let labels else { return self }
    return FittedCalibrations(
      calibrations: calibrations,
      folds: folds.map { fold in
        let rows = fold.rows.map { rows in
          (0..<count).flatMap { cell in rows.map { $0 + cell * labels.count } }
        }
        return Fold(rows: rows, maps: fold.maps)
      }, combination: combination, shape: [labels.count * count] + shape[1...],
      labels: (0..<count).flatMap { _ in labels })
  }
}

extension Scorer {
  /// Fits calibrations on each half of the clean rows, to score the other half in every cell.
  ///
  /// No image is scored by numbers that were fitted on its clean version.
  ///
  /// - Parameters:
  ///   - calibrations: Those asked for; what needs no fitting, or is fitted on what it scores, is not
  ///     fitted here.
  ///   - clean: The logits of the clean test set.
  ///   - halves: Its halves, by default MixMo's split with seed 31.
  ///   - combination: How the rows of both halves become one number.
  /// - Returns: The calibrations, for cells of the same images in the same order.
  /// - Throws: `ScoringError` when there are fewer than 2 rows, or other rows than in `halves`, or
  ///   when a calibration is not of the scorer's.
  public func fit(
    _ calibrations: [Calibration], on clean: LabeledLogits, halves: CleanHalves? = nil,
    combination: FoldCombination = .pooled
  ) throws -> FittedCalibrations {
    let calibrations = try ordered(calibrations)
    var folds: [FittedCalibrations.Fold] = []
    if combination == .averaged || calibrations.contains(where: \.needsFitting) {
      let halves = try halves ?? CleanHalves(rowCount: clean.rowCount)
      guard halves.rowCount == clean.rowCount else {
        throw ScoringError.halvesOfOtherRows(expected: clean.rowCount, found: halves.rowCount)
      }
      folds = try zip(halves.rows, halves.rows.reversed()).map { scored, fitted in
        // Rows are read in the order in which they are stored.
        let maps = try maps(of: calibrations, on: clean.selecting(rows: fitted.sorted()))
        return FittedCalibrations.Fold(rows: scored.sorted(), maps: maps)
      }
    }
    return FittedCalibrations(
      calibrations, folds: folds, combination: combination, on: clean, areCellsOfItsImages: true)
  }

  /// Fits calibrations on all rows of a validation set, to score all rows of every cell.
  ///
  /// - Parameters:
  ///   - calibrations: As for `fit(_:on:halves:)`.
  ///   - validation: Logits of other images than the cells', by the same members.
  /// - Returns: The calibrations, for cells of any images.
  /// - Throws: `ScoringError` when a calibration is not of the scorer's.
  public func fit(
    _ calibrations: [Calibration], onValidationSet validation: LabeledLogits
  ) throws -> FittedCalibrations {
    let calibrations = try ordered(calibrations)
    let maps = try maps(of: calibrations, on: validation)
    return FittedCalibrations(
      calibrations, folds: [.init(rows: nil, maps: maps)], combination: .pooled, on: validation,
      areCellsOfItsImages: false)
  }

  /// The calibrations that were asked for, each once and in the order of results.
  func ordered(_ calibrations: [Calibration]) throws(ScoringError) -> [Calibration] {
    if let unknown = calibrations.first(where: { !self.calibrations.contains($0) }) {
      throw .unknownCalibration(unknown.name)
    }
    return self.calibrations.filter(calibrations.contains)
  }

  /// The fits of those `calibrations` that need fitting, on all rows of `logits`.
  private func maps(
    of calibrations: [Calibration], on logits: LabeledLogits
  ) throws -> [Calibration: [Predictor: CalibrationMap]] {
    let rows = FittingRows(logits, blocks: blocks)
    var maps: [Calibration: [Predictor: CalibrationMap]] = [:]
    for calibration in calibrations where calibration.needsFitting {
      maps[calibration] = try self.maps(of: calibration, on: rows)
    }
    return maps
  }

  /// The fits of `calibration` for every predictor that it is made for.
  func maps(
    of calibration: Calibration, on rows: FittingRows
  ) throws -> [Predictor: CalibrationMap] {
    var maps: [Predictor: CalibrationMap] = [:]
    let memberCount = rows.logits.memberCount
    for predictor in Predictor.predicting(memberCount: memberCount)
    where calibration.applies(to: predictor, of: rows.logits) {
      let map = try rows.map(by: calibration.calibrator, for: predictor)
      precondition(
        map.isOfConfidence == (calibration.calibrator.output == .confidence),
        "\(calibration.name) fits a map of another kind than its output")
      maps[predictor] = map
    }
    return maps
  }
}
