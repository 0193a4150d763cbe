import Formats
import Foundation
import Scoring

/// The shards of one evaluation, to be put together.
package struct ShardMerge: Sendable {
  /// The record of the whole, as an evaluation in one piece would have it.
  package let record: RunRecord
  /// How the whole is scored.
  package let settings: ScoringSettings
  /// All cells, in the order of the tables.
  package let cells: [Cell]
  private let sources: [Cell: PredictionStore]
  private let first: PredictionStore

  /// Reads the records in `folders`.
  ///
  /// - Throws: `EvaluationError` where a folder holds no shard, or one of another evaluation, where
  ///   shards are missing, doubled or not finished; `ScoringError` for halves that are none, or
  ///   `FileError`.
  package init(_ folders: [URL]) throws {
    let shards = try folders.map(Self.shard)
    guard let (folder, record, sharding) = shards.first else {
      throw EvaluationError.otherShards(count: 0, missing: [], doubled: [:])
    }
    for other in shards.dropFirst() { try Self.check(other, against: (folder, record, sharding)) }
    try Self.checkCounts(shards)
    let cells = sharding.plan
    var sources: [Cell: PredictionStore] = [:]
    for (folder, _, sharding) in shards {
      let store = PredictionStore(folder: folder.appendingPathComponent("predictions"))
      for (place, cell) in cells.enumerated() where sharding.shard.contains(place: place) {
        guard store.contains(cell) else {
          throw EvaluationError.unfinishedShard(folder, sharding.shard, cell: cell)
        }
        sources[cell] = store
      }
    }
    self.cells = cells
    self.sources = sources
    first = PredictionStore(folder: folder.appendingPathComponent("predictions"))
    settings = try Self.settings(record, sharding)
    var whole = record
    whole.sharding = nil
    whole.cells = shards.reduce(into: [:]) { $0.merge($1.record.cells) { first, _ in first } }
    self.record = whole
  }

  private typealias Part = (folder: URL, record: RunRecord, sharding: RunRecord.Sharding)

  private static func shard(_ folder: URL) throws -> Part {
    guard let record = try RunRecord.read(from: folder), let sharding = record.sharding else {
      throw EvaluationError.noShard(folder)
    }
    return (folder, record, sharding)
  }

  /// Makes sure that a shard is of the same evaluation as the first.
  private static func check(_ other: Part, against first: Part) throws {
    func names(_ part: Part) -> String {
      part.sharding.plan.map(\.name).joined(separator: " ")
    }
    func scoring(_ part: Part) -> String {
      guard let scoring = part.record.scoring else { return "none" }
      return
        "\(scoring.calibrations.joined(separator: ",")), \(scoring.fitting), \(scoring.draws) draws"
    }
    let origins = zip(first.record.origin.fields, other.record.origin.fields)
      .map { ($0.0, $0.1, $1.1) }
    let fields =
      origins + first.record.configurations(with: other.record) + [
        ("suite", first.record.origin.suite ?? "none", other.record.origin.suite ?? "none"),
        ("shards", "\(first.sharding.shard.count)", "\(other.sharding.shard.count)"),
        ("cells of all shards", names(first), names(other)),
        ("scoring", scoring(first), scoring(other)),
        ("families", "\(first.sharding.kinds)", "\(other.sharding.kinds)"),
        ("halves", "\(first.sharding.halves ?? [])", "\(other.sharding.halves ?? [])"),
      ]
    for (field, expected, found) in fields where expected != found {
      throw EvaluationError.otherEvaluation(
        other.folder, field: field, expected: expected.oneLine, found: found.oneLine)
    }
  }

  /// Makes sure that each shard is there once.
  private static func checkCounts(_ shards: [Part]) throws {
    let count = shards[0].sharding.shard.count
    let places = Dictionary(grouping: shards) { $0.sharding.shard.index }
    let missing = (1...count).filter { places[$0] == nil }
    let doubled = places.filter { $0.value.count > 1 }.mapValues { $0.map(\.folder.path) }
    guard missing.isEmpty, doubled.isEmpty else {
      throw EvaluationError.otherShards(count: count, missing: missing, doubled: doubled)
    }
  }

  private static func settings(
    _ record: RunRecord, _ sharding: RunRecord.Sharding
  ) throws -> ScoringSettings {
    let halves = try sharding.halves.map { rows in
      try CleanHalves(first: rows.first ?? [], second: rows.dropFirst().first ?? [])
    }
    let names = record.scoring?.calibrations ?? [Calibration.none.rawValue]
    let fitting = ScoringSettings.Fitting.crossValidation
    return ScoringSettings(
      calibrations: names.compactMap(Calibration.init),
      fitting: record.scoring?.fitting == fitting.name ? fitting : .cleanHalves(halves),
      drawCount: record.scoring?.draws ?? 1000, seed: record.origin.seed,
      kinds: sharding.kinds.map {
        CorruptionKind(name: $0.name, family: $0.family, isBenchmark: $0.isBenchmark)
      })
  }

  /// Claims `folder` for the whole and puts all predictions into it; those that are there already stay.
  ///
  /// - Returns: The store of all cells, the labels, and what keeps other evaluations from writing in
  ///   the folder.
  /// - Throws: `EvaluationError` where the folder holds another evaluation or shards have other labels;
  ///   `NumPyError` or `FileError`.
  package func gather(
    into folder: URL
  ) throws -> (store: PredictionStore, labels: [Int], lock: FileLock) {
    var record = record
    let lock = try record.claim(folder)
    let labels = try LabelFile.read(first.labelsURL)
    let store = PredictionStore(folder: folder.appendingPathComponent("predictions"))
    try store.create(labels: labels)
    for cell in cells {
      guard let source = sources[cell] else { continue }
      let theirs = try LabelFile.read(source.labelsURL)
      guard theirs == labels else {
        throw EvaluationError.otherEvaluation(
          source.folder, field: "labels", expected: "those of \(first.folder.path)",
          found: "others")
      }
      let logits = try LogitArray(contentsOf: source.url(of: cell))
      try store.store(logits, of: cell, labels: labels)
    }
    return (store, labels, lock)
  }
}
