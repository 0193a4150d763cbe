/// A fit of a calibration for one predictor, as it calibrated rows of a cell.
public struct CalibrationFit: Sendable {
  /// What was fitted.
  public let calibration: Calibration
  /// Whose predictions it was fitted for.
  public let predictor: Predictor
  /// Which of several fits that share the rows of a cell, from 0; nil where there is one for all.
  public let fold: Int?
  /// What the fit does to its rows.
  public let map: CalibrationMap
}

extension CellScores {
  /// What was fitted to calibrate these rows: by predictor, then fold by fold; none where nothing is fitted.
  public var fits: [CalibrationFit] {
    guard calibration.calibrator.fitting != .nothing else { return [] }
    return predictors.map(\.predictor).flatMap { predictor -> [CalibrationFit] in
      let maps = folds.flatMap { $0.maps[predictor]?.maps ?? [] }
      // A bound is fitted on the cell as a whole, also where its numbers are means of halves.
      let own = calibration.isBound ? Array(maps.prefix(1)) : maps
      return own.enumerated().map { fold, map in
        CalibrationFit(
          calibration: calibration, predictor: predictor, fold: own.count > 1 ? fold : nil, map: map
        )
      }
    }
  }

  /// The rows that each fold of `fits` calibrates; none where one fit calibrates all rows.
  public var fittedFolds: [[Int]] {
    guard calibration.needsFitting else { return [] }
    if folds.count > 1 { return folds.compactMap(\.rows) }
    return folds.first?.maps.values.first?.rowsOfMaps ?? []
  }
}
