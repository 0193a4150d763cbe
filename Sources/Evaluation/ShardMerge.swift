import Formats
import Foundation
import Predictions
import Runs
import Scoring

/// The predictions of the shards of one evaluation, or of the cells of one model in several folders, put
/// together.
package struct ShardMerge: PredictionSource {
  /// How the whole is scored.
  package let settings: ScoringSettings
  package let folder: RunFolder?
  /// The name of the run.
  package var runName: String { record.origin.run }
  /// The record of the whole, as an evaluation in one piece would have it.
  private let record: RunRecord
  /// All cells, in the order of the tables.
  private let cells: [Cell]
  private let sources: [Cell: PredictionStore]
  private let first: PredictionStore

  init(
    _ cells: [Cell], from sources: [Cell: PredictionStore], first: PredictionStore,
    record: RunRecord, _ settings: ScoringSettings, into folder: RunFolder
  ) {
    self.cells = cells
    self.sources = sources
    self.first = first
    self.record = record
    self.settings = settings
    self.folder = folder
  }

  /// Reads the records in `folders` and hashes their predictions on so many threads; the whole goes to
  /// `folder`.
  ///
  /// They are the shards of one evaluation, or all are folders that `score --cells` left.
  ///
  /// - Throws: `RunsError.otherPredictions` or `.unrecordedPredictions` for predictions that are not a
  ///   shard's; `EvaluationError` where a folder holds no shard, where shards are missing, doubled or
  ///   not finished; `RunsError.otherEvaluation` for a shard of another evaluation;
  ///   `PredictionFileError` for halves that are none, or `FileError`.
  package init(
    _ folders: [RunFolder], into folder: RunFolder, threadCount: Int = 1,
    hashed: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws {
    let areOfCells = try folders.map { try RunRecord.find(in: $0)?.isOfGivenCells ?? false }
    if let first = areOfCells.firstIndex(of: true) {
      if let other = areOfCells.firstIndex(of: false) {
        throw EvaluationError.noCells(folders[other].url, as: folders[first].url)
      }
      self = try ShardMerge(
        cellsIn: folders, into: folder, threadCount: threadCount, hashed: hashed)
      return
    }
    let shards = try folders.map { try Part($0, threadCount: threadCount, hashed) }
    guard let first = shards.first else {
      throw EvaluationError.otherShards(count: 0, missing: [], doubled: [:])
    }
    for other in shards.dropFirst() { try first.check(isOfOneWith: other) }
    try Self.checkCounts(shards)
    let cells = first.sharding.plan
    sources = try shards.reduce(into: [:]) { sources, part in
      for cell in try part.storedCells(of: cells) { sources[cell] = part.folder.predictions }
    }
    self.cells = cells
    self.folder = folder
    self.first = first.folder.predictions
    settings = try PredictionFileError.naming(first.folder.record.path) {
      try ScoringSettings(first.record, first.sharding, in: first.folder)
    }
    var whole = first.record
    whole.sharding = nil
    whole.history = shards.flatMap(\.record.history)
    whole.unproven = nil
    for shard in shards.dropFirst() { whole.addUnchanged(of: shard.record) }
    let doubts = shards.compactMap { $0.proof.note(on: $0.folder.url.path) }
    if !doubts.isEmpty { whole.notes = (whole.notes ?? []) + doubts }
    whole.cells = shards.reduce(into: [:]) { $0.merge($1.record.cells) { first, _ in first } }
    record = whole
  }

  /// Checks that each shard is present exactly once.
  private static func checkCounts(_ shards: [Part]) throws {
    let count = shards[0].sharding.shard.count
    let parts = Dictionary(grouping: shards) { $0.sharding.shard.index }
    let missing = (1...count).filter { parts[$0] == nil }
    let doubled = parts.filter { $0.value.count > 1 }.mapValues { $0.map(\.folder.url.path) }
    guard missing.isEmpty, doubled.isEmpty else {
      throw EvaluationError.otherShards(count: count, missing: missing, doubled: doubled)
    }
  }

  package func open(
    for settings: ScoringSettings, _ monitor: EvaluationMonitor
  ) throws -> RunRecord {
    for note in record.notes ?? [] { try monitor.report(.note(note)) }
    try monitor.say((record.doubts ?? []).filter(\.isOfNumbers))
    var record = record
    record.scoring = settings.record()
    return record
  }

  /// Puts all predictions into the folder of the whole; those that it has already are kept.
  ///
  /// - Throws: `RunsError` where shards have other labels or predictions of another shape;
  ///   `NumPyError` or `FileError`.
  package func predict(_ monitor: EvaluationMonitor) throws -> CellPredictions {
    let labels = try first.labels()
    let store = folder?.predictions ?? first
    for (index, cell) in cells.enumerated() {
      guard let source = sources[cell] else { continue }
      guard try source.labels() == labels else {
        throw RunsError.otherEvaluation(
          source.folder, field: "labels", expected: "those of \(first.folder.path)",
          found: "others")
      }
      try store.store(source.predictions(of: cell), of: cell, labels: labels)
      try monitor.report(
        .stored(imageCount: (index + 1) * labels.count, of: cells.count * labels.count))
    }
    try copyOutOfDistribution(into: store)
    let clean = try store.predictions(of: .clean)
    return CellPredictions(
      cells: cells, imageCount: labels.count, validation: try validation(into: store.validation)
    ) { cell in
      try store.logits(
        of: cell, labels: labels, memberCount: clean.memberCount, classCount: clean.classCount)
    }
  }

  /// Puts the predictions of images of no class, which the shard with the clean images has, into `store`.
  ///
  /// - Throws: `EvaluationError.noOutOfDistribution` where it has none.
  private func copyOutOfDistribution(into store: PredictionStore) throws {
    for name in settings.additions.outOfDistribution ?? [] {
      guard let source = sources[.clean]?.outOfDistribution(name), source.contains(.clean) else {
        throw EvaluationError.noOutOfDistribution(name, first.folder)
      }
      try store.outOfDistribution(name)
        .store(source.predictions(of: .clean), of: .clean, labels: source.labels())
    }
  }

  /// Puts the predictions that calibrations are fitted on into `store`; nil where there are none.
  private func validation(
    into store: PredictionStore
  ) throws -> (() throws -> LabeledLogits)? {
    guard case .validationImages = settings.fitting, let source = sources[.clean]?.validation else {
      return nil
    }
    let labels = try source.labels()
    try store.store(source.predictions(of: .clean), of: .clean, labels: labels)
    return { try store.logits(of: .clean, labels: labels) }
  }
}

/// One shard: its folder and what is recorded of it.
private struct Part {
  let folder: RunFolder
  let record: RunRecord
  let sharding: RunRecord.Sharding
  let proof: PredictionProof

  init(
    _ folder: RunFolder, threadCount: Int,
    _ hashed: (_ done: Int, _ total: Int) throws -> Void
  ) throws {
    guard let record = try RunRecord.find(in: folder), let sharding = record.sharding else {
      throw EvaluationError.noShard(folder.url)
    }
    proof = try PredictionProof(of: folder, threadCount: threadCount, advanced: hashed)
    try proof.check()
    self.folder = folder
    self.record = record
    self.sharding = sharding
  }

  /// Checks that both are shards of one evaluation.
  func check(isOfOneWith other: Part) throws {
    guard let difference = record.difference(from: other.record, as: .shardsOfOne) else { return }
    throw RunsError.otherEvaluation(
      other.folder.url, field: difference.field, expected: difference.first.oneLine,
      found: difference.second.oneLine)
  }

  /// The shard's cells among `cells`, all of which must be stored.
  func storedCells(of cells: [Cell]) throws -> [Cell] {
    let own = cells.enumerated().filter { sharding.shard.contains(index: $0.offset) }.map(\.element)
    if let missing = own.first(where: { !folder.predictions.contains($0) }) {
      throw EvaluationError.unfinishedShard(folder.url, sharding.shard, cell: missing)
    }
    return own
  }
}
