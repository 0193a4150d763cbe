import Formats
import Foundation
import Predictions
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
  /// The method of the prediction sets whose coverage and size are compared as well, with the largest α
  /// of the runs' tables; nil for none.
  package var sets: ConformalMethod?
  /// Which accuracies of classes are compared as well.
  package var classes = SubjectClasses.Choice()
  /// Whether what the runs' soft labels say is compared as well.
  package var comparesSoftLabels = false
  /// The groups of metrics that are compared as well.
  package var groups: [MetricGroup] = []
  /// The images of no class that the runs' images are told from, by a score; nil for none.
  package var outOfDistribution: (set: String, score: DetectionScore)?
  private let threadCount: Int
  private let scorer: Scorer

  package init(threadCount: Int) {
    self.threadCount = threadCount
    scorer = Scorer(threadCount: threadCount)
  }

  /// Compares the runs in `folders`, at least two, with the first of them.
  ///
  /// Memory holds the row scores of one cell at a time; prediction files stay mapped.
  ///
  /// - Parameters:
  ///   - folders: Folders of finished evaluations of the same images.
  ///   - hashed: Told how many bytes of a run's predictions are hashed, of how many.
  ///   - report: Called after each cell with how many images are done, of how many in all.
  /// - Returns: The other runs against the first.
  /// - Throws: `ReportsError` where runs cannot be compared, naming what differs; `RunsError`,
  ///   `PredictionFileError`, `NumPyError` or `FileError` where a run cannot be read; `ScoringError`,
  ///   or what `hashed` and `report` throw.
  package func compare(
    _ folders: [URL], hashed: (_ done: Int, _ total: Int) throws -> Void = { _, _ in },
    report: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> Comparison {
    let proofs = try folders.map {
      try PredictionProof(of: RunFolder($0), threadCount: threadCount, advanced: hashed)
    }
    for proof in proofs { try proof.check() }
    let runs = try folders.map { try ComparableRun(folder: RunFolder($0)) }
    for (index, run) in runs.enumerated() {
      for other in runs[(index + 1)...] {
        try run.check(isLike: other, isCalibrated: calibration.needsFitting)
      }
    }
    let imageCount = runs[0].labels.count
    let subjectScorer = try SubjectScorer(runs, scorer)
    let subjects = try runs.map {
      try subjectScorer.subject($0, $0.predictor(named: predictor), calibration)
    }
    let bootstrap =
      drawCount > 0
      ? try Bootstrap(
        imageCount: imageCount, drawCount: drawCount, seed: seed, threadCount: threadCount) : nil
    let figures = try self.figures(of: runs, subjects, parts: subjectScorer.parts, bootstrap)
    let metrics = Comparison.metrics.filter(calibration.defines) + figures.metrics
    var tally = ComparisonTally(
      runCount: runs.count, imageCount: imageCount, metrics: metrics, parts: subjectScorer.parts,
      bootstrap: bootstrap)
    let cells = runs[0].cells
    for (index, cell) in cells.enumerated() {
      let scores = try subjects.map { try subjectScorer.scores(of: $0, on: cell) }
      try tally.add(
        isCorrupted: cell != .clean, scores, figures: figures.numbers(of: cell, scores),
        drawn: figures.drawn(of: cell, scores))
      try report((index + 1) * imageCount, cells.count * imageCount)
    }
    let labels = RunLabels.labels(for: folders, names: runs.map(\.record.origin.run))
    let bounds = zip(labels, subjects).map { ($0, $1.calibrations.flatMap(\.temperatureBounds)) }
    return Comparison(
      reference: labels[0], predictors: subjects.map(\.predictor.name), calibration: calibration,
      imageCount: imageCount, cells: cells, pairs: tally.pairs(Array(labels.dropFirst())),
      notes: notes(runs, labels) + zip(proofs, labels).compactMap { $0.note(on: $1) }
        + bounds.filter { !$1.isEmpty }.map(Self.noteOfBounds),
      figures: figures.metrics)
  }

  /// What is compared beside the metrics.
  private func figures(
    of runs: [ComparableRun], _ subjects: [SubjectScorer.Subject], parts: [[Int]],
    _ bootstrap: Bootstrap?
  ) throws -> SubjectFigures {
    SubjectFigures(
      classes: try SubjectClasses(
        classes, labels: runs[0].labels, classCount: runs[0].classCount, parts: parts),
      sets: try sets.map { try SubjectSets($0, of: runs, subjects, scorer) },
      softLabels: comparesSoftLabels
        ? try SubjectSoftLabels(of: runs, subjects, parts: parts, under: calibration, scorer)
        : nil,
      added: SubjectMetrics(groups, under: calibration, parts: parts, bootstrap),
      detections: try detections(subjects, parts, bootstrap))
  }

  /// What tells the images of the runs from images of no class; nil where that is not compared.
  private func detections(
    _ subjects: [SubjectScorer.Subject], _ parts: [[Int]], _ bootstrap: Bootstrap?
  ) throws -> SubjectDetections? {
    try outOfDistribution.map { set, score in
      try SubjectDetections(
        SubjectDetections.Choice(set: set, score: score), of: subjects, parts: parts, scorer
      ) { count in
        try bootstrap.map {
          try DetectionDraws(of: $0, outsideCount: count, seed: seed, threadCount: threadCount)
        }
      }
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
