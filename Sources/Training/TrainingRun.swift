// N batch, M members, K classes.

import Checkpoints
import Datasets
import Formats
import Foundation
import Loading
import Networks
import Runs
import Tensors

/// Trains one network from a configuration, epoch by epoch, in a folder from which it can resume.
///
/// The way of one batch: `DataLoader` makes it while the batch before it is trained on; `Learner`
/// updates the weights; the losses of all processes are summed and reported. After the last batch
/// of an epoch `ScoredImages` scores the network and `RunStore` saves the run.
///
/// After every epoch, and where the run was interrupted, `last.ckpt` holds all of its state: a run
/// that is killed at any moment and started again ends in the same bytes as one left alone.
///
/// With several processes each computes its slice of every batch and of the test images. All hold
/// the same weights and the same records; only the first one writes. Results differ from those of
/// one process by rounding, or, where sums are exact, not at all.
package final class TrainingRun {
  private let configuration: RunConfiguration
  private let processes: any ProcessGroup
  private let loader: DataLoader
  private let learner: Learner
  private let testSet: ScoredImages
  /// Nil where no images are kept for validation.
  private let validationSet: ScoredImages?
  private let folder: RunFolder
  private var state: TrainingState
  /// Nil in all processes but the first one.
  private var store: RunStore?
  /// Events of resuming the run, which `run` reports first.
  private var resumptionEvents: [TrainingEvent] = []

  /// Creates or resumes the run in `folder`.
  ///
  /// - Parameters:
  ///   - configuration: what to train and how.
  ///   - folder: the run's folder, which is created if it is missing.
  ///   - train: the training images; those that the configuration keeps for validation are not trained
  ///     on.
  ///   - test: the images that the network is scored on after each epoch.
  ///   - seed: decides every random draw, and which images are kept.
  ///   - startsOver: whether to remove what an earlier run left in the folder.
  ///   - keptCount: how many epochs' checkpoints to keep beside the best one, at least 1; nil for
  ///     all that the reference keeps.
  ///   - workers: the threads to compute on.
  ///   - processes: the processes of the job, which have the same arguments and see the same folder.
  ///   - sumsExactly: whether any number of processes trains to the same bytes, which takes longer.
  ///   - kernels: what the network computes with.
  ///   - identified: told how many training images are read, of how many, before the training.
  /// - Throws: `TrainingError` if the folder belongs to another run or the processes do not agree,
  ///   `LoadingError` for too few images, `CheckpointError` if all its checkpoints are damaged,
  ///   `FileError`, also if another job trains in the folder.
  package init(
    _ configuration: RunConfiguration, folder: RunFolder, train: any Dataset, test: any Dataset,
    seed: UInt64, startsOver: Bool, keptCount: Int? = nil, workers: Workers,
    processes: any ProcessGroup = SoleProcess(), sumsExactly: Bool = false,
    kernels: Kernels = .preferred,
    identified: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws {
    self.configuration = configuration
    self.folder = folder
    self.processes = processes
    // Threads that make the next batch while `workers` compute on the current one.
    let loaders = Workers(count: workers.count)
    learner = try Learner(
      configuration, workers: workers, processes: processes, sumsExactly: sumsExactly,
      kernels: kernels)
    let images = try configuration.images(of: train, seed: seed)
    loader = try configuration.dataLoader(of: images.training, seed: seed, workers: loaders)
    func scored(_ images: any Dataset) -> ScoredImages {
      ScoredImages(images, configuration, processes: processes, loaders: loaders)
    }
    testSet = scored(test)
    validationSet = images.validation.map(scored)
    state = TrainingState(
      seed: seed,
      dataFingerprint: try images.training.fingerprint(workers: workers, advanced: identified),
      validationCount: configuration.validationCount, sumsExactly: sumsExactly,
      precision: kernels.precision)

    // No file is written before all processes agree.
    try checkSlices()
    try processes.expectSame("configuration", configuration.yaml)
    try processes.expectSame("seed", "\(seed)")
    try processes.expectSame("way to sum", sumsExactly ? "exact" : "quick")
    try processes.expectSame("precision", kernels.precision.rawValue)
    try processes.expectSame("training images", state.dataFingerprint)
    if processes.isFirst {
      store = try RunStore(
        folder, yaml: configuration.yaml, startsOver: startsOver, keptCount: keptCount)
    }
    try initializeOrResume()
  }

  /// The first process's lock of the folder.
  package var lock: FileLock? { store?.lock }

  /// The records of the epochs that are finished.
  package var records: [EpochRecord] { state.records }

  /// The number of images that the whole run sees, each counted as often as it is seen.
  package var imageCount: Int { configuration.training.epochCount * epochImageCount }

  private var epochImageCount: Int { stepCount * batchSize }

  /// The number of steps of an epoch.
  private var stepCount: Int { loader.sampler.batchCount }

  /// The number of samples of a batch, of all processes together.
  private var batchSize: Int { loader.sampler.batchSize }

  // MARK: Training

  /// Trains the epochs that are left.
  ///
  /// - Parameters:
  ///   - report: is called after each step and epoch.
  ///   - isInterrupted: is called after each step; the run saves and stops if it returns true.
  /// - Returns: The records of all epochs.
  /// - Throws: `TrainingError.diverged`, `.interrupted`, or what reading images and writing files
  ///   throws. The last checkpoint is that of the interruption, or stays as it was.
  package func run(
    report: (TrainingEvent) -> Void, isInterrupted: () -> Bool = { false }
  ) throws -> [EpochRecord] {
    resumptionEvents.forEach(report)
    resumptionEvents = []
    while state.epoch < configuration.training.epochCount {
      let epoch = state.epoch + 1
      let (progress, imagesPerSecond) = try train(epoch, report, isInterrupted)
      let record = try test(epoch, progress, isInterrupted)
      state.records.append(record)
      state.progress = nil
      try store?.saveEpoch(state, learner, imagesPerSecond: imagesPerSecond)
      report(.epoch(record, imagesPerSecond: imagesPerSecond))
    }
    // A run that was killed after its last epoch may have saved it but not removed checkpoints.
    try store?.removeOldCheckpoints(state.records)
    return state.records
  }

  /// Trains the steps of an epoch that are left.
  private func train(
    _ epoch: Int, _ report: (TrainingEvent) -> Void, _ isInterrupted: () -> Bool
  ) throws -> (EpochProgress, imagesPerSecond: Double) {
    var progress = state.progress ?? EpochProgress(memberCount: configuration.memberCount)
    let (firstStep, firstImage, start) = (progress.stepCount, progress.imageCount, Date())
    let batches = loader.epoch(epoch)
    let slice = processes.slice(of: batchSize, inGroupsOf: groupSize)
    let makeBatch = { @Sendable in try batches.batch(at: firstStep + $0, slice) }
    try Ahead.forEach(stepCount - firstStep, make: makeBatch) { _, batch in
      report(.step(try step(on: batch, epoch, &progress)))
      try stop(epoch, progress, if: isInterrupted())
    }
    let seconds = Date().timeIntervalSince(start)
    return (progress, Double(progress.imageCount - firstImage) / max(seconds, 1e-9))
  }

  /// Takes the next step of an epoch, and adds it to the epoch's progress.
  private func step(
    on batch: MixMoBatch, _ epoch: Int, _ progress: inout EpochProgress
  ) throws -> TrainingEvent.Step {
    let learningRate = rate(epoch, step: progress.stepCount + 1)
    let rows = learner.step(on: batch, batchSize: batchSize, learningRate: learningRate)
    let sums = processes.exactSums(ofRows: rows, columns: configuration.memberCount + 1)
    let losses = Array(sums.dropLast())  // [M]
    let loss = losses.reduce(0, +)
    guard loss.isFinite else { throw divergence(epoch, step: progress.stepCount + 1) }
    progress.add(losses: losses, imageCount: batchSize, correctCount: Int(sums[losses.count]))
    return TrainingEvent.Step(
      epoch: epoch, step: progress.stepCount, stepCount: stepCount, loss: loss,
      accuracy: progress.accuracy, learningRate: learningRate,
      imageCount: (epoch - 1) * epochImageCount + progress.imageCount)
  }

  /// Scores the network after the last step of an epoch.
  private func test(
    _ epoch: Int, _ progress: EpochProgress, _ isInterrupted: () -> Bool
  ) throws -> EpochRecord {
    func check(_ logits: Tensor) throws {
      // Weights that diverged in the epoch's last step must not become a checkpoint.
      guard logits.isFinite else { throw divergence(epoch, step: stepCount) }
      try stop(epoch, progress, if: isInterrupted())
    }
    let validation = try validationSet?.scores(of: learner.network, check: check)
    let scores = try testSet.scores(of: learner.network, check: check)
    try expectSameWeights()
    return EpochRecord(
      epoch: epoch, trainAccuracy: progress.accuracy, memberLosses: progress.losses,
      learningRate: rate(epoch, step: stepCount), test: scores, validation: validation,
      isCheckpointSaved: state.isKept(epoch: epoch, accuracy: (validation ?? scores).accuracy))
  }

  /// Saves and throws if any process is interrupted.
  private func stop(_ epoch: Int, _ progress: EpochProgress, if isInterrupted: Bool) throws {
    guard processes.sum([isInterrupted ? 1 : 0])[0] > 0 else { return }
    // The loss of this step was computed before its update of the weights.
    guard learner.network.isFinite else { throw divergence(epoch, step: progress.stepCount) }
    state.progress = progress
    try store?.saveLast(state, learner, learningRate: rate(epoch, step: progress.stepCount))
    // When one process ends, the launcher may end all: wait until the first one has saved.
    processes.wait()
    throw TrainingError.interrupted(epoch: epoch, step: progress.stepCount)
  }

  /// The learning rate of a step, counted from 1 in its epoch.
  private func rate(_ epoch: Int, step: Int) -> Double {
    configuration.learningRate.at(epoch: epoch, step: (epoch - 1) * stepCount + step)
  }

  /// The error of a run whose loss or weights are no longer finite.
  private func divergence(_ epoch: Int, step: Int) -> TrainingError {
    let isSaved = FileManager.default.fileExists(atPath: folder.lastCheckpoint.path)
    return .diverged(
      folder.url, epoch: epoch, step: step, resume: isSaved ? folder.lastCheckpoint : nil)
  }
}

// MARK: The beginning of a run

extension TrainingRun {
  /// Resumes from the checkpoint that the first process finds in the folder, or draws new weights.
  private func initializeOrResume() throws {
    let resumption = try store?.resumption(restoring: restore)
    resumptionEvents = resumption?.events ?? []
    let path = String(
      decoding: processes.broadcast(Data((resumption?.checkpoint?.path ?? "").utf8), from: 0),
      as: UTF8.self)
    if path.isEmpty {
      learner.network.initialize(seed: state.seed)
    } else if !processes.isFirst {
      try restore(URL(fileURLWithPath: path))
    }
    // No process writes before all have read.
    try expectSameWeights()
  }

  /// Restores the state, the weights and the optimizer from a checkpoint of the same run.
  @discardableResult private func restore(_ url: URL) throws -> TrainingState {
    let checkpoint = try Checkpoint(contentsOf: url)
    let saved = try TrainingState(
      checkpoint, from: url, memberCount: configuration.memberCount, batchCount: stepCount,
      sumsExactly: state.sumsExactly)
    try learner.restore(checkpoint, from: url)
    guard saved.seed == state.seed else {
      throw TrainingError.otherSeed(folder.url, expected: state.seed, found: saved.seed)
    }
    guard saved.validationCount == state.validationCount else {
      throw TrainingError.otherValidation(
        folder.url, expected: state.validationCount, found: saved.validationCount)
    }
    guard saved.dataFingerprint == state.dataFingerprint else {
      throw TrainingError.otherData(
        folder.url, expected: state.dataFingerprint, found: saved.dataFingerprint)
    }
    guard saved.sumsExactly == state.sumsExactly else {
      throw TrainingError.otherSums(folder.url, isExact: saved.sumsExactly)
    }
    guard saved.precision == state.precision else {
      throw TrainingError.otherPrecision(
        folder.url, expected: state.precision, found: saved.precision)
    }
    state = saved
    return saved
  }
}

// MARK: Agreement of the processes

extension TrainingRun {
  /// The slice of each process begins at a multiple of this number of samples.
  private var groupSize: Int { state.sumsExactly ? MixMoNetwork.groupSize : 1 }

  /// Makes sure that every process gets a slice of each batch that it can compute.
  private func checkSlices() throws {
    let kernels = learner.network.engine.kernels
    guard !state.sumsExactly || kernels.rowsAreIndependent else {
      throw TrainingError.inexactKernels(kernels.name)
    }
    let limit = (batchSize + groupSize - 1) / groupSize
    guard processes.count <= limit else {
      throw TrainingError.tooManyProcesses(processes.count, batch: batchSize, limit: limit)
    }
  }

  /// Makes sure that all processes have the same weights.
  private func expectSameWeights() throws {
    guard !processes.isSole else { return }
    try processes.expectSame("weights", learner.network.fingerprint)
  }
}

extension ProcessGroup {
  /// Makes sure that all processes have the same value as the first one.
  ///
  /// - Throws: `TrainingError.otherProcess` about the lowest rank with another value. All processes
  ///   throw it, so that none continues alone.
  package func expectSame(_ what: String, _ value: String) throws {
    func shared(from rank: Int) -> String {
      String(decoding: broadcast(Data(value.utf8), from: rank), as: UTF8.self)
    }
    let expected = shared(from: 0)
    let other = count - Int(max([value == expected ? 0 : Double(count - rank)])[0])
    guard other < count else { return }
    let difference = LineDifference(expected: expected, found: shared(from: other))
    throw TrainingError.otherProcess(
      rank: other, what: what, expected: difference.expected, found: difference.found)
  }
}
