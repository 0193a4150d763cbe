import Tensors

/// Makes the batches of a training run, each a function of the seed, the epoch and the step alone.
///
/// N batch, K classes, M members.
package struct TrainingBatches: Sendable {
  /// What a run fixes about its batches.
  package struct Configuration: Sendable {
    package var wrapper: DatasetWrapperConfiguration
    package var sampler: BatchSamplerConfiguration
    /// At least 1.
    package var batchSize: Int
    /// The number of members M.
    package var memberCount: Int
    package var epochCount: Int

    package init(
      wrapper: DatasetWrapperConfiguration, sampler: BatchSamplerConfiguration, batchSize: Int,
      memberCount: Int, epochCount: Int
    ) {
      self.wrapper = wrapper
      self.sampler = sampler
      self.batchSize = batchSize
      self.memberCount = memberCount
      self.epochCount = epochCount
    }
  }

  package let sampler: BatchSampler
  private let inputs: TrainingInputs
  private let mixer: MixMoMixer?
  private let workers: Workers

  /// The batches of images of `dataset`, which is of the given kind.
  ///
  /// `maskSize` is the size of the encoders' output.
  ///
  /// - Throws: `DatasetError` if the images do not fill a batch or a mixing method is impossible.
  package init(
    of dataset: any Dataset, _ kind: DatasetKind, maskSize: MixingMask.Size,
    _ configuration: Configuration, seed: UInt64, workers: Workers
  ) throws {
    let memberCount = configuration.memberCount
    sampler = BatchSampler(
      imageCount: dataset.count, batchSize: configuration.batchSize, memberCount: memberCount,
      configuration.sampler, seed: seed)
    guard sampler.batchCount > 0 else {
      throw DatasetError.tooFewImages(
        dataset: dataset.name, purpose: "a batch", expected: sampler.distinctCount,
        found: dataset.count)
    }
    inputs = try TrainingInputs(dataset: dataset, kind: kind, configuration.wrapper, seed: seed)
    mixer =
      memberCount == 1
      ? nil
      : try MixMoMixer(
        configuration.wrapper.mixmo, memberCount: memberCount, size: maskSize,
        epochCount: configuration.epochCount, seed: seed)
    self.workers = workers
  }

  /// The batches of `epoch`, counted from 1.
  package func epoch(_ epoch: Int) -> Epoch {
    Epoch(batches: self, order: sampler.epoch(epoch))
  }

  /// The batches of one epoch.
  package struct Epoch: Sendable {
    fileprivate let batches: TrainingBatches
    fileprivate let order: BatchSampler.Epoch

    /// The number of batches.
    package var count: Int { order.sampler.batchCount }

    /// The batch `step` in 0..<`count`, or its entries at `positions`.
    ///
    /// - Throws: what reading an image throws.
    package func batch(at step: Int, _ positions: Range<Int>? = nil) throws -> TrainingBatch {
      let positions = positions ?? 0..<order.sampler.entryCount
      let indices = order.indices(at: step)
      let sampler = order.sampler
      let dataset = batches.inputs.dataset
      let mixing = batches.mixer?.batch(epoch: order.number, step: step)
      let batch = TrainingBatch(
        memberCount: sampler.memberCount, entryCount: positions.count, side: dataset.imageSide,
        classCount: dataset.classCount, maskShape: mixing?.maskShape)
      _ = try batches.workers.map(positions.count) { place in
        let position = positions.lowerBound + place
        let entry = step * sampler.entryCount + position
        let sample = mixing?.mixing(ofEntry: entry)
        let weights = sample.flatMap { mixing?.lossWeights($0) } ?? [1]
        for member in 0..<sampler.memberCount {
          let index = indices[member][position]
          let input = try batches.inputs.input(
            index, epoch: order.number, entry: entry * sampler.memberCount + member,
            repeated: index * sampler.memberCount + member, mask: sample?.masks[member])
          batch.set(member, place, input, weight: weights[member], mask: sample?.masks[member])
        }
      }
      return batch
    }
  }
}
