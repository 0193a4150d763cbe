import Formats
import Foundation
import Tensors

/// Which of a folder's prediction files are those that its record names, by their SHA-256.
package struct PredictionProof: Sendable {
  /// What is known of a file.
  package enum Finding: Sendable, Equatable {
    /// It is the recorded one.
    case same
    /// It is there, but an older version recorded no SHA-256, or this one found it without.
    case unproven
    /// It is recorded, but not there.
    case missing
    /// It is another file than the recorded one.
    case other(expected: String, found: String)
    /// It is there, but not recorded.
    case unrecorded
  }

  /// The folder of the predictions.
  let folder: URL
  /// The files by their names: labels first, then cells in the order of the store.
  package private(set) var findings: [(name: String, finding: Finding)] = []
  /// SHA-256 of the files that are there, by name.
  package private(set) var digests: [String: String] = [:]

  /// Hashes the predictions in `folder`.
  ///
  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - threadCount: The threads that hash; a thread takes a file at a time.
  ///   - advanced: Told after some files how many bytes are hashed, of how many.
  /// - Throws: `RunsError`, `FileError` where a file cannot be read, or what `advanced` throws.
  package init(
    of folder: RunFolder, threadCount: Int,
    advanced: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws {
    // An evaluation at work records a file before the file is there.
    let names = folder.predictions.names()
    try self.init(
      names, of: folder, recordedIn: RunRecord.read(from: folder), threadCount: threadCount,
      advanced)
  }

  /// The same against a record that is not the folder's yet.
  init(
    of folder: RunFolder, recordedIn record: RunRecord, threadCount: Int,
    advanced: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws {
    try self.init(
      folder.predictions.names(), of: folder, recordedIn: record, threadCount: threadCount,
      advanced)
  }

  private init(
    _ names: [String], of folder: RunFolder, recordedIn record: RunRecord, threadCount: Int,
    _ advanced: (_ done: Int, _ total: Int) throws -> Void
  ) throws {
    let place = folder.predictions.folder
    self.folder = place
    let files = names.map { place.appendingPathComponent($0) }
    let found = try Self.hash(
      files, Workers(count: min(threadCount, max(names.count, 1))), advanced)
    digests = Dictionary(zip(names, found)) { first, _ in first }
    let missing = (record.predictions ?? [:]).keys.filter { digests[$0] == nil }.sorted()
    for name in names + missing {
      findings.append((name, Self.finding(digests[name], of: name, in: record)))
    }
  }

  /// The SHA-256 of each file.
  private static func hash(
    _ files: [URL], _ workers: Workers,
    _ advanced: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> [String] {
    let sizes = files.map { (try? $0.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0 }
    let total = sizes.reduce(0, +)
    var (found, done) = ([String](), 0)
    try advanced(done, total)
    // Each thread has a few files of a chunk, so that none waits long for the others.
    for chunk in IndexChunks(total: files.count, size: 4 * workers.count) {
      found += try workers.map(chunk.count) {
        try Digest(ofFiles: [files[chunk.lowerBound + $0]]).description
      }
      done += sizes[chunk].reduce(0, +)
      try advanced(done, total)
    }
    return found
  }

  private static func finding(
    _ found: String?, of name: String, in record: RunRecord
  ) -> Finding {
    guard let found else { return .missing }
    guard let recorded = record.predictions else { return .unproven }
    guard let expected = recorded[name] else { return .unrecorded }
    guard expected == found else { return .other(expected: expected, found: found) }
    return record.unproven?.contains(name) ?? false ? .unproven : .same
  }

  /// Makes sure that no file is another than the recorded one, or not recorded.
  ///
  /// - Throws: `RunsError.otherPredictions` or `.unrecordedPredictions` naming the first.
  package func check() throws {
    for (name, finding) in findings {
      let url = folder.appendingPathComponent(name)
      switch finding {
      case .other(let expected, let found):
        throw RunsError.otherPredictions(url, expected: expected, found: found)
      case .unrecorded: throw RunsError.unrecordedPredictions(url)
      case .same, .unproven, .missing: continue
      }
    }
  }

  /// What is not known of the predictions of the run that is called `name`; nil where all is.
  package func note(on name: String) -> String? {
    let names = findings.filter { $0.finding == .unproven }.map(\.name)
    guard !names.isEmpty else { return nil }
    return
      "\(name.oneLine): an older version made its predictions and recorded no SHA-256 of them, "
      + "so nothing proves that they are its own: \(names.listed(limit: 3))"
  }
}
