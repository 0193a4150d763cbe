// N batch, M subnetworks, K classes.

import Datasets
import Networks
import Scoring
import Tensors

extension TrainingRun {
  private static let testBatchSize = 64

  /// The figures of the network on the test images.
  func testScores(epoch: Int, stopIfInterrupted: () throws -> Void) throws -> TestScores {
    let inference = InferenceNetwork(network)
    let (test, loaders) = (test, loaders)
    let normalization = configuration.data.dataset.normalization
    // Whole batches, so that they are the same in any number of processes; as many in each, though
    // the last one may be empty in some.
    let slice = processes.slice(of: test.count, inGroupsOf: Self.testBatchSize)
    let allBatches = (test.count + Self.testBatchSize - 1) / Self.testBatchSize
    let batchCount = (allBatches + processes.count - 1) / processes.count
    let makeBatch = { @Sendable (index: Int) in
      let first = min(slice.lowerBound + index * Self.testBatchSize, slice.upperBound)
      return try Batch(
        Array(first..<min(first + Self.testBatchSize, slice.upperBound)), of: test,
        normalization: normalization, workers: loaders)
    }
    var own: [Float] = []
    try Ahead.forEach(batchCount, make: makeBatch) { _, batch in
      let logits = batch.labels.isEmpty ? [] : inference.logits(batch.images).values
      // Weights that the epoch's last step blew up must not become a checkpoint.
      guard logits.allSatisfy(\.isFinite) else {
        throw diverged(epoch, step: batches.sampler.batchCount)
      }
      own += logits
      try stopIfInterrupted()
    }
    return try TestScores(
      LabeledLogits(
        processes.gather(own), memberCount: configuration.memberCount,
        classCount: configuration.data.classCount, labels: test.labels), scorer: scorer)
  }
}
