// N batch, M members, K classes.

import Datasets
import Loading
import Networks
import Runs
import Scoring
import Tensors

extension EpochScores {
  /// Scores `logits`; the ensemble of several members is the mean of their logits.
  init(_ logits: LabeledLogits, scorer: Scorer) throws {
    let scores = try scorer.score(logits)
    var values: [Score] = []
    for row in scores.predictors {
      switch row.predictor {
      case .network, .ensemble:
        values += Metric.all.map { Score(name: $0.name, value: row.values[$0]) }
      case .member(let member):
        values.append(Score(name: "accuracy_\(member)", value: row.values[.accuracy]))
      default: break
      }
    }
    if let mean = scores.diversity.first(where: { $0.pair == .mean }) {
      values += DiversityMetric.all.map {
        Score(name: $0.name, value: mean.values[$0])
      }
    }
    self.init(values: values)
  }
}

/// The test or the validation images, which the processes share to score the network after each epoch.
struct ScoredImages {
  private static let batchSize = 64

  private let images: any Dataset
  private let configuration: RunConfiguration
  private let processes: any ProcessGroup
  private let loaders: Workers
  private let scorer: Scorer

  /// `loaders` make the next batch while the network computes on the current one.
  init(
    _ images: any Dataset, _ configuration: RunConfiguration, processes: any ProcessGroup,
    loaders: Workers
  ) {
    self.images = images
    self.configuration = configuration
    self.processes = processes
    self.loaders = loaders
    scorer = Scorer(threadCount: loaders.count)
  }

  /// Scores `network`; `check` gets the logits of each batch that this process computes.
  ///
  /// - Throws: what `check` throws, and what reading an image throws.
  func scores(
    of network: MixMoNetwork, check: (_ logits: Tensor) throws -> Void
  ) throws -> EpochScores {
    let inference = InferenceNetwork(network)
    let (images, loaders, batchSize) = (images, loaders, Self.batchSize)
    let normalization = configuration.data.dataset.normalization
    // Processes take whole batches, so that the batches are the same for any number of processes.
    let slice = processes.slice(of: images.count, inGroupsOf: batchSize)
    // Each process takes the same number of batches, of which the last one may be empty.
    let allBatches = IndexChunks(total: images.count, size: batchSize).count
    let batchCount = (allBatches + processes.count - 1) / processes.count
    let makeBatch = { @Sendable (index: Int) in
      let first = min(slice.lowerBound + index * batchSize, slice.upperBound)
      return try Batch(
        Array(first..<min(first + batchSize, slice.upperBound)), of: images,
        normalization: normalization, workers: loaders)
    }
    var own: [Float] = []  // [N, M, K] of this process's slice
    try Ahead.forEach(batchCount, make: makeBatch) { _, batch in
      let logits = batch.labels.isEmpty ? Tensor([0]) : inference.logits(batch.images)
      try check(logits)
      own += logits.values
    }
    return try EpochScores(
      LabeledLogits(
        processes.gather(own), memberCount: configuration.memberCount,
        classCount: configuration.data.classCount, labels: images.labels), scorer: scorer)
  }
}
