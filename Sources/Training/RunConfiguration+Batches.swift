import Datasets
import Tensors

extension RunConfiguration {
  /// The batches of a run on the images of `train`.
  ///
  /// - Throws: `DatasetError` if they do not fill a batch or a mixing method is impossible.
  func batches(of train: any Dataset, seed: UInt64, workers: Workers) throws -> TrainingBatches {
    let network = model.network
    return try TrainingBatches(
      of: train, data.dataset,
      maskSize: .init(
        height: network.encoderSide, width: network.encoderSide,
        channels: network.encoderChannels),
      .init(
        wrapper: training.datasetWrapper, sampler: training.batchSampler,
        batchSize: training.batchSize, memberCount: memberCount,
        epochCount: training.epochCount), seed: seed, workers: workers)
  }
}
