import Formats
import Foundation

/// The checkpoints of a run folder: of the latest state, and of the epochs that were kept.
extension RunFolder {
  private static let prefix = "checkpoint_epoch_"
  private static let suffix = ".ckpt"

  /// The checkpoint kept of an epoch.
  package func checkpoint(epoch: Int) -> URL {
    let digits = String(epoch)
    let padding = String(repeating: "0", count: max(0, 3 - digits.count))
    return url.appendingPathComponent(Self.prefix + padding + digits + Self.suffix)
  }

  /// The epochs of which a checkpoint was kept, in ascending order.
  package func keptEpochs() -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
      return Int(name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count))
    }.sorted()
  }

  /// The checkpoints that a run may resume from, the latest first.
  package func resumableCheckpoints() -> [URL] {
    let all =
      [lastCheckpoint, previousCheckpoint] + keptEpochs().reversed().map(checkpoint(epoch:))
    return all.filter { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// Makes the last checkpoint the previous one as well.
  ///
  /// - Throws: `FileError.unwritable`.
  package func keepPrevious() throws {
    guard FileManager.default.fileExists(atPath: lastCheckpoint.path) else { return }
    unlink(previousCheckpoint.path)
    // Of the file itself, where the name is a symbolic link to it.
    let isLinked = linkat(
      AT_FDCWD, lastCheckpoint.path, AT_FDCWD, previousCheckpoint.path, AT_SYMLINK_FOLLOW)
    guard isLinked != 0 else { return }
    // Some file systems have no links.
    let bytes = try FileContents.read(lastCheckpoint, limit: .max)
    try AtomicFile.write(bytes, to: previousCheckpoint)
  }

  /// Removes the checkpoints of epochs but for the latest `count` and the best one.
  ///
  /// - Throws: `FileError.unwritable`.
  package func thin(keeping count: Int, of records: [EpochRecord]) throws {
    let kept = keptEpochs()
    let best = records.filter { kept.contains($0.epoch) }
      .max { ($0.choosingAccuracy, $0.epoch) < ($1.choosingAccuracy, $1.epoch) }
    for epoch in kept.dropLast(count) where epoch != best?.epoch {
      let file = checkpoint(epoch: epoch)
      guard unlink(file.path) == 0 || errno == ENOENT else {
        throw FileError.unwritable(file, errno)
      }
    }
  }

  /// The checkpoint that a user means by a path, an epoch's number, or `best`; see `bestEpoch()`.
  ///
  /// - Throws: `RunsError.noFolder`, `.noEpoch`, `.noCheckpoint` or `.malformedLog`, `FileError` or
  ///   `CSVError`.
  package func checkpoint(named text: String) throws -> URL {
    if text == Self.bestName { return checkpoint(epoch: try bestEpoch().epoch) }
    guard let epoch = Int(text) else { return URL(fileURLWithPath: text) }
    let kept = try existingEpochs()
    guard kept.contains(epoch) else {
      let criterion = try? EpochRecord.accuracies(in: log).criterion
      throw RunsError.noCheckpoint(
        url, epoch: epoch, kept: kept, by: criterion ?? .testAccuracy)
    }
    return checkpoint(epoch: epoch)
  }

  /// What a user calls the checkpoint of the best epoch.
  package static let bestName = "best"

  /// The epoch of the highest accuracy in `logs.csv` among those whose checkpoint was kept, the latest of
  /// equals: on the images that the run kept for validation, else, as in the reference, on the test
  /// images.
  ///
  /// - Throws: `RunsError.noFolder`, `.noEpoch`, `.unloggedEpochs` or `.malformedLog`, `FileError` or
  ///   `CSVError`.
  package func bestEpoch() throws -> BestEpoch {
    let kept = try existingEpochs()
    let (criterion, epochs) = try EpochRecord.accuracies(in: log)
    let best = epochs.filter { kept.contains($0.epoch) }
      .max { ($0.accuracy, $0.epoch) < ($1.accuracy, $1.epoch) }
    guard let best else { throw RunsError.unloggedEpochs(log, kept: kept) }
    return BestEpoch(epoch: best.epoch, criterion: criterion)
  }

  /// The epochs of which a checkpoint was kept, of which there must be one.
  private func existingEpochs() throws -> [Int] {
    let kept = keptEpochs()
    guard kept.isEmpty else { return kept }
    func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
    guard exists(url) else { throw RunsError.noFolder(url) }
    throw RunsError.noEpoch(url, last: exists(lastCheckpoint) ? lastCheckpoint : nil)
  }
}
