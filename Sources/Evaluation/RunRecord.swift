import Formats
import Foundation
import Scoring

/// What made the predictions of a folder: `run.json`.
package struct RunRecord: Codable, Sendable, Equatable {
  /// What the predictions are a function of.
  package struct Origin: Codable, Sendable, Equatable {
    package var run: String
    package var dataset: String
    package var images: Int
    /// SHA-256 of the checkpoint file.
    package var checkpoint: String
    /// SHA-256 of the test images and labels.
    package var data: String
    /// SHA-256 of the table of corruptions that images were made by, or `files` where corrupted
    /// images were read; nil where there are none.
    package var suite: String?
    package var seed: UInt64
    /// The version of this program.
    package var version: String

    package init(
      run: String, dataset: String, images: Int, checkpoint: String, data: String, suite: String?,
      seed: UInt64, version: String
    ) {
      self.run = run
      self.dataset = dataset
      self.images = images
      self.checkpoint = checkpoint
      self.data = data
      self.suite = suite
      self.seed = seed
      self.version = version
    }

    /// Everything but the suite, which an evaluation of clean images has none of.
    var fields: [(String, String)] {
      [
        ("run", run), ("dataset", dataset), ("images", "\(images)"), ("checkpoint", checkpoint),
        ("data", data), ("seed", "\(seed)"), ("version", version),
      ]
    }
  }

  package var origin: Origin
  /// SHA-256 of the corrupted images that were read from files, by cell.
  package var cells: [String: String]
  /// The configuration of the network's training, with every default written out.
  package var configuration: String
  package var threads: Int
  /// How the tables were made of the predictions; nil in records of older versions.
  package var scoring: ScoringRecord?
  /// What its shards must agree on, where this is one of several; nil for a whole evaluation.
  package var sharding: Sharding?
  /// Seconds of the evaluation that finished last; nil until one has.
  package var durationSeconds: Double?

  package init(
    origin: Origin, cells: [String: String] = [:], configuration: String, threads: Int
  ) {
    self.origin = origin
    self.cells = cells
    self.configuration = configuration
    self.threads = threads
  }

  /// How predictions became the numbers of the tables.
  package struct ScoringRecord: Codable, Sendable, Equatable {
    package var calibrations: [String]
    /// What calibrations were fitted on: `clean-halves`, `validation` or `cv`.
    package var fitting: String
    /// Draws of the bootstrap behind the intervals.
    package var draws: Int
    /// The family of each corruption that aggregates know, by its published name.
    package var families: [String: String]?

    package init(_ settings: ScoringSettings) {
      calibrations = settings.calibrations.map(\.rawValue)
      fitting = settings.fitting.name
      draws = settings.drawCount
      families = Dictionary(settings.kinds.map { ($0.name, $0.family) }) { first, _ in first }
    }
  }

  /// What is needed to make one evaluation of its shards.
  package struct Sharding: Codable, Sendable, Equatable {
    package var shard: Shard
    /// The cells of all shards, in the order of the tables.
    package var plan: [Cell]
    package var kinds: [Kind]
    /// The halves of the clean images that a user chose; nil for MixMo's.
    package var halves: [[Int]]?

    package struct Kind: Codable, Sendable, Equatable {
      package var name: String
      package var family: String
      package var isBenchmark: Bool
    }

    package init(_ shard: Shard, cells: [Cell], _ settings: ScoringSettings) {
      self.shard = shard
      plan = cells
      kinds = settings.kinds.map {
        Kind(name: $0.name, family: $0.family, isBenchmark: $0.isBenchmark)
      }
      if case .cleanHalves(let chosen?) = settings.fitting { halves = chosen.rows }
    }
  }

  package static func url(in folder: URL) -> URL { folder.appendingPathComponent("run.json") }

  /// Writes the record into `folder`.
  ///
  /// - Throws: `FileError.unwritable`.
  package func write(to folder: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(encoder.encode(self) + Data("\n".utf8), to: Self.url(in: folder))
  }

  /// The record in `folder`, or nil where there is none.
  ///
  /// - Throws: `FileError`, or `EvaluationError.unreadableRecord`.
  package static func read(from folder: URL) throws -> RunRecord? {
    let url = url(in: folder)
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    let bytes = try FileContents.read(url, limit: 1 << 20)
    do {
      return try JSONDecoder().decode(RunRecord.self, from: Data(bytes))
    } catch {
      throw EvaluationError.unreadableRecord(url, "\(error)")
    }
  }

  /// Claims `folder` for this record's evaluation.
  ///
  /// The folder may hold the same evaluation with other cells: clean images can be scored before or
  /// after corrupted ones.
  ///
  /// - Parameters:
  ///   - folder: Where results go.
  ///   - restate: Writes a configuration that another version wrote as this one does.
  /// - Returns: What keeps other evaluations from writing there.
  /// - Throws: `EvaluationError.otherEvaluation` naming what differs, where the folder holds the
  ///   predictions of something else; `FileError` if it cannot be written, or another process is at
  ///   work there.
  package mutating func claim(
    _ folder: URL, restate: (String) -> String = { $0 }
  ) throws -> FileLock {
    try FolderCreation.create(folder)
    let lock = try FileLock(resultsIn: folder)
    if var existing = try Self.read(from: folder) {
      existing.configuration = restate(existing.configuration)
      origin.suite = origin.suite ?? existing.origin.suite
      for (field, mine, other) in fields(with: existing) where mine != other {
        throw EvaluationError.otherEvaluation(
          folder, field: field, expected: mine, found: other.withoutControlCharacters)
      }
      cells.merge(existing.cells) { mine, _ in mine }
    }
    try write(to: folder)
    return lock
  }

  /// What records of one evaluation agree on: the name, this record's value and that of `other`.
  private func fields(with other: RunRecord) -> [(String, String, String)] {
    let origins = zip(origin.fields, other.origin.fields).map { ($0.0, $0.1, $1.1) }
    let suites = ("suite", origin.suite ?? "", other.origin.suite ?? origin.suite ?? "")
    let both = cells.keys.sorted().compactMap { name in
      other.cells[name].map { (name, cells[name] ?? "", $0) }
    }
    let shards = [
      ("shard", Self.name(sharding), Self.name(other.sharding)),
      ("cells of all shards", Self.plan(sharding), Self.plan(other.sharding)),
    ]
    return origins + configurations(with: other) + [suites] + both + shards
  }

  /// Where the configuration differs from that of `other`.
  func configurations(with other: RunRecord) -> [(String, String, String)] {
    guard configuration != other.configuration else { return [] }
    let lines = LineDifference(expected: configuration, found: other.configuration)
    return [("configuration", lines.expected, lines.found)]
  }

  private static func name(_ sharding: Sharding?) -> String {
    sharding?.shard.description ?? "all"
  }

  private static func plan(_ sharding: Sharding?) -> String {
    (sharding?.plan ?? []).map(\.name).joined(separator: " ")
  }
}
