// N batch, M subnetworks, K classes.

import Checkpoints
import Datasets
import Formats
import Foundation
import Networks
import Tensors

/// Trains one network from a configuration, epoch by epoch, in a folder from which it can go on.
///
/// After every epoch `last.ckpt` holds all of the run's state: a run that was killed at any moment
/// and started again ends in the same bytes as one that was left alone.
package final class TrainingRun {
  package let folder: RunFolder
  package let configuration: RunConfiguration
  private let network: MixMoNetwork
  private let optimizer: any Optimizer
  private let batches: TrainingBatches
  private let test: any Dataset
  private let coefficients: [Double]
  /// Make the next batch while the network's workers are at this one.
  private let loaders: Workers
  private var state: TrainingState

  /// What a run tells while it goes on.
  package enum Event: Sendable {
    case resumed(epoch: Int)
    case step(Step)
    case epoch(EpochRecord)
  }

  /// One step of an epoch, all counted from 1.
  package struct Step: Sendable {
    package let epoch: Int
    package let step: Int
    package let stepCount: Int
    package let loss: Double
    package let learningRate: Double
    /// Images seen since the run began, each as often as it was seen.
    package let imageCount: Int
  }

  /// Between two checkpoints of the reference's policy lie at most this many epochs.
  private static let keptEvery = 30
  private static let testBatchSize = 64

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
  ///   - workers: the threads to compute on.
  /// - Throws: `TrainingError` if the folder belongs to another run, `CheckpointError`, `FileError`,
  ///   `DatasetError`.
  package init(
    _ configuration: RunConfiguration, folder: RunFolder, train: any Dataset, test: any Dataset,
    dataFingerprint: String, seed: UInt64, startsOver: Bool, workers: Workers
  ) throws {
    self.configuration = configuration
    self.folder = folder
    self.test = test
    loaders = Workers(count: workers.count)
    let (model, training) = (configuration.model, configuration.training)
    network = configuration.network(workers: workers)
    optimizer = model.optimizer.optimizer(
      of: network.parameters, l2Penalty: model.loss.l2Penalty, workers: workers)
    coefficients = try model.loss.coefficients(memberCount: configuration.memberCount)
    batches = try TrainingBatches(
      of: train, configuration.data.dataset,
      maskSize: .init(
        height: model.network.encoderSide, width: model.network.encoderSide,
        channels: model.network.encoderChannels),
      .init(
        wrapper: training.datasetWrapper, sampler: training.batchSampler,
        batchSize: training.batchSize, memberCount: configuration.memberCount,
        epochCount: training.epochCount), seed: seed, workers: loaders)
    state = TrainingState(seed: seed, dataFingerprint: dataFingerprint, records: [])
    if startsOver { try folder.clear() }
    try folder.claim(configuration.yaml)
    try resume()
  }

  /// Images that the whole run sees, each as often as it is seen.
  package var imageCount: Int { configuration.training.epochCount * epochImageCount }

  private var epochImageCount: Int { batches.sampler.batchCount * batches.sampler.entryCount }

  /// Continues from `last.ckpt` where there is one.
  private func resume() throws {
    guard FileManager.default.fileExists(atPath: folder.lastCheckpoint.path) else {
      network.initialize(seed: state.seed)
      return
    }
    let saved = try TrainingState.restore(
      Checkpoint(contentsOf: folder.lastCheckpoint), from: folder.lastCheckpoint, network,
      optimizer)
    guard saved.seed == state.seed else {
      throw TrainingError.otherSeed(folder.url, expected: state.seed, found: saved.seed)
    }
    guard saved.dataFingerprint == state.dataFingerprint else {
      throw TrainingError.otherData(
        folder.url, expected: state.dataFingerprint, found: saved.dataFingerprint)
    }
    state = saved
    try writeLogs()
  }

  /// Trains the epochs that are left.
  ///
  /// - Parameters:
  ///   - report: told of each step and epoch.
  ///   - isInterrupted: asked after each step whether to stop.
  /// - Returns: the records of all epochs.
  /// - Throws: `TrainingError.diverged`, `.interrupted`, or what reading images and writing files
  ///   throws; the last checkpoint stays as it was.
  package func run(
    report: (Event) -> Void, isInterrupted: () -> Bool = { false }
  ) throws -> [EpochRecord] {
    if state.epoch > 0 { report(.resumed(epoch: state.epoch)) }
    while state.epoch < configuration.training.epochCount {
      let record = try train(epoch: state.epoch + 1, report: report, isInterrupted: isInterrupted)
      try save(record)
      report(.epoch(record))
    }
    return state.records
  }

  private func train(
    epoch: Int, report: (Event) -> Void, isInterrupted: () -> Bool
  ) throws -> EpochRecord {
    let order = batches.epoch(epoch)
    var (lossSum, rightCount, imageCount, rate) = (0.0, 0, 0, 0.0)
    try Ahead.forEach(order.count, make: order.batch(at:)) { step, batch in
      rate = configuration.learningRate.at(epoch: epoch, step: (epoch - 1) * order.count + step + 1)
      let (loss, right) = trainStep(batch, learningRate: rate)
      guard loss.isFinite else {
        throw TrainingError.diverged(
          epoch: epoch, step: step + 1, resume: epoch > 1 ? folder.lastCheckpoint : nil)
      }
      lossSum += loss
      rightCount += right
      imageCount += batch.targets[0].shape[0]
      report(
        .step(
          Step(
            epoch: epoch, step: step + 1, stepCount: order.count, loss: loss, learningRate: rate,
            imageCount: (epoch - 1) * epochImageCount + imageCount)))
      if isInterrupted() { throw TrainingError.interrupted(epoch: epoch) }
    }
    let testAccuracy = try testAccuracy(epoch: epoch, isInterrupted: isInterrupted)
    return EpochRecord(
      epoch: epoch, trainAccuracy: Double(rightCount) / Double(imageCount),
      testAccuracy: testAccuracy, isCheckpointSaved: isKept(epoch: epoch, accuracy: testAccuracy),
      trainLoss: lossSum / Double(order.count), learningRate: rate)
  }

  /// One step; returns the loss and how many images head 0 got right.
  private func trainStep(_ batch: TrainingBatch, learningRate: Double) -> (Double, right: Int) {
    let logits = network.forward(batch.images, masks: batch.masks)
    let (losses, gradient) = SoftCrossEntropy.evaluate(
      logits, targets: batch.targets, coefficients: coefficients)
    network.backward(gradient)
    optimizer.step(learningRate: learningRate)
    let (members, classes) = (logits.shape[1], logits.shape[2])
    let right = (0..<logits.shape[0]).count { image in
      logits.largestIndex(from: image * members * classes, count: classes)
        == batch.targets[0].largestIndex(from: image * classes, count: classes)
    }
    return (losses.reduce(0, +), right)
  }

  /// The accuracy of the members' mean logits on the test images.
  private func testAccuracy(epoch: Int, isInterrupted: () -> Bool) throws -> Double {
    let inference = InferenceNetwork(network)
    var rightCount = 0
    let (test, loaders) = (test, loaders)
    let normalization = configuration.data.dataset.normalization
    let batchCount = (test.count + Self.testBatchSize - 1) / Self.testBatchSize
    let makeBatch = { @Sendable (index: Int) in
      let first = index * Self.testBatchSize
      return try Batch(
        Array(first..<min(first + Self.testBatchSize, test.count)), of: test,
        normalization: normalization, workers: loaders)
    }
    try Ahead.forEach(batchCount, make: makeBatch) { _, batch in
      let ensemble = inference.logits(batch.images).meanOverMembers()
      // Weights that the epoch's last step blew up must not become a checkpoint.
      guard ensemble.values.allSatisfy(\.isFinite) else {
        throw TrainingError.diverged(
          epoch: epoch, step: batches.sampler.batchCount,
          resume: epoch > 1 ? folder.lastCheckpoint : nil)
      }
      if isInterrupted() { throw TrainingError.interrupted(epoch: epoch) }
      let classes = configuration.data.classCount
      rightCount += batch.labels.indices.count {
        ensemble.largestIndex(from: $0 * classes, count: classes) == batch.labels[$0]
      }
    }
    return Double(rightCount) / Double(test.count)
  }

  private func isKept(epoch: Int, accuracy: Double) -> Bool {
    let best = state.records.map(\.testAccuracy).max() ?? 0
    return accuracy >= best || epoch.isMultiple(of: Self.keptEvery)
  }

  /// Writes the checkpoints, then the logs, which can be made again from them.
  private func save(_ record: EpochRecord) throws {
    state.records.append(record)
    let checkpoint = state.checkpoint(network, optimizer, learningRate: record.learningRate)
    if record.isCheckpointSaved {
      try checkpoint.write(to: folder.checkpoint(epoch: record.epoch))
    }
    try checkpoint.write(to: folder.lastCheckpoint)
    try writeLogs()
  }

  private func writeLogs() throws {
    try AtomicFile.write(EpochRecord.table(state.records).text, to: folder.logs)
  }
}

extension Tensor {
  /// The index, from `start` on, of the largest of `count` elements, the first of equals.
  fileprivate func largestIndex(from start: Int, count: Int) -> Int {
    (1..<max(count, 1)).reduce(0) { self[start + $1] > self[start + $0] ? $1 : $0 }
  }

  /// `[N, M, K]` to `[N, K]`.
  fileprivate func meanOverMembers() -> Tensor {
    let (batch, members, classes) = (shape[0], shape[1], shape[2])
    let mean = Tensor([batch, classes])
    for image in 0..<batch {
      for k in 0..<classes {
        let sum = (0..<members).reduce(Float(0)) { $0 + self[(image * members + $1) * classes + k] }
        mean[image * classes + k] = sum / Float(members)
      }
    }
    return mean
  }
}
