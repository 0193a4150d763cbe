import Formats
import Foundation
import Scoring

/// What made the predictions of a folder: `run.json`.
package struct RunRecord: Sendable, Equatable {
  /// What the predictions are a function of.
  package struct Origin: Codable, Sendable, Equatable {
    package var run: String
    package var dataset: String
    package var images: Int
    /// SHA-256 of the checkpoint file, or of the files of predictions.
    package var checkpoint: String
    /// SHA-256 of the test images and labels.
    package var data: String
    /// SHA-256 of the table of corruptions that images were made by, or `files` where corrupted
    /// images were read; nil where there are none.
    package var suite: String?
    package var seed: UInt64
    /// The version of this program.
    package var version: String

    /// The `suite` of corrupted images that were read from files.
    package static let filesSuite = "files"
    /// The `dataset` of predictions whose images are not known.
    package static let predictionsDataset = "predictions"

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
  }

  package var origin: Origin
  /// SHA-256 of the corrupted images that were read from files, by cell.
  package var cells: [String: String]
  /// The configuration of the network's training, with every default written out.
  package var configuration: String
  /// The threads of the evaluation that was started last.
  package var threads: Int?
  /// How the tables were computed from the predictions; nil in records of older versions.
  package var scoring: ScoringRecord?
  /// What its shards must agree on, where this is one of several; nil for a whole evaluation.
  package var sharding: Sharding?
  /// What a user was told about the files of predictions; nil where there was nothing to say.
  package var notes: [String]?
  /// Seconds of the evaluation that finished last; nil until one has.
  package var durationSeconds: Double?

  package init(
    origin: Origin, cells: [String: String] = [:], configuration: String, threads: Int? = nil
  ) {
    self.origin = origin
    self.cells = cells
    self.configuration = configuration
    self.threads = threads
  }

  /// Whether the predictions come from anybody's files, so that their images are not known.
  package var isOfAnybodysPredictions: Bool { origin.dataset == Origin.predictionsDataset }

  /// How predictions became the numbers of the tables.
  package struct ScoringRecord: Codable, Sendable, Equatable {
    package var calibrations: [String]
    /// What calibrations were fitted on: `clean-halves`, `mixmo-halves`, `validation` or `cv`.
    package var fitting: String
    /// What the numbers of the tables are of; nil in records of older versions, see
    /// `RunRecord.figures`.
    package var figures: Figures?
    /// Draws of the bootstrap behind the intervals.
    package var draws: Int
    /// The number of bins of calibration errors; nil in records of older versions, which had 15.
    package var bins: Int?
    /// The name of their norm; nil in records of older versions, which had `l1`.
    package var norm: String?
    /// The family of each corruption that aggregates know, by its published name.
    package var families: [String: String]?

    package init(
      calibrations: [Calibration], fitting: String, figures: Figures, drawCount: Int,
      binning: Binning = Binning(), kinds: [CorruptionKind]
    ) {
      self.calibrations = calibrations.map(\.name)
      self.fitting = fitting
      self.figures = figures
      draws = drawCount
      bins = binning.count
      norm = binning.norm.rawValue
      families = Dictionary(kinds.map { ($0.name, $0.family) }) { first, _ in first }
    }
  }

  /// What the numbers of the tables are of.
  package var figures: Figures { scoring?.figures ?? .olderHalves }

  /// The bins of calibration errors in the tables.
  package var binning: Binning {
    Binning(
      count: scoring?.bins ?? Binning().count,
      norm: scoring?.norm.flatMap(Binning.Norm.init) ?? Binning().norm)
  }

  /// What is needed to make one evaluation of its shards.
  package struct Sharding: Codable, Sendable, Equatable {
    package var shard: Shard
    /// The cells of all shards, in the order of the tables.
    package var plan: [Cell]
    package var kinds: [CorruptionKind]
    /// The halves of the clean images that a user chose; nil for MixMo's.
    package var halves: [[Int]]?

    package init(_ shard: Shard, plan: [Cell], kinds: [CorruptionKind], halves: [[Int]]?) {
      self.shard = shard
      self.plan = plan
      self.kinds = kinds
      self.halves = halves
    }
  }
}

extension RunRecord: Codable {
  /// Decodes a record, of which older versions left out all but the origin.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    origin = try container.decode(Origin.self, forKey: .origin)
    cells = try container.decodeIfPresent([String: String].self, forKey: .cells) ?? [:]
    configuration = try container.decodeIfPresent(String.self, forKey: .configuration) ?? ""
    threads = try container.decodeIfPresent(Int.self, forKey: .threads)
    scoring = try container.decodeIfPresent(ScoringRecord.self, forKey: .scoring)
    sharding = try container.decodeIfPresent(Sharding.self, forKey: .sharding)
    notes = try container.decodeIfPresent([String].self, forKey: .notes)
    durationSeconds = try container.decodeIfPresent(Double.self, forKey: .durationSeconds)
  }

  /// The record in `folder`, or nil where there is none.
  ///
  /// - Throws: `FileError`, `FileFormError`, or `RunsError.unreadableRecord`.
  package static func find(in folder: RunFolder) throws -> RunRecord? {
    guard FileManager.default.fileExists(atPath: folder.record.path) else { return nil }
    let bytes = try FileText.bytes(
      of: folder.record, limit: 1 << 20, expecting: "the record of a run (JSON)")
    let record: RunRecord
    do {
      record = try JSONDecoder().decode(RunRecord.self, from: Data(bytes))
    } catch {
      throw RunsError.unreadableRecord(folder.record, problem(error))
    }
    if let problem = record.problemOfBinning {
      throw RunsError.unreadableRecord(folder.record, problem)
    }
    return record
  }

  /// The record in `folder`, which must be that of a finished evaluation.
  ///
  /// - Throws: `RunsError.missingFile`, `RunsError.unreadableRecord`, or `FileError`.
  package static func read(from folder: RunFolder) throws -> RunRecord {
    guard let record = try find(in: folder) else {
      throw RunsError.missingFile(folder.url, folder.record.lastPathComponent)
    }
    return record
  }

  /// What is wrong with the bins of calibration errors; nil where nothing is.
  private var problemOfBinning: String? {
    let counts = Binning.counts
    if let bins = scoring?.bins, !counts.contains(bins) {
      return "scoring.bins: expected a number from \(counts.lowerBound) to \(counts.upperBound), "
        + "found \(bins)"
    }
    if let norm = scoring?.norm, Binning.Norm(rawValue: norm) == nil {
      return "scoring.norm: expected "
        + Binning.Norm.allCases.map(\.rawValue).joined(separator: ", ")
        + ", found \"\(norm.oneLine)\""
    }
    return nil
  }

  private static func problem(_ error: any Error) -> String {
    func path(_ context: DecodingError.Context) -> String {
      context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    return switch error {
    case DecodingError.keyNotFound(let key, let context):
      "expected the field \((path(context) + "." + key.stringValue).drop { $0 == "." })"
    case DecodingError.typeMismatch(let type, let context),
      DecodingError.valueNotFound(let type, let context):
      "\(path(context)): expected \(type)"
    default: "expected JSON"
    }
  }

  /// Writes the record into `folder`.
  ///
  /// - Throws: `FileError.unwritable`.
  package func write(to folder: RunFolder) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(encoder.encode(self) + Data("\n".utf8), to: folder.record)
  }

  /// Claims `folder` for this record's evaluation.
  ///
  /// The folder may hold the same evaluation with other cells: clean images can be scored before or
  /// after corrupted ones.
  ///
  /// - Parameters:
  ///   - folder: Where results go.
  ///   - migrate: Turns a configuration that another version wrote into the text that this one writes.
  /// - Returns: The lock that keeps other evaluations from writing there.
  /// - Throws: `RunsError.otherEvaluation` naming what differs, where the folder holds the
  ///   predictions of something else; `FileError` if it cannot be written, or another process is at
  ///   work there.
  package mutating func claim(
    _ folder: RunFolder, migrate: (String) -> String = { $0 }
  ) throws -> FileLock {
    try FolderCreation.create(folder.url)
    let lock = try FileLock(resultsIn: folder.url)
    if var existing = try Self.find(in: folder) {
      existing.configuration = migrate(existing.configuration)
      origin.suite = origin.suite ?? existing.origin.suite
      if let difference = difference(from: existing, as: .sameFolder) {
        throw RunsError.otherEvaluation(
          folder.url, field: difference.field, expected: difference.first,
          found: difference.second.withoutControlCharacters)
      }
      cells.merge(existing.cells) { mine, _ in mine }
      // The record describes the tables that are there until others are written.
      var claimed = self
      claimed.scoring = existing.scoring ?? scoring
      try claimed.write(to: folder)
      return lock
    }
    try write(to: folder)
    return lock
  }
}
