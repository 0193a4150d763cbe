/// Calibrations of every predictor, fitted on clean rows.
public struct FittedCalibrations: Sendable {
  /// One fit, and what it scores.
  struct Fold: Sendable {
    /// The rows of a cell that it scores; nil for all.
    let rows: [Int]?
    let maps: [Calibration: [Predictor: CalibrationMap]]
  }

  /// What was asked for, in the order of `Calibration.allCases`.
  public let calibrations: [Calibration]
  let folds: [Fold]
  private let shape: [Int]
  /// The labels that cells must have, where they are of the images that were fitted.
  private let labels: [Int]?

  init(
    _ calibrations: [Calibration], folds: [Fold], on logits: LabeledLogits,
    areCellsOfItsImages: Bool
  ) {
    self.init(
      calibrations: calibrations, folds: folds, shape: logits.shape,
      labels: areCellsOfItsImages ? logits.labels : nil)
  }

  private init(calibrations: [Calibration], folds: [Fold], shape: [Int], labels: [Int]?) {
    self.calibrations = calibrations
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

  /// Makes sure that `calibration` was fitted, on logits like those of `cell`.
  func check(_ calibration: Calibration, for cell: LabeledLogits) throws(ScoringError) {
    guard calibrations.contains(calibration) else { throw .notFitted(calibration) }
    let rowCount = labels?.count ?? cell.rowCount
    guard cell.shape == [rowCount] + shape[1...] else {
      throw .otherShape(expected: [rowCount] + shape[1...], found: cell.shape)
    }
    if let labels, let row = labels.indices.first(where: { labels[$0] != cell.labels[$0] }) {
      throw .otherLabel(row: row, expected: labels[row], found: cell.labels[row])
    }
  }

  /// The same for cells that hold the rows of a cell several times, one cell after the other, as
  /// `LabeledLogits.init(concatenating:)` puts them.
  public func repeated(_ count: Int) -> FittedCalibrations {
    guard let labels else { return self }
    return FittedCalibrations(
      calibrations: calibrations,
      folds: folds.map { fold in
        let rows = fold.rows.map { rows in
          (0..<count).flatMap { cell in rows.map { $0 + cell * labels.count } }
        }
        return Fold(rows: rows, maps: fold.maps)
      }, shape: [labels.count * count] + shape[1...],
      labels: (0..<count).flatMap { _ in labels })
  }
}
