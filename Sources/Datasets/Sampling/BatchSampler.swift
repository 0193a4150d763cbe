import Tensors

/// Chooses the images of each batch: batch repetition and one order for each member.
///
/// A random permutation of the data set is walked; each index appears b times, all of them in one
/// batch. M members, N entries of a batch.
package struct BatchSampler: Sendable {
  /// The number of images of the data set.
  package let imageCount: Int
  /// The number of members M.
  package let memberCount: Int
  /// The number of different images of a batch.
  package let distinctCount: Int
  /// The number of entries N of a batch: the batch size, rounded up to a multiple of b.
  package let entryCount: Int

  private let repetitions: Int
  private let sharedCount: Int
  private let seed: UInt64

  /// A sampler of batches of at least `batchSize` ≥ 1 entries.
  package init(
    imageCount: Int, batchSize: Int, memberCount: Int, _ configuration: BatchSamplerConfiguration,
    seed: UInt64
  ) {
    self.imageCount = imageCount
    self.memberCount = memberCount
    self.seed = seed
    repetitions = configuration.batchRepetitions
    distinctCount = 1 + (batchSize - 1) / repetitions
    entryCount = distinctCount * repetitions
    sharedCount = Int(Double(entryCount) * configuration.inputRepetitionProbability)
  }

  /// The number of batches of an epoch; the last images, too few for a batch, are left out.
  package var batchCount: Int { imageCount / distinctCount }

  /// The batches of one epoch, a function of the seed and the epoch alone.
  package func epoch(_ epoch: Int) -> Epoch {
    var random = RandomStream(seed: seed, purpose: "image order", major: epoch)
    return Epoch(sampler: self, number: epoch, order: random.permutation(imageCount))
  }

  /// The batches of one epoch.
  package struct Epoch: Sendable {
    package let sampler: BatchSampler
    package let number: Int
    private let order: [Int]

    fileprivate init(sampler: BatchSampler, number: Int, order: [Int]) {
      self.sampler = sampler
      self.number = number
      self.order = order
    }

    /// The image that each member sees in each entry of the batch `step` in 0..<`batchCount`.
    package func indices(at step: Int) -> [[Int]] {  // [M][N]
      let start = step * sampler.distinctCount
      let entries = order[start..<start + sampler.distinctCount].flatMap {
        repeatElement($0, count: sampler.repetitions)
      }
      var random = RandomStream(
        seed: sampler.seed, purpose: "member order", major: number, minor: step)
      return (0..<sampler.memberCount).map { _ in
        var others = Array(entries[sampler.sharedCount...])
        random.shuffle(&others)
        return entries[..<sampler.sharedCount] + others
      }
    }
  }
}
