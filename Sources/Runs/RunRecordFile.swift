import Formats
import Foundation
import Scoring

/// The record as `run.json`: how it is read, written and claimed.
extension RunRecord: Codable {
  private enum CodingKeys: String, CodingKey {
    case origin, cells, unchanged, inputs, predictions, unproven, precision, productPrecision,
      history
    case configuration, threads, program, best, validation, outOfDistribution, members, scoring,
      sharding, notes, doubts
    case durationSeconds
  }

  /// Decodes a record, of which older versions left out all but the origin.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    origin = try container.decode(Origin.self, forKey: .origin)
    cells = try container.decodeIfPresent([String: String].self, forKey: .cells) ?? [:]
    unchanged = try container.decodeIfPresent([String].self, forKey: .unchanged)
    predictions = try container.decodeIfPresent([String: String].self, forKey: .predictions)
    unproven = try container.decodeIfPresent([String].self, forKey: .unproven)
    inputs = try container.decodeIfPresent(Inputs.self, forKey: .inputs)
    precision = try container.decodeIfPresent(String.self, forKey: .precision)
    productPrecision = try container.decodeIfPresent(String.self, forKey: .productPrecision)
    history = try container.decodeIfPresent([Step].self, forKey: .history) ?? []
    configuration =
      try container.decodeIfPresent(TextLines.self, forKey: .configuration)?.text ?? ""
    threads = try container.decodeIfPresent(Int.self, forKey: .threads)
    program = try container.decodeIfPresent(Program.self, forKey: .program)
    best = try container.decodeIfPresent(BestEpoch.self, forKey: .best)
    validation = try container.decodeIfPresent(Validation.self, forKey: .validation)
    outOfDistribution = try container.decodeIfPresent(
      [String: OtherImages].self, forKey: .outOfDistribution)
    scoring = try container.decodeIfPresent(ScoringRecord.self, forKey: .scoring)
    sharding = try container.decodeIfPresent(Sharding.self, forKey: .sharding)
    members = try container.decodeIfPresent(Members.self, forKey: .members)
    notes = try container.decodeIfPresent([String].self, forKey: .notes)
    doubts = try container.decodeIfPresent([Doubt].self, forKey: .doubts)
    durationSeconds = try container.decodeIfPresent(Double.self, forKey: .durationSeconds)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(origin, forKey: .origin)
    try container.encode(cells, forKey: .cells)
    try container.encodeIfPresent(unchanged, forKey: .unchanged)
    try container.encodeIfPresent(inputs, forKey: .inputs)
    try container.encodeIfPresent(predictions, forKey: .predictions)
    try container.encodeIfPresent(unproven, forKey: .unproven)
    try container.encodeIfPresent(precision, forKey: .precision)
    try container.encodeIfPresent(productPrecision, forKey: .productPrecision)
    if !history.isEmpty { try container.encode(history, forKey: .history) }
    try container.encode(TextLines(configuration), forKey: .configuration)
    try container.encodeIfPresent(threads, forKey: .threads)
    try container.encodeIfPresent(program, forKey: .program)
    try container.encodeIfPresent(best, forKey: .best)
    try container.encodeIfPresent(validation, forKey: .validation)
    try container.encodeIfPresent(scoring, forKey: .scoring)
    try container.encodeIfPresent(sharding, forKey: .sharding)
    try container.encodeIfPresent(outOfDistribution, forKey: .outOfDistribution)
    try container.encodeIfPresent(members, forKey: .members)
    try container.encodeIfPresent(notes, forKey: .notes)
    try container.encodeIfPresent(doubts, forKey: .doubts)
    try container.encodeIfPresent(durationSeconds, forKey: .durationSeconds)
  }

  /// The largest file that is read as a record.
  private static let maximumSize = 1 << 22

  /// The record in `folder`, or nil where there is none.
  ///
  /// - Throws: `FileError`, `FileFormError`, or `RunsError.unreadableRecord`.
  package static func find(in folder: RunFolder) throws -> RunRecord? {
    guard FileManager.default.fileExists(atPath: folder.record.path) else { return nil }
    let bytes = try FileText.bytes(
      of: folder.record, limit: maximumSize, expecting: "the record of a run (JSON)")
    let record: RunRecord
    do {
      record = try JSONDecoder().decode(RunRecord.self, from: Data(bytes))
    } catch {
      throw RunsError.unreadableRecord(folder.record, problem(error))
    }
    if let problem = record.problemOfBinning ?? record.problemOfCounts {
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

  /// The most draws that can be asked for.
  package static let drawCounts = 0...1_000_000

  /// What is wrong with counts that memory is taken for; nil where nothing is.
  private var problemOfCounts: String? {
    if origin.images < 0 {
      return "origin.images: expected a number of at least 0, found \(origin.images)"
    }
    if let draws = scoring?.draws, !Self.drawCounts.contains(draws) {
      return
        "scoring.draws: expected a number from 0 to \(Self.drawCounts.upperBound), found \(draws)"
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
    case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
      "\(path(context)): \(context.debugDescription.oneLine)"
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

  /// Changes the record in `folder`, where there is one.
  ///
  /// Only who holds the folder's lock may do so.
  ///
  /// - Throws: as `find(in:)` and `write(to:)`.
  static func update(in folder: RunFolder, _ change: (inout RunRecord) -> Void) throws {
    guard var record = try find(in: folder) else { return }
    change(&record)
    try record.write(to: folder)
  }
}

/// Claiming a folder, and what is recorded while predictions are made.
extension RunRecord {
  /// Claims `folder` for this record's evaluation.
  ///
  /// The folder may hold the same evaluation with other cells: clean images can be scored before or
  /// after corrupted ones. Its predictions must be those that its record names. Where an older version
  /// made them, they are taken as they are, and named in `unproven`.
  ///
  /// - Parameters:
  ///   - folder: Where results go.
  ///   - threadCount: The threads that hash predictions.
  ///   - migrate: Turns a configuration that another version wrote into the text that this one writes.
  ///   - hashed: Told how many bytes of predictions are hashed, of how many.
  /// - Returns: The lock that keeps other evaluations from writing there.
  /// - Throws: `RunsError.otherEvaluation` naming what differs, where the folder holds the
  ///   predictions of something else; `RunsError.otherPredictions` or `.unrecordedPredictions` for a file
  ///   that is not the run's; `FileError` if the folder cannot be written, or another process is at work
  ///   there.
  package mutating func claim(
    _ folder: RunFolder, threadCount: Int = 1, migrate: (String) -> String = { $0 },
    hashed: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
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
      inputs?.add(existing.inputs)
      addUnchanged(of: existing)
      best = best ?? existing.best
      validation = validation ?? existing.validation
      add(outOfDistribution: existing.outOfDistribution)
      let step = history.last
      history = existing.history
      if let step { begin(step) }
      unproven = existing.unproven
      try takePredictions(of: folder, recordedIn: existing, threadCount: threadCount, hashed)
      // The record describes the tables that are there until others are written.
      var claimed = self
      if let scoring = existing.scoring {
        (claimed.scoring, claimed.members) = (scoring, existing.members)
        claimed.doubts = existing.doubts
      }
      try claimed.write(to: folder)
      return lock
    }
    try takePredictions(of: folder, recordedIn: nil, threadCount: threadCount, hashed)
    try write(to: folder)
    return lock
  }

  /// Adds the unchanged cells of another record.
  package mutating func addUnchanged(of other: RunRecord) {
    let all = (unchanged ?? []) + (other.unchanged ?? [])
    unchanged = all.isEmpty ? nil : Set(all).sorted()
  }

  /// Checks the predictions of `folder`, and takes their digests over.
  private mutating func takePredictions(
    of folder: RunFolder, recordedIn existing: RunRecord?, threadCount: Int,
    _ hashed: (_ done: Int, _ total: Int) throws -> Void
  ) throws {
    predictions = existing == nil ? [:] : existing?.predictions
    let proof = try PredictionProof(
      of: folder, recordedIn: self, threadCount: threadCount, advanced: hashed)
    try proof.check()
    if predictions == nil {
      predictions = proof.digests
      let names = proof.digests.keys.sorted()
      unproven = names.isEmpty ? nil : names
    }
  }

  /// Records the SHA-256 of a prediction file that the latest command is about to write, or that it
  /// removes where it is nil.
  ///
  /// A file that is copied, or made again as it was, stays that of the command that made it first.
  mutating func setDigest(_ digest: String?, of name: String) {
    if let earlier = predictions?[name], earlier != digest {
      for step in history.indices { history[step].predictions.removeAll { $0 == name } }
    }
    predictions?[name] = digest
    unproven?.removeAll { $0 == name }
    if unproven?.isEmpty ?? false { unproven = nil }
    guard digest != nil, let last = history.indices.last,
      !history.contains(where: { $0.predictions.contains(name) })
    else { return }
    history[last].predictions.append(name)
  }

  /// Writes that the evaluation of this record is finished, with what was recorded meanwhile.
  ///
  /// - Parameters:
  ///   - folder: The folder that it has claimed.
  ///   - start: When the evaluation began.
  /// - Throws: as `find(in:)` and `write(to:)`.
  package func finish(in folder: RunFolder, since start: Date) throws {
    var record = self
    if let stored = try Self.find(in: folder) {
      record.predictions = stored.predictions
      record.unproven = stored.unproven
      record.history = stored.history
    }
    let end = Date()
    record.durationSeconds = end.timeIntervalSince(start)
    if let last = record.history.indices.last { record.history[last].end = Step.time(end) }
    try record.write(to: folder)
  }
}

extension RunFolder {
  /// Whether an evaluation of the checkpoint file has finished here.
  ///
  /// - Throws: `RunsError` or `FileError`.
  package func holdsTables(of checkpoint: URL) throws -> Bool {
    guard let record = try RunRecord.find(in: self), record.durationSeconds != nil,
      TableFormat.results.allSatisfy({ FileManager.default.fileExists(atPath: table($0).path) })
    else { return false }
    return try Digest(ofFiles: [checkpoint]).description == record.origin.checkpoint
  }
}
