import Predictions
import Runs
import Scoring

/// Scores the stored predictions of runs of the same images, calibrated as their tables are.
struct SubjectScorer: Sendable {
  /// A run, and how its predictions are made and calibrated.
  struct Subject: Sendable {
    let run: ComparableRun
    let predictor: Predictor
    let calibrations: [RowCalibrations]  // [parts]
  }

  /// The images of each part whose metrics are averaged: all, or MixMo's halves where the tables of one
  /// of the runs have means over halves.
  let parts: [[Int]]
  private let scorer: Scorer

  /// A scorer of `runs`, which are of the same images.
  ///
  /// - Throws: `PredictionFileError` where there are too few images to halve.
  init(_ runs: [ComparableRun], _ scorer: Scorer) throws {
    self.scorer = scorer
    let imageCount = runs[0].labels.count
    let areHalved = runs.contains { $0.record.figures == .meansOfHalves }
    parts = try PredictionFileError.naming(runs[0].folder.predictions.folder.path) {
      areHalved
        ? try CleanHalves(rowCount: imageCount).rows.map { $0.sorted() }
        : [Array(0..<imageCount)]
    }
  }

  /// A predictor of a run with its calibration, fitted on each half of the clean images for the other.
  ///
  /// - Throws: `ScoringError` where there is no such calibration of the predictor, or what reading the
  ///   clean predictions throws.
  func subject(
    _ run: ComparableRun, _ predictor: Predictor, _ calibration: Calibration
  ) throws -> Subject {
    guard !calibration.isBound else { throw ScoringError.notFitted(calibration.name) }
    guard calibration.needsFitting else {
      return Subject(
        run: run, predictor: predictor,
        calibrations: [RowCalibrations](repeating: RowCalibrations(.identity), count: parts.count))
    }
    let fitted = try scorer.fit([calibration], on: run.logits(of: .clean))
    let calibrations =
      parts.count > 1
      ? fitted.maps(of: calibration, for: predictor).map { RowCalibrations($0) }
      : fitted.rowCalibrations(of: calibration, for: predictor).map { [$0] } ?? []
    guard !calibrations.isEmpty else {
      throw ScoringError.calibrationOfOtherPredictor(calibration.name, predictor: predictor.name)
    }
    return Subject(run: run, predictor: predictor, calibrations: calibrations)
  }

  /// The scores of a subject on a cell, part by part.
  ///
  /// - Throws: what reading the predictions throws, or `ScoringError`.
  func scores(of subject: Subject, on cell: Cell) throws -> ComparisonTally.PartedRows {
    let run = subject.run
    let logits = try run.logits(of: cell)
    return try zip(parts, subject.calibrations).map { images, calibrations in
      let rows = try scorer.rowScores(
        of: subject.predictor, in: parts.count > 1 ? logits.selecting(rows: images) : logits,
        calibrations: calibrations)
      return ScoredRows(rows, classCount: run.classCount, binning: run.record.binning)
    }
  }
}
