// N batch, H and W image, h and w feature map, C encoder channels, K classes, M members.

import Formats
import Tensors

/// Makes the batches of a training run, each a function of the seed, the epoch and the step alone.
///
/// The sampler chooses the images, `AugmentedDataset` makes a sample of each, and the mixer draws
/// the masks that the network mixes the members' features by.
package struct DataLoader: Sendable {
  /// What the batches of a run have in common.
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
  private let dataset: AugmentedDataset
  /// Nil where M = 1.
  private let mixer: MixMoMixer?
  private let workers: Workers

  /// A loader of the images of `dataset`.
  ///
  /// `maskSize` is the size of the encoders' output.
  ///
  /// - Throws: `LoadingError` if the images do not fill a batch or a mixing method is impossible.
  package init(
    of dataset: any Dataset, normalization: Normalization, cropAndFlip: CropAndFlip,
    maskSize: MixingMask.Size, _ configuration: Configuration, seed: UInt64, workers: Workers
  ) throws {
    let (memberCount, wrapper) = (configuration.memberCount, configuration.wrapper)
    sampler = BatchSampler(
      imageCount: dataset.count, batchSize: configuration.batchSize, memberCount: memberCount,
      configuration.sampler, seed: seed)
    guard sampler.batchCount > 0 else {
      throw LoadingError.tooFewImages(
        dataset: dataset.name, purpose: "a batch", expected: sampler.distinctCount,
        found: dataset.count)
    }
    self.dataset = try AugmentedDataset(
      of: dataset, normalization: normalization, cropAndFlip: cropAndFlip,
      augmentation: wrapper.augmentation, msda: wrapper.msda, seed: seed)
    mixer =
      memberCount == 1
      ? nil
      : try MixMoMixer(
        wrapper.mixmo, memberCount: memberCount, size: maskSize,
        epochCount: configuration.epochCount, seed: seed)
    self.workers = workers
  }

  /// The batches of `epoch`, counted from 1.
  package func epoch(_ epoch: Int) -> Epoch {
    Epoch(loader: self, order: sampler.epoch(epoch))
  }

  /// The batches of one epoch.
  package struct Epoch: Sendable {
    fileprivate let loader: DataLoader
    fileprivate let order: BatchSampler.Epoch

    /// The number of batches.
    package var count: Int { order.sampler.batchCount }

    /// The batch `step` in 0..<`count`, or the slice of its samples in `range`.
    ///
    /// - Throws: what reading an image throws.
    package func batch(at step: Int, _ range: Range<Int>? = nil) throws -> MixMoBatch {
      let (sampler, dataset) = (order.sampler, loader.dataset)
      let range = range ?? 0..<sampler.batchSize
      let indices = order.imageIndices(at: step)
      let mixer = loader.mixer?.batchMixer(epoch: order.number, step: step)
      let batch = MixMoBatch(
        memberCount: sampler.memberCount, sampleCount: range.count, side: dataset.source.imageSide,
        classCount: dataset.source.classCount, maskShape: mixer?.maskShape)
      _ = try loader.workers.map(range.count) { row in
        let position = range.lowerBound + row
        let key = step * sampler.batchSize + position
        let mixing = mixer?.mixing(ofSample: key)
        let weights = mixing.flatMap { mixer?.lossWeights($0) } ?? [1]
        for member in 0..<sampler.memberCount {
          let (index, mask) = (indices[member][position], mixing?.masks[member])
          let sample = try dataset.sample(
            at: index, epoch: order.number, key: key * sampler.memberCount + member,
            augMixKey: index * sampler.memberCount + member, featureMask: mask)
          batch.set(member, row, sample, weight: weights[member], mask: mask)
        }
      }
      return batch
    }
  }
}

/// The input of one training step of a MixMo network.
package struct MixMoBatch: Sendable {
  /// Each member's normalized images.
  package let images: [Tensor]  // [M] of [N, H, W, 3]
  /// Each member's masks, empty where M = 1.
  ///
  /// Their shape is that of the method's extent: [N, h, w], [N, C] or [N, h, w, C].
  package let masks: [Tensor]  // [M]
  /// Each member's soft targets times its loss weights.
  package let targets: [Tensor]  // [M] of [N, K]
}

extension MixMoBatch {
  /// A batch of zeros; without masks where `maskShape` is nil.
  fileprivate init(
    memberCount: Int, sampleCount: Int, side: Int, classCount: Int, maskShape: [Int]?
  ) {
    func tensors(_ shape: [Int]) -> [Tensor] {
      (0..<memberCount).map { _ in Tensor([sampleCount] + shape) }
    }
    images = tensors([side, side, 3])
    masks = maskShape.map(tensors) ?? []
    targets = tensors([classCount])
  }

  /// Sets one row of a member's tensors.
  fileprivate func set(
    _ member: Int, _ row: Int, _ sample: AugmentedDataset.Sample, weight: Double, mask: MixingMask?
  ) {
    images[member].setRow(row, sample.pixels)
    if let mask { masks[member].setRow(row, mask.values) }
    let classCount = targets[member].shape[1]
    for (label, share) in sample.labels {
      targets[member][row * classCount + label] += Float(share * weight)
    }
  }
}

extension Tensor {
  /// Sets the slice at index `row` of the first dimension.
  fileprivate func setRow(_ row: Int, _ values: [Float]) {
    (elements + row * values.count).update(from: values, count: values.count)
  }
}

/// The settings `training.dataset_wrapper`: how the stored images become the network's input.
package struct DatasetWrapperConfiguration: Codable, Sendable, Equatable {
  package var mixmo: MixMoConfiguration
  package var msda: MSDAConfiguration
  /// A further augmentation, after crop and flip.
  package var augmentation: AugmentationMethod?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case mixmo, msda
    case augmentation = "da_method"
  }

  package init(
    mixmo: MixMoConfiguration = MixMoConfiguration(mixMethod: .init(method: nil)),
    msda: MSDAConfiguration = MSDAConfiguration(), augmentation: AugmentationMethod? = nil
  ) {
    self.mixmo = mixmo
    self.msda = msda
    self.augmentation = augmentation
  }

  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    mixmo =
      try keys.decodeUnlessNone(MixMoConfiguration.self, .mixmo)
      ?? MixMoConfiguration(mixMethod: .init(method: nil))
    msda = try keys.decodeUnlessNone(MSDAConfiguration.self, .msda) ?? MSDAConfiguration()
    augmentation = try keys.decodeCaseUnlessNone(AugmentationMethod.self, .augmentation)
  }
}
