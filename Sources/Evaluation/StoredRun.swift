import Formats
import Foundation
import Predictions
import Runs
import Scoring

/// The predictions that a run folder holds, to be scored again without what made them.
package struct StoredRun: PredictionSource {
  package let folder: RunFolder?
  /// What made the predictions.
  package let record: RunRecord
  private let store: PredictionStore
  private let cells: [Cell]

  /// The run in `folder`.
  ///
  /// - Throws: `RunsError.missingFile` where there is no record, `EvaluationError.isShard` for a shard,
  ///   `RunsError.missingPredictions` where the clean images have none, `CSVError` or `FileError`.
  package init(_ folder: RunFolder) throws {
    record = try RunRecord.read(from: folder)
    if let sharding = record.sharding {
      throw EvaluationError.isShard(folder.url, sharding.shard)
    }
    self.folder = folder
    store = folder.predictions
    let stored = store.cells()
    guard stored.first == .clean else {
      throw RunsError.missingPredictions(
        folder.url, "predictions/\(store.url(of: .clean).lastPathComponent)")
    }
    if let kinds = record.scoring?.kinds {
      cells = stored.sorted(by: kinds)
    } else {
      let scored = try EarlierTables(in: folder)?.cells ?? []
      cells = scored.filter(stored.contains) + stored.filter { !scored.contains($0) }
    }
  }

  /// The predictions of the clean images.
  ///
  /// - Throws: `RunsError`, `PredictionFileError`, `NumPyError` or `FileError`.
  package func cleanLogits() throws -> LabeledLogits {
    try store.logits(of: .clean, labels: store.labels())
  }

  package func open(for settings: ScoringSettings, _: EvaluationMonitor) -> RunRecord {
    var record = record
    record.scoring = settings.record()
    return record
  }

  package func predict(_: EvaluationMonitor) throws -> CellPredictions { try stored() }

  /// The predictions that are there.
  ///
  /// - Throws: `RunsError`, `PredictionFileError`, `NumPyError` or `FileError`.
  func stored() throws -> CellPredictions {
    let (store, labels) = (store, try store.labels())
    let clean = try store.logits(of: .clean, labels: labels)
    let other = store.validation
    return CellPredictions(
      cells: cells, imageCount: labels.count,
      validation: other.contains(.clean)
        ? { try other.logits(of: .clean, labels: other.labels()) } : nil
    ) { cell in
      try store.logits(
        of: cell, labels: labels, memberCount: clean.memberCount, classCount: clean.classCount)
    }
  }
}
