import Checkpoints
import Datasets
import Formats
import Foundation
import Networks
import Tensors

extension TrainingRun {
  /// Between two checkpoints of the reference's policy lie at most this many epochs.
  private static let keptEvery = 30

  /// Goes on from what the first process finds in the folder, or begins with new weights.
  func begin(startsOver: Bool) throws {
    let source = processes.isFirst ? try open(startsOver: startsOver) : nil
    let path = String(
      decoding: processes.broadcast(Data((source?.path ?? "").utf8), from: 0), as: UTF8.self)
    if path.isEmpty {
      network.initialize(seed: state.seed)
    } else if !processes.isFirst {
      try resume(from: URL(fileURLWithPath: path))
    }
    // Nobody writes before all have read.
    try expectSameWeights()
  }

  /// Opens the folder, and continues from the latest checkpoint that can be read, which it returns,
  /// where there is one.
  private func open(startsOver: Bool) throws -> URL? {
    try FolderCreation.create(folder.url)
    lock = try FileLock(folder.lock)
    if startsOver {
      let results = try FileLock(resultsIn: folder.url)
      defer { results.release() }
      try folder.clear()
    }
    try folder.claim(configuration.yaml)
    let source = try resume()
    events = try openEvents(besides: source)
    return source
  }

  /// The events, made anew where the file is damaged: like `logs.csv` they come of the records.
  private func openEvents(besides source: URL?) throws -> EventLog {
    do {
      return try EventLog(folder, records: state.records)
    } catch is EventFileError {
      try folder.moveEventsAside()
      let error = TrainingError.damagedEvents(folder.events, movedTo: folder.damagedEvents)
      resumption.append(.damaged(error, instead: source ?? folder.configuration))
      return try EventLog(folder, records: state.records)
    }
  }

  private func resume() throws -> URL? {
    var damages: [any Error] = []
    for checkpoint in folder.resumableCheckpoints() {
      do {
        try resume(from: checkpoint)
        isLastDamaged = !damages.isEmpty
        resumption += damages.map { .damaged($0, instead: checkpoint) }
        resumption.append(.resumed(epoch: state.epoch, step: state.progress?.stepCount ?? 0))
        try writeLogs()
        return checkpoint
      } catch let error as TrainingError {
        throw error
      } catch let error as FileError {
        // The file may be whole: what the system refuses now it may give when it is asked again.
        throw error
      } catch {
        damages.append(error)
      }
    }
    if let first = damages.first { throw first }
    return nil
  }

  private func resume(from url: URL) throws {
    let saved = try TrainingState.restore(
      Checkpoint(contentsOf: url), from: url, network, optimizer,
      batchCount: batches.sampler.batchCount, sumsExactly: state.sumsExactly)
    guard saved.seed == state.seed else {
      throw TrainingError.otherSeed(folder.url, expected: state.seed, found: saved.seed)
    }
    guard saved.dataFingerprint == state.dataFingerprint else {
      throw TrainingError.otherData(
        folder.url, expected: state.dataFingerprint, found: saved.dataFingerprint)
    }
    guard saved.sumsExactly == state.sumsExactly else {
      throw TrainingError.otherSums(folder.url, isExact: saved.sumsExactly)
    }
    state = saved
  }

  /// Whether an epoch's checkpoint is kept: it is the best so far, or its turn has come.
  func isKept(epoch: Int, accuracy: Double) -> Bool {
    let best = state.records.map(\.testAccuracy).max() ?? 0
    return accuracy >= best || epoch.isMultiple(of: Self.keptEvery)
  }

  /// Writes the checkpoints, then the logs, which can be made again from them.
  func save(_ record: EpochRecord) throws {
    state.records.append(record)
    state.progress = nil
    guard processes.isFirst else { return }
    if record.isCheckpointSaved {
      try state.checkpoint(network, optimizer, learningRate: record.learningRate)
        .write(to: folder.checkpoint(epoch: record.epoch))
    }
    try saveLast(learningRate: record.learningRate)
    try writeLogs()
    try thin()
  }

  func saveLast(learningRate: Double) throws {
    if !isLastDamaged { try folder.keepPrevious() }
    try state.checkpoint(network, optimizer, learningRate: learningRate)
      .write(to: folder.lastCheckpoint)
    isLastDamaged = false
  }

  func thin() throws {
    if let keptCount { try folder.thin(keeping: keptCount, of: state.records) }
  }

  private func writeLogs() throws {
    try AtomicFile.write(EpochRecord.table(state.records).text, to: folder.logs)
  }
}
