import Checkpoints
import Formats
import Foundation
import Runs

/// The folder of a run while the first process trains in it.
///
/// It holds the folder's lock, finds the checkpoint to continue from, and writes checkpoints,
/// `logs.csv` and TensorBoard events.
final class RunStore {
  private let folder: RunFolder
  /// How many of the latest epochs' checkpoints are kept beside the best one; nil for all.
  private let keptCount: Int?
  /// Held while the run or anyone else keeps a reference to it.
  let lock: FileLock
  private var events: EventLog?
  /// Whether `last.ckpt` becomes the previous checkpoint: not where it is damaged, and not within an
  /// epoch, so that a run that was interrupted ends with the files of one that was not.
  private var keepsLast = true

  /// Creates or opens the folder of a run with the configuration `yaml`.
  ///
  /// - Throws: `TrainingError.otherConfiguration` or `.otherValidation`, or `FileError`, also if another
  ///   process trains in the folder.
  init(_ folder: RunFolder, yaml: String, startsOver: Bool, keptCount: Int?) throws {
    self.folder = folder
    self.keptCount = keptCount
    try FolderCreation.create(folder.url)
    lock = try FileLock(folder.trainingLock)
    if startsOver {
      let results = try FileLock(resultsIn: folder.url)
      defer { results.release() }
      try folder.clear()
    }
    try claim(yaml)
  }

  /// Writes a configuration into the folder, or checks that the folder has this configuration.
  private func claim(_ yaml: String) throws {
    guard FileManager.default.fileExists(atPath: folder.configuration.path) else {
      return try AtomicFile.write(yaml, to: folder.configuration)
    }
    let found = try FileText.read(
      folder.configuration, limit: ConfigurationFile.maximumSize, expecting: "YAML")
    let stored = RunConfiguration(yaml: found)
    guard found != yaml, try stored?.yaml != yaml else { return }
    let asked = RunConfiguration(yaml: yaml)
    if let stored, let asked, stored.validationCount != asked.validationCount {
      throw TrainingError.otherValidation(
        folder.url, expected: asked.validationCount, found: stored.validationCount)
    }
    let difference = LineDifference(expected: yaml, found: found)
    throw TrainingError.otherConfiguration(
      folder.url, expected: difference.expected, found: difference.found)
  }

  // MARK: Resuming

  /// The checkpoint that a run continues from, and the events to report about it.
  struct Resumption {
    /// Nil for a new run.
    var checkpoint: URL?
    var events: [TrainingEvent] = []
  }

  /// Resumes from the latest checkpoint that `restore` can read, and prepares logs and events.
  ///
  /// - Throws: the error about the latest checkpoint if all are damaged, `TrainingError` if one
  ///   belongs to another run, `FileError`.
  func resumption(restoring restore: (URL) throws -> TrainingState) throws -> Resumption {
    var resumption = Resumption()
    var records: [EpochRecord] = []
    if let (checkpoint, state, damages) = try latest(restore) {
      keepsLast = damages.isEmpty && state.progress == nil
      resumption.checkpoint = checkpoint
      resumption.events = damages.map { .damaged($0, instead: checkpoint) }
      resumption.events.append(
        .resumed(epoch: state.epoch, step: state.progress?.stepCount ?? 0))
      records = state.records
      try writeLogs(records)
    }
    try openEvents(records, &resumption)
    return resumption
  }

  /// The latest checkpoint that can be restored, and the errors about later ones; nil if there is
  /// no checkpoint.
  private func latest(
    _ restore: (URL) throws -> TrainingState
  ) throws -> (checkpoint: URL, state: TrainingState, damages: [any Error])? {
    var damages: [any Error] = []
    for checkpoint in folder.resumableCheckpoints() {
      do {
        return (checkpoint, try restore(checkpoint), damages)
      } catch let error as TrainingError {
        throw error
      } catch let error as FileError {
        // The file may be intact: the system may be able to read it the next time.
        throw error
      } catch {
        damages.append(error)
      }
    }
    if let first = damages.first { throw first }
    return nil
  }

  /// Opens the events file.
  ///
  /// A damaged file is replaced: the records hold all that it had.
  private func openEvents(_ records: [EpochRecord], _ resumption: inout Resumption) throws {
    do {
      events = try EventLog(folder, records: records)
    } catch is EventFileError {
      try folder.moveEventsAside()
      let error = TrainingError.damagedEvents(folder.events, movedTo: folder.damagedEvents)
      resumption.events.append(
        .damaged(error, instead: resumption.checkpoint ?? folder.configuration))
      events = try EventLog(folder, records: records)
    }
  }

  // MARK: Saving

  /// Saves the state after an epoch: checkpoints first, then the files that can be made again from
  /// them.
  func saveEpoch(_ state: TrainingState, _ learner: Learner, imagesPerSecond: Double) throws {
    guard let record = state.records.last else { return }
    if record.isCheckpointSaved {
      try state.checkpoint(of: learner, learningRate: record.learningRate)
        .write(to: folder.checkpoint(epoch: record.epoch))
    }
    try saveLast(state, learner, learningRate: record.learningRate)
    try writeLogs(state.records)
    try removeOldCheckpoints(state.records)
    try events?.append(record, imagesPerSecond: imagesPerSecond)
  }

  /// Saves the state as the last checkpoint, and keeps that of the epoch before as the previous one.
  func saveLast(_ state: TrainingState, _ learner: Learner, learningRate: Double) throws {
    if keepsLast { try folder.keepPrevious() }
    try state.checkpoint(of: learner, learningRate: learningRate)
      .write(to: folder.lastCheckpoint)
    keepsLast = state.progress == nil
  }

  /// Removes the epochs' checkpoints that are not to be kept.
  func removeOldCheckpoints(_ records: [EpochRecord]) throws {
    if let keptCount { try folder.thin(keeping: keptCount, of: records) }
  }

  private func writeLogs(_ records: [EpochRecord]) throws {
    try AtomicFile.write(EpochRecord.table(records).text, to: folder.log)
  }
}
