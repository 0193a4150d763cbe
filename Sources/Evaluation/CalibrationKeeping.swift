import Formats
import Foundation
import Predictions
import Runs
import Scoring

/// Fits a calibration on all rows of predictions, to be kept, and applies it to others.
package struct CalibrationKeeping {
  private let scorer: Scorer
  private let threadCount: Int
  /// Told how many fits are made, or rows are calibrated, of how many.
  package var report: (_ done: Int, _ total: Int) -> Void = { _, _ in }

  /// How many parts cross-validation has.
  private static let partCount = 5
  /// How many rows are calibrated and written at a time.
  private static let pieceSize = 8192

  package init(threadCount: Int) {
    self.threadCount = threadCount
    scorer = Scorer(
      threadCount: threadCount, metrics: [.negativeLogLikelihood, .calibrationError, .brierScore])
  }

  /// What `calibration` fits for `predictor` on `rows`, with what cross-validation says of it.
  ///
  /// The rows are from the files `logits`, one or one for each member, and their labels from `labels`.
  ///
  /// - Returns: What is kept.
  /// - Throws: `ScoringError`, or `FileError`.
  package func fit(
    _ calibration: Calibration, for predictor: Predictor, on rows: LabeledLogits, logits: [URL],
    labels: URL, version: String
  ) throws -> KeptCalibration {
    let fitCount = 1 + min(Self.partCount, rows.rowCount)
    report(0, fitCount)
    let map = try scorer.fit(calibration, for: predictor, on: rows)
    report(1, fitCount)
    let crossFitted = try scorer.crossFitted(
      calibration, for: predictor, on: rows, partCount: Self.partCount
    ) { report(1 + $0, fitCount) }
    let before = try scorer.rows(of: predictor, in: rows)
    return KeptCalibration(
      map, by: calibration, for: predictor, on: rows,
      logits: try logits.map { try Digest(ofFiles: [$0]).description },
      labels: try Digest(ofFiles: [labels]).description,
      crossValidation: crossFitted.map { after in
        .init(
          parts: min(Self.partCount, rows.rowCount), before: .init(before), after: .init(after))
      }, version: version)
  }

  /// Writes what `kept` makes of predictions: probabilities [N, K] or, of a calibration of the confidence
  /// alone, the predicted class and its confidence [N, 2], in Float64.
  ///
  /// `kept` was read from `file`, which messages name; `output` is replaced.
  ///
  /// - Returns: The shape of what was written.
  /// - Throws: `KeptCalibrationError` where the predictions are of other members or classes, or of other
  ///   numbers, or where a row has no finite probabilities; `PredictionFileError` for numbers that cannot
  ///   be calibrated; `FileError`.
  package func apply(
    _ kept: KeptCalibration, from file: String, to predictions: PredictionArray, output: URL
  ) throws -> [Int] {
    let (expected, found) = (
      [kept.members, kept.classes], [predictions.memberCount, predictions.classCount]
    )
    guard expected == found else {
      throw KeptCalibrationError(
        file: file, problem: .otherShape(expected: expected, found: found))
    }
    guard predictions.numbers.rawValue == kept.numbers else {
      throw KeptCalibrationError(
        file: file,
        problem: .otherPredictions(
          expected: kept.numbers, found: predictions.numbers.rawValue))
    }
    let (predictor, map) = try kept.calibrated(file: file)
    // Labels do not matter; every row has some.
    let rows = try predictions.labeled(
      [Int](repeating: 0, count: predictions.rowCount), from: URL(fileURLWithPath: file))
    let isOfConfidence = if case .confidence = map { true } else { false }
    let shape = [rows.rowCount, isOfConfidence ? 2 : rows.classCount]
    try NumPyArray.write(Double.self, shape: shape, to: output) { target in
      for first in stride(from: 0, to: rows.rowCount, by: Self.pieceSize) {
        let piece = first..<min(first + Self.pieceSize, rows.rowCount)
        let values =
          isOfConfidence
          ? try scorer.rowScores(
            of: predictor, in: rows.selecting(rows: Array(piece)), calibration: map
          ).flatMap { [Double($0.predictedClass), $0.confidence] }
          : try scorer.probabilities(of: predictor, in: rows, calibration: map, rows: piece)
        if let index = values.firstIndex(where: { !$0.isFinite }) {
          throw KeptCalibrationError(
            file: file, problem: .noProbabilities(row: first + index / shape[1]))
        }
        try target.append(values)
        report(piece.upperBound, rows.rowCount)
      }
    }
    return shape
  }
}
