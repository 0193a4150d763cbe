// N batch, M subnetworks, K classes.

import Datasets
import Formats
import Foundation
import Networks
import Scoring
import Tensors

/// Trains one network from a configuration, epoch by epoch, in a folder from which it can go on.
///
/// After every epoch, and where it was asked to stop, `last.ckpt` holds all of the run's state: a
/// run that was killed at any moment and started again ends in the same bytes as one left alone.
///
/// With several processes each computes its slice of every batch and of the test images. All hold
/// the same weights and the same records; the first one alone writes. They differ from one process
/// by rounding, or, where sums are exact, not at all.
package final class TrainingRun {
  package let folder: RunFolder
  package let configuration: RunConfiguration
  let network: MixMoNetwork
  let optimizer: any Optimizer
  let batches: TrainingBatches
  let test: any Dataset
  private let coefficients: [Double]
  /// Make the next batch while the network's workers are at this one.
  let loaders: Workers
  let scorer: Scorer
  /// How many checkpoints of epochs are kept beside the best one; nil for all.
  let keptCount: Int?
  let processes: any ProcessGroup
  /// The images of a batch that are in one process.
  private let groupSize: Int
  /// The first process's hold on the folder, which ends with the run or with whoever keeps it.
  package internal(set) var lock: FileLock?
  var events: EventLog?
  var state: TrainingState
  /// What was found when the run was resumed, to be reported.
  var resumption: [Event] = []
  /// Whether `last.ckpt` is damaged: it must not take the place of the one before.
  var isLastDamaged = false

  /// What a run tells while it goes on.
  package enum Event: Sendable {
    /// Goes on after so many epochs, and so many steps of the next one.
    case resumed(epoch: Int, step: Int)
    /// A file is damaged in the way that is told; the run goes on from another one.
    case damaged(any Error, instead: URL)
    case step(Step)
    /// An epoch, and the images that it trained on in a second.
    case epoch(EpochRecord, imagesPerSecond: Double)
  }

  /// One step of an epoch, all counted from 1.
  package struct Step: Sendable {
    package let epoch: Int
    package let step: Int
    package let stepCount: Int
    package let loss: Double
    /// Head 0's over the epoch so far.
    package let accuracy: Double
    package let learningRate: Double
    /// Images seen since the run began, each as often as it was seen.
    package let imageCount: Int
  }

  /// Makes or resumes the run in `folder`.
  ///
  /// - Parameters:
  ///   - configuration: what to train and how.
  ///   - folder: the run's folder, which is made where missing.
  ///   - train: the images to train on.
  ///   - test: the images that each epoch's accuracy is measured on.
  ///   - dataFingerprint: a hash of the images to train on.
  ///   - seed: decides every random draw.
  ///   - startsOver: whether to remove what an earlier run left in the folder.
  ///   - keptCount: how many checkpoints of epochs to keep beside the best one, at least 1; nil for
  ///     all that the reference keeps.
  ///   - workers: the threads to compute on.
  ///   - processes: those of the job, each with the same arguments; all see the folder.
  ///   - sumsExactly: whether any number of processes trains to the same bytes, which takes longer.
  /// - Throws: `TrainingError` if the folder belongs to another run or the processes do not agree,
  ///   `CheckpointError` if all its checkpoints are damaged, `FileError`, also if another job
  ///   trains in the folder.
  package init(
    _ configuration: RunConfiguration, folder: RunFolder, train: any Dataset, test: any Dataset,
    dataFingerprint: String, seed: UInt64, startsOver: Bool, keptCount: Int? = nil,
    workers: Workers, processes: any ProcessGroup = SoleProcess(), sumsExactly: Bool = false
  ) throws {
    self.configuration = configuration
    self.folder = folder
    self.test = test
    self.keptCount = keptCount
    self.processes = processes
    groupSize = sumsExactly ? MixMoNetwork.groupSize : 1
    scorer = Scorer(threadCount: workers.count)
    loaders = Workers(count: workers.count)
    network = configuration.network(
      workers: workers, processes: processes, sumsExactly: sumsExactly)
    let model = configuration.model
    optimizer = model.optimizer.optimizer(
      of: network.parameters, l2Penalty: model.loss.l2Penalty, workers: workers)
    coefficients = try model.loss.coefficients(memberCount: configuration.memberCount)
    batches = try configuration.batches(of: train, seed: seed, workers: loaders)
    state = TrainingState(
      seed: seed, dataFingerprint: dataFingerprint, sumsExactly: sumsExactly, records: [])
    try checkSlices()
    // Nothing is made before all agree.
    try processes.expectSame("configuration", configuration.yaml)
    try processes.expectSame("seed", "\(seed)")
    try processes.expectSame("way to sum", sumsExactly ? "exact" : "quick")
    try processes.expectSame("training images", dataFingerprint)
    try begin(startsOver: startsOver)
  }

  /// Makes sure that every process gets a part of each batch that it can compute.
  private func checkSlices() throws {
    let entryCount = batches.sampler.entryCount
    guard !state.sumsExactly || network.engine.kernels.rowsAreIndependent else {
      throw TrainingError.inexactKernels(network.engine.kernels.name)
    }
    let limit = (entryCount + groupSize - 1) / groupSize
    guard processes.count <= limit else {
      throw TrainingError.tooManyProcesses(processes.count, batch: entryCount, limit: limit)
    }
  }

  /// Images that the whole run sees, each as often as it is seen.
  package var imageCount: Int { configuration.training.epochCount * epochImageCount }

  private var epochImageCount: Int { batches.sampler.batchCount * batches.sampler.entryCount }

  /// Trains the epochs that are left.
  ///
  /// - Parameters:
  ///   - report: told of each step and epoch.
  ///   - isInterrupted: asked after each step whether to save and stop.
  /// - Returns: the records of all epochs.
  /// - Throws: `TrainingError.diverged`, `.interrupted`, or what reading images and writing files
  ///   throws; the last checkpoint stays as it was, or is of the step of the interruption.
  package func run(
    report: (Event) -> Void, isInterrupted: () -> Bool = { false }
  ) throws -> [EpochRecord] {
    resumption.forEach(report)
    resumption = []
    while state.epoch < configuration.training.epochCount {
      let (record, rate) = try train(
        epoch: state.epoch + 1, report: report, isInterrupted: isInterrupted)
      try save(record)
      try events?.append(record, imagesPerSecond: rate)
      report(.epoch(record, imagesPerSecond: rate))
    }
    // A run that was killed after its last epoch may have come to saving, but not to this.
    if processes.isFirst { try thin() }
    return state.records
  }

  private func train(
    epoch: Int, report: (Event) -> Void, isInterrupted: () -> Bool
  ) throws -> (EpochRecord, imagesPerSecond: Double) {
    let order = batches.epoch(epoch)
    var progress =
      state.progress ?? EpochProgress(memberCount: configuration.memberCount)
    let (firstStep, firstImage, start) = (progress.stepCount, progress.imageCount, Date())
    func stopIfInterrupted() throws { try stop(epoch, progress, if: isInterrupted()) }
    let slice = processes.slice(of: batches.sampler.entryCount, inGroupsOf: groupSize)
    let makeBatch = { @Sendable in try order.batch(at: firstStep + $0, slice) }
    try Ahead.forEach(order.count - firstStep, make: makeBatch) { _, batch in
      report(.step(try step(batch, epoch, &progress)))
      try stopIfInterrupted()
    }
    let seconds = Date().timeIntervalSince(start)
    let test = try testScores(epoch: epoch, stopIfInterrupted: stopIfInterrupted)
    try expectSameWeights()
    let record = EpochRecord(
      epoch: epoch, trainAccuracy: progress.accuracy, memberLosses: progress.losses,
      learningRate: rate(epoch, order.count), test: test,
      isCheckpointSaved: isKept(epoch: epoch, accuracy: test.accuracy))
    return (record, Double(progress.imageCount - firstImage) / max(seconds, 1e-9))
  }

  /// Saves and throws if any process is asked to stop.
  private func stop(_ epoch: Int, _ progress: EpochProgress, if isInterrupted: Bool) throws {
    guard processes.sum([isInterrupted ? 1 : 0])[0] > 0 else { return }
    // The loss of this step was that of the weights before it.
    guard network.isFinite else { throw diverged(epoch, step: progress.stepCount) }
    state.progress = progress
    if processes.isFirst { try saveLast(learningRate: rate(epoch, progress.stepCount)) }
    // The end of one process may be that of all.
    processes.wait()
    throw TrainingError.interrupted(epoch: epoch, step: progress.stepCount)
  }

  /// Takes the next step of an epoch, and adds it to its progress.
  private func step(
    _ batch: TrainingBatch, _ epoch: Int, _ progress: inout EpochProgress
  ) throws -> Step {
    let learningRate = rate(epoch, progress.stepCount + 1)
    let sums = processes.exactSums(
      ofRows: update(batch, learningRate: learningRate), columns: configuration.memberCount + 1)
    let losses = Array(sums.dropLast())
    let loss = losses.reduce(0, +)
    guard loss.isFinite else { throw diverged(epoch, step: progress.stepCount + 1) }
    progress.add(
      losses: losses, imageCount: batches.sampler.entryCount, rightCount: Int(sums[losses.count]))
    return Step(
      epoch: epoch, step: progress.stepCount, stepCount: batches.sampler.batchCount, loss: loss,
      accuracy: progress.accuracy, learningRate: learningRate,
      imageCount: (epoch - 1) * epochImageCount + progress.imageCount)
  }

  /// The learning rate of a step, counted from 1 in its epoch.
  private func rate(_ epoch: Int, _ step: Int) -> Double {
    configuration.learningRate.at(
      epoch: epoch, step: (epoch - 1) * batches.sampler.batchCount + step)
  }

  /// The error of a run that cannot go on.
  func diverged(_ epoch: Int, step: Int) -> TrainingError {
    let isSaved = FileManager.default.fileExists(atPath: folder.lastCheckpoint.path)
    return .diverged(epoch: epoch, step: step, resume: isSaved ? folder.lastCheckpoint : nil)
  }

  /// Updates the weights; returns for each image of this process's slice its parts of the members'
  /// losses, and 1 if head 0 got it right: `[N, M + 1]`.
  private func update(_ batch: TrainingBatch, learningRate: Double) -> [Double] {
    let logits = network.forward(batch.images, masks: batch.masks)
    let loss = SoftCrossEntropy.evaluate(
      logits, targets: batch.targets, coefficients: coefficients,
      batchSize: batches.sampler.entryCount)
    network.backward(loss.gradient)
    optimizer.step(learningRate: learningRate)
    let (members, classes) = (logits.shape[1], logits.shape[2])
    return (0..<logits.shape[0]).flatMap { image in
      let isRight =
        logits.largestIndex(from: image * members * classes, count: classes)
        == batch.targets[0].largestIndex(from: image * classes, count: classes)
      return loss.imageLosses[image * members..<(image + 1) * members] + [isRight ? 1 : 0]
    }
  }

  /// Makes sure that all processes have the same weights.
  func expectSameWeights() throws {
    guard !processes.isSole else { return }
    try processes.expectSame("weights", network.fingerprint)
  }
}

extension Tensor {
  /// The index, from `start` on, of the largest of `count` elements, the first of equals.
  fileprivate func largestIndex(from start: Int, count: Int) -> Int {
    (1..<max(count, 1)).reduce(0) { self[start + $1] > self[start + $0] ? $1 : $0 }
  }
}
