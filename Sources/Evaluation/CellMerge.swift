import Foundation
import Predictions
import Runs
import Scoring

/// Cells of one model that several commands scored, put together.
extension ShardMerge {
  /// Reads the records of folders that `score --cells` left, all with the same clean images, labels and
  /// settings; where several have a cell, it is the same.
  ///
  /// The run is named as in the first folder.
  ///
  /// - Throws: `RunsError.otherEvaluation` naming what differs, `.otherPredictions` or
  ///   `.unrecordedPredictions` for predictions that are not a folder's, `.missingPredictions`;
  ///   `PredictionFileError` for halves that are none, or `FileError`.
  init(
    cellsIn folders: [RunFolder], into folder: RunFolder, threadCount: Int,
    hashed: (_ done: Int, _ total: Int) throws -> Void
  ) throws {
    let records = try folders.map(RunRecord.read)
    var whole = records[0]
    var sources: [Cell: PredictionStore] = [:]
    for (folder, record) in zip(folders, records) {
      try PredictionProof(of: folder, threadCount: threadCount, advanced: hashed).check()
      if let difference = records[0].difference(from: record, as: .cellsOfOne) {
        throw RunsError.otherEvaluation(
          folder.url, field: difference.field, expected: difference.first.oneLine,
          found: difference.second.oneLine)
      }
      let store = folder.predictions
      guard store.contains(.clean) else {
        throw RunsError.missingPredictions(
          folder.url, "predictions/\(store.url(of: .clean).lastPathComponent)")
      }
      for cell in store.cells() where sources[cell] == nil { sources[cell] = store }
    }
    whole.unproven = nil
    for record in records.dropFirst() {
      whole.cells.merge(record.cells) { mine, _ in mine }
      whole.inputs?.add(record.inputs)
      whole.history += record.history
      whole.notes =
        (whole.notes ?? [])
        + (record.notes ?? []).filter {
          !(whole.notes ?? []).contains($0)
        }
      let doubts = (record.doubts ?? []).filter { !(whole.doubts ?? []).contains($0) }
      if !doubts.isEmpty { whole.doubts = (whole.doubts ?? []) + doubts }
    }
    let kinds = whole.scoring?.kinds ?? []
    let cells = Array(sources.keys).sorted(by: kinds)
    self.init(
      cells, from: sources, first: folders[0].predictions, record: whole,
      try Self.settings(of: whole, cells, in: folders[0]), into: folder)
  }

  private static func settings(
    of record: RunRecord, _ cells: [Cell], in folder: RunFolder
  ) throws -> ScoringSettings {
    let sharding = RunRecord.Sharding(
      .whole, plan: cells, kinds: record.scoring?.kinds ?? [], halves: record.scoring?.halves)
    var settings = try PredictionFileError.naming(folder.record.path) {
      try ScoringSettings(record, sharding, in: folder)
    }
    settings.baseline = try record.scoring?.baseline.map(ScoringSettings.Baseline.init)
    return settings
  }
}
