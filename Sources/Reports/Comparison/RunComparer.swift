import Formats
import Foundation
import Runs
import Scoring

/// Compares runs by their stored predictions.
package struct RunComparer: Sendable {
  /// The predictor that is compared, as `PredictorChoice` finds it; nil for each run's own, that of the
  /// first row of its tables.
  package var predictor: String?
  /// The calibration, fitted on each half of the clean images, in MixMo's split, for the other half.
  ///
  /// Numbers are those of all images, or means over the halves where the runs' tables hold those.
  package var calibration = Calibration.none
  /// The number of bootstrap draws for intervals; 0 for no intervals.
  package var drawCount = 1000
  package var seed: UInt64 = 0
  private let threadCount: Int
  private let scorer: Scorer

  package init(threadCount: Int) {
    self.threadCount = threadCount
    scorer = Scorer(threadCount: threadCount)
  }

  /// A run, and how its predictions are made and calibrated.
  private struct Subject {
    let run: ComparableRun
    let predictor: Predictor
    let calibrations: [RowCalibrations]  // [parts]
  }

  /// Compares the runs in `folders`, at least two, with the first of them.
  ///
  /// Memory holds the row scores of one cell at a time; prediction files stay mapped.
  ///
  /// - Parameters:
  ///   - folders: Folders of finished evaluations of the same images.
  ///   - report: Called after each cell with how many images are done, of how many in all.
  /// - Returns: The other runs against the first.
  /// - Throws: `ReportsError` where runs cannot be compared, naming what differs; `RunsError`,
  ///   `PredictionFileError`, `NumPyError` or `FileError` where a run cannot be read; `ScoringError`,
  ///   or what `report` throws.
  package func compare(
    _ folders: [URL], report: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> Comparison {
    let proofs = try folders.map {
      try PredictionProof(of: RunFolder($0), threadCount: threadCount)
    }
    for proof in proofs { try proof.check() }
    let runs = try folders.map { try ComparableRun(folder: RunFolder($0)) }
    for (index, run) in runs.enumerated() {
      for other in runs[(index + 1)...] {
        try run.check(isLike: other, isCalibrated: calibration.needsFitting)
      }
    }
    let imageCount = runs[0].labels.count
    let areHalved = runs.contains { $0.record.figures == .meansOfHalves }
    let parts = try PredictionFileError.naming(runs[0].folder.predictions.folder.path) {
      areHalved
        ? try CleanHalves(rowCount: imageCount).rows.map { $0.sorted() }
        : [Array(0..<imageCount)]
    }
    let subjects = try runs.map { try subject($0, partCount: parts.count) }
    let metrics = Comparison.metrics.filter(calibration.defines)
    let bootstrap =
      drawCount > 0
      ? try Bootstrap(
        imageCount: imageCount, drawCount: drawCount, seed: seed, threadCount: threadCount) : nil
    var tally = ComparisonTally(
      runCount: runs.count, imageCount: imageCount, metrics: metrics, parts: parts,
      bootstrap: bootstrap)
    let cells = runs[0].cells
    for (index, cell) in cells.enumerated() {
      let scores = try subjects.map { try self.scores(of: $0, on: cell, parts) }
      try tally.add(isCorrupted: cell != .clean, scores)
      try report((index + 1) * imageCount, cells.count * imageCount)
    }
    let labels = RunLabels.labels(for: folders, names: runs.map(\.record.origin.run))
    let bounds = zip(labels, subjects).map { ($0, $1.calibrations.flatMap(\.temperatureBounds)) }
    return Comparison(
      reference: labels[0], predictors: subjects.map(\.predictor.name), calibration: calibration,
      imageCount: imageCount, cells: cells, pairs: tally.pairs(Array(labels.dropFirst())),
      notes: notes(runs, labels) + zip(proofs, labels).compactMap { $0.note(on: $1) }
        + bounds.filter { !$1.isEmpty }.map(Self.noteOfBounds))
  }

  private func subject(_ run: ComparableRun, partCount: Int) throws -> Subject {
    let predictor = try run.predictor(named: predictor)
    guard !calibration.isBound else { throw ScoringError.notFitted(calibration.name) }
    guard calibration.needsFitting else {
      return Subject(
        run: run, predictor: predictor,
        calibrations: [RowCalibrations](repeating: RowCalibrations(.identity), count: partCount))
    }
    let fitted = try scorer.fit([calibration], on: run.logits(of: .clean))
    let calibrations =
      partCount > 1
      ? fitted.maps(of: calibration, for: predictor).map { RowCalibrations($0) }
      : fitted.rowCalibrations(of: calibration, for: predictor).map { [$0] } ?? []
    guard !calibrations.isEmpty else {
      throw ScoringError.calibrationOfOtherPredictor(calibration.name, predictor: predictor.name)
    }
    return Subject(run: run, predictor: predictor, calibrations: calibrations)
  }

  private func scores(
    of subject: Subject, on cell: Cell, _ parts: [[Int]]
  ) throws -> ComparisonTally.PartedRows {
    let run = subject.run
    let logits = try run.logits(of: cell)
    return try zip(parts, subject.calibrations).map { images, calibrations in
      let rows = try scorer.rowScores(
        of: subject.predictor, in: parts.count > 1 ? logits.selecting(rows: images) : logits,
        calibrations: calibrations)
      return ScoredRows(rows, classCount: run.classCount, binning: run.record.binning)
    }
  }

  private static func noteOfBounds(_ label: String, _ bounds: [TemperatureBound]) -> String {
    "\(label.oneLine): a temperature is at its bound; "
      + TemperatureBound.reasons(bounds, of: "the clean images that it was fitted on")
  }

  private func notes(_ runs: [ComparableRun], _ labels: [String]) -> [String] {
    var notes = zip(runs, labels).compactMap { run, label -> String? in
      guard let scoring = run.record.scoring else { return nil }
      if run.record.figures == .olderHalves, calibration.needsFitting {
        return
          "\(label.oneLine): an older version made its tables, of \(run.record.figures.rawValue); "
          + "the numbers here are computed anew from its predictions"
      }
      let halved = ["clean-halves", "mixmo-halves"]
      guard calibration.needsFitting, !halved.contains(scoring.fitting) else { return nil }
      return
        "\(label.oneLine): its tables are calibrated by --fitting \(scoring.fitting); here each "
        + "half of its clean images calibrates the other"
    }
    if runs.contains(where: \.record.isOfAnybodysPredictions) {
      notes.append(
        "runs of mixmo score record no images: that all runs show the same ones, in the same order, is "
          + "taken from their labels")
    }
    return notes
  }
}
