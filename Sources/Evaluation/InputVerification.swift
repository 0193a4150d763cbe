import Datasets
import Formats
import Foundation
import Images
import Loading
import PredictionFiles
import Runs
import Scoring
import Tensors

/// Whether the checkpoint and the images that a run's record names are those that are at hand.
package struct InputVerification {
  private let folder: RunFolder
  private let record: RunRecord
  private let checkpoint: URL?
  private let data: URL?
  private let pictures: URL?
  private let workers: Workers
  /// Told how many images of a cell are read, of how many.
  package var report: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }

  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - record: Its record.
  ///   - checkpoint: A file to compare; nil for the one that the record names, or those in the folder.
  ///   - data: The folder of data sets; nil for the one that the record names.
  ///   - pictures: The folder of somebody's pictures; nil for the one that the record names.
  ///   - workers: The threads that read images.
  package init(
    of folder: RunFolder, _ record: RunRecord, checkpoint: URL?, data: URL?,
    pictures: URL? = nil, workers: Workers
  ) {
    self.folder = folder
    self.record = record
    self.checkpoint = checkpoint
    self.data = data
    self.pictures = pictures
    self.workers = workers
  }

  /// A check of the checkpoint, of the clean images, and of each cell whose images were read from files.
  ///
  /// - Throws: `FileError` where a file that is there cannot be read.
  package func checks() throws -> [RunCheck] {
    let softLabels = record.additions.softLabels
    return try checksOfPredictions() + outOfDistributionChecks()
      + (softLabels.map { [try given("soft labels", [$0.file], [$0.file: $0.digest])] } ?? [])
  }

  /// A check of each set of images of no class of which files of predictions were given.
  private func outOfDistributionChecks() throws -> [RunCheck] {
    try (record.outOfDistribution ?? [:]).sorted { $0.key < $1.key }.compactMap { name, set in
      guard set.arePredictions == true else { return nil }
      return try given("predictions of the images of no class \(name)", set.source, of: set.data)
    }
  }

  private func checksOfPredictions() throws -> [RunCheck] {
    guard !record.isOfAnybodysPredictions else {
      let inputs = record.inputs
      if let inputs, let digests = inputs.digests {
        return try [
          given("scored predictions", inputs.checkpoint, digests),
          given("scored labels", inputs.data, digests),
        ]
      }
      return try [
        given("scored predictions", inputs?.checkpoint, of: record.origin.checkpoint),
        given("scored labels", inputs?.data, of: record.origin.data),
      ]
    }
    if let program = record.program {
      return try [given("files of the program", record.inputs?.checkpoint ?? [], program.files)]
        + dataChecks()
    }
    return try [checkpointCheck()] + dataChecks()
  }

  private static func isThere(_ url: URL) -> Bool {
    FileManager.default.fileExists(atPath: url.path)
  }

  // MARK: Files that were scored

  private func given(
    _ subject: String, _ paths: [String]?, of expected: String
  ) throws -> RunCheck {
    guard let paths else {
      return .notAtHand(subject, "an older version did not record which files they were")
    }
    let urls = paths.map { URL(fileURLWithPath: $0) }
    if let missing = zip(paths, urls).first(where: { !Self.isThere($0.1) })?.0 {
      return .notAtHand(subject, "no file \(missing.oneLine), which run.json names")
    }
    let found = try Digest(ofFiles: urls).description
    let subject = "\(subject) (\(paths.listed(limit: 3)))"
    return found == expected
      ? .ok(subject) : .differs(subject, expected: "SHA-256 \(expected)", found: found)
  }

  /// The same of files of which each has its SHA-256 in the record.
  private func given(
    _ subject: String, _ paths: [String], _ digests: [String: String]
  ) throws -> RunCheck {
    var missing: String?
    for path in paths {
      guard Self.isThere(URL(fileURLWithPath: path)) else {
        missing = missing ?? path
        continue
      }
      let (expected, found) = (
        digests[path] ?? "none", try Digest(ofFiles: [URL(fileURLWithPath: path)]).description
      )
      guard found == expected else {
        return .differs(
          "\(subject) (\(path.withoutControlCharacters))", expected: "SHA-256 \(expected)",
          found: found)
      }
    }
    if let missing {
      return .notAtHand(subject, "no file \(missing.oneLine), which run.json names")
    }
    return .ok("\(subject) (\(paths.listed(limit: 3)))")
  }

  // MARK: The checkpoint

  private func checkpointCheck() throws -> RunCheck {
    let expected = record.origin.checkpoint
    let named = record.inputs?.checkpoint.map { URL(fileURLWithPath: $0) } ?? []
    let first = (checkpoint.map { [$0] } ?? named).filter(Self.isThere)
    if let checkpoint, first.isEmpty {
      return .notAtHand("checkpoint", "no file \(checkpoint.relativePath.withoutControlCharacters)")
    }
    let kept = checkpoint == nil ? folder.keptEpochs().map(folder.checkpoint(epoch:)) : []
    for url in first + kept where try digest(of: url) == expected {
      return .ok("checkpoint (\(url.relativePath.withoutControlCharacters))")
    }
    guard let other = first.first else {
      return .notAtHand(
        "checkpoint",
        "none with SHA-256 \(expected) in the folder or where run.json says; give --checkpoint FILE"
      )
    }
    return .differs(
      "checkpoint (\(other.relativePath.withoutControlCharacters))",
      expected: "SHA-256 \(expected)",
      found: try digest(of: other))
  }

  /// What the record would have of the file.
  private func digest(of file: URL) throws -> String {
    let digest = try Digest(ofFiles: [file]).description
    return RunRecord.fingerprint(ofFile: digest, weights: record.inputs?.weights)
  }

  // MARK: Images

  private var imageCount: Int { max(record.origin.images, 0) }

  private func dataChecks() throws -> [RunCheck] {
    let images: NamedImages
    do {
      images = try self.images()
    } catch {
      return [.notAtHand("images", "\(error)")]
    }
    let subject =
      "images of \(record.origin.dataset.oneLine) (\(images.folder.relativePath.withoutControlCharacters))"
    let found = try images.selection(imageCount).images(of: images.clean)
      .fingerprint(workers: workers, advanced: report)
    let check =
      found == record.origin.data
      ? RunCheck.ok(subject)
      : .differs(subject, expected: "SHA-256 \(record.origin.data)", found: found)
    return try [check] + cellChecks(images)
  }

  /// The images that the record names, where they are now.
  private struct NamedImages {
    let clean: any Dataset
    /// Those that have a label; nil for all.
    var labeled: [Int]?
    let folder: URL
    /// Opens the corrupted images of these names.
    let benchmark: ([String]) throws -> any CorruptionBenchmark

    /// Those that a record of so many images is of.
    func selection(_ count: Int) -> RowSelection {
      RowSelection(of: clean.count, labeled: labeled, limit: count)
    }
  }

  /// What keeps the images from being opened.
  private struct NotAtHand: Error, CustomStringConvertible {
    let description: String
  }

  private func images() throws -> NamedImages {
    let folders = record.inputs?.data.map { URL(fileURLWithPath: $0) } ?? []
    if let pictures = record.inputs?.pictures { return try images(of: pictures, in: folders) }
    guard let kind = DatasetKind(rawValue: record.origin.dataset) else {
      throw NotAtHand(description: "a data set \(record.origin.dataset.oneLine) is not known")
    }
    guard let folder = data ?? folders.first, Self.isThere(folder) else {
      throw NotAtHand(
        description: "no folder of data sets where run.json says; give --data DIR")
    }
    let clean = try kind.read(.test, in: folder, workers: workers)
    return NamedImages(clean: clean, folder: folder) { names in
      try kind.benchmark(of: clean, in: folder, names: names, isPartial: false)
    }
  }

  /// Somebody's pictures: their folder, then that of their corrupted copies.
  private func images(
    of pictures: RunRecord.Inputs.Pictures, in folders: [URL]
  ) throws -> NamedImages {
    guard let folder = self.pictures ?? folders.first, Self.isThere(folder) else {
      throw NotAtHand(
        description: "no folder of pictures where run.json says; give --images DIR")
    }
    let all = try PictureFolder(
      folder, labels: pictures.labels.map { URL(fileURLWithPath: $0) },
      classOrder: pictures.classOrder.map(ClassOrder.init), ignoredLabel: pictures.ignoredLabel,
      preparation: Preparation(resize: pictures.resize, crop: pictures.crop)
    ).leavingOut(classes: pictures.leftOut ?? [])
    let clean = pictures.masksClasses == true ? try all.masked() : all
    let copies = data ?? folders.dropFirst().first
    return NamedImages(clean: clean, labeled: clean.labeled, folder: folder) { names in
      guard let copies else {
        throw NotAtHand(description: "no folder of corrupted copies in run.json; give --data DIR")
      }
      return try clean.benchmark(in: copies, names: names, isPartial: false)
    }
  }

  /// A check of each cell whose corrupted images were read from files.
  private func cellChecks(_ images: NamedImages) throws -> [RunCheck] {
    let cells = record.cells.compactMap { name, digest in
      Cell(name: name).map { (cell: $0, digest: digest) }
    }.sorted { ($0.cell.corruption, $0.cell.severity) < ($1.cell.corruption, $1.cell.severity) }
    let total = cells.count * imageCount
    return try cells.enumerated().map { index, recorded in
      let (cell, expected) = recorded
      let subject = "images of \(cell.name)"
      try report(index * imageCount, total)
      do {
        let corrupted = try images.benchmark([cell.corruption]).images(of: cell)
        let found = try images.selection(imageCount).images(of: corrupted)
          .storedFingerprint(workers: workers)
        return found == expected
          ? .ok(subject) : .differs(subject, expected: "SHA-256 \(expected)", found: found)
      } catch {
        return .notAtHand(subject, "\(error)")
      }
    }
  }
}

extension RunRecord {
  /// What stands for a checkpoint in `Origin`: other weights of a file make other predictions.
  package static func fingerprint(ofFile digest: String, weights: String?) -> String {
    weights.map { Digest(of: Array("\(digest) \($0)".utf8)).description } ?? digest
  }
}
