import Formats
import Foundation
import PredictionFiles
import Predictions
import Runs
import Scoring

/// Predictions in anybody's files, of images that are not known: one cell, scored as the clean one.
package struct GivenPredictions: PredictionSource {
  package let folder: RunFolder?
  private let runName: String
  private let predictions: PredictionArray
  private let validation: PredictionReader.Rows?
  /// The predictions with their labels.
  package let rows: LabeledLogits
  private let predictionFiles: [URL]
  private let labelFiles: [URL]
  private let members: RunRecord.Members
  private let notes: [String]
  private let doubts: [RunRecord.Doubt]
  private let seed: UInt64
  private let version: String

  /// - Parameters:
  ///   - read: The predictions, with labels from the first of `labelFiles`.
  ///   - validation: Those of other images that calibrations are fitted on, if there are any.
  ///   - runName: The name in the `run` column.
  ///   - predictionFiles: All files of predictions that the scores depend on.
  ///   - labelFiles: All files of labels that the scores depend on.
  ///   - members: What the members are to one another, where there are several.
  ///   - folder: Where results go; nil where nothing is written.
  ///   - notes: What a user should know about the files.
  ///   - seed: The seed of the scoring.
  ///   - version: The version of this program.
  /// - Throws: `PredictionFileError`.
  package init(
    _ read: PredictionReader.Rows, validation: PredictionReader.Rows? = nil, runName: String,
    predictionFiles: [URL], labelFiles: [URL], members: RunRecord.Members, folder: RunFolder?,
    notes: [String] = [], seed: UInt64, version: String
  ) throws {
    predictions = read.predictions
    self.validation = validation
    self.runName = runName
    self.predictionFiles = predictionFiles
    self.labelFiles = labelFiles
    self.members = members
    self.folder = folder
    self.notes = notes
    doubts = read.doubts + (validation?.doubts ?? [])
    self.seed = seed
    self.version = version
    rows = try predictions.labeled(read.labels, from: labelFiles[0])
  }

  package var place: String { predictionFiles.map(\.path).joined(separator: ", ") }

  package func open(
    for settings: ScoringSettings, _ monitor: EvaluationMonitor
  ) throws -> RunRecord {
    let notes = try notes + settings.notesOfImpossibleLabels(in: rows)
    for note in notes { try monitor.report(.note(note)) }
    var record = RunRecord(
      origin: RunRecord.Origin(
        run: runName, dataset: RunRecord.Origin.predictionsDataset, images: rows.rowCount,
        checkpoint: try Digest(ofFiles: predictionFiles).description,
        data: try Digest(ofFiles: labelFiles).description, suite: nil, seed: seed,
        version: version),
      configuration: "")
    record.members = rows.memberCount > 1 ? members : nil
    record.scoring = settings.record(memberCount: rows.memberCount)
    record.precision = predictions.precision
    record.inputs = RunRecord.Inputs(
      checkpoint: predictionFiles.map(\.relativePath), data: labelFiles.map(\.relativePath))
    record.keep(notes: notes, doubts: doubts)
    return record
  }

  package func predict(_: EvaluationMonitor) throws -> CellPredictions {
    if let store = folder?.predictions {
      try store.store(predictions, of: .clean, labels: rows.labels)
      if let validation {
        try store.validation.store(validation.predictions, of: .clean, labels: validation.labels)
      }
    }
    let rows = rows
    return CellPredictions(cells: [.clean], imageCount: rows.rowCount) { _ in rows }
  }
}
