import Formats
import Tensors

/// Chooses the images of each batch: batch repetition, and an order of its own for each member.
///
/// An epoch goes through a random permutation of the data set. Each index appears b times, always
/// in the same batch.
///
/// N batch, M members.
package struct BatchSampler: Sendable {
  /// The number of images of the data set.
  package let imageCount: Int
  /// The number of members M.
  package let memberCount: Int
  /// The number of different images of a batch.
  package let distinctCount: Int
  /// The number of samples N of a batch: the configured size, rounded up to a multiple of b.
  package let batchSize: Int

  private let repetitions: Int
  private let sharedCount: Int
  private let seed: UInt64

  /// A sampler of batches of at least `batchSize` ≥ 1 samples.
  package init(
    imageCount: Int, batchSize: Int, memberCount: Int, _ configuration: BatchSamplerConfiguration,
    seed: UInt64
  ) {
    self.imageCount = imageCount
    self.memberCount = memberCount
    self.seed = seed
    repetitions = configuration.batchRepetitions
    distinctCount = 1 + (batchSize - 1) / repetitions
    self.batchSize = distinctCount * repetitions
    sharedCount = Int(Double(self.batchSize) * configuration.inputRepetitionProbability)
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
    /// Counted from 1.
    package let number: Int
    private let order: [Int]

    fileprivate init(sampler: BatchSampler, number: Int, order: [Int]) {
      self.sampler = sampler
      self.number = number
      self.order = order
    }

    /// The index of the image that each member sees in each sample of the batch `step` in
    /// 0..<`batchCount`.
    package func imageIndices(at step: Int) -> [[Int]] {  // [M][N]
      let start = step * sampler.distinctCount
      let repeated = order[start..<start + sampler.distinctCount].flatMap {
        repeatElement($0, count: sampler.repetitions)
      }
      var random = RandomStream(
        seed: sampler.seed, purpose: "member order", major: number, minor: step)
      return (0..<sampler.memberCount).map { _ in
        var others = Array(repeated[sampler.sharedCount...])
        random.shuffle(&others)
        return repeated[..<sampler.sharedCount] + others
      }
    }
  }
}

/// The settings `training.batch_sampler`.
package struct BatchSamplerConfiguration: Codable, Sendable, Equatable {
  /// How often each image appears in its batch, b ≥ 1.
  package var batchRepetitions = 1
  /// The fraction of a batch in which all members see the same image, in [0, 1].
  package var inputRepetitionProbability = 0.0

  /// A larger number of repetitions is taken for a mistake.
  static let maximumRepetitions = 1024

  enum CodingKeys: String, CodingKey, CaseIterable {
    case batchRepetitions = "batch_repetitions"
    case inputRepetitionProbability = "proba_input_repetition"
  }

  package init(batchRepetitions: Int = 1, inputRepetitionProbability: Double = 0) {
    self.batchRepetitions = batchRepetitions
    self.inputRepetitionProbability = inputRepetitionProbability
  }

  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    batchRepetitions = try keys.decode(
      .batchRepetitions, in: 1...Self.maximumRepetitions, absent: 1)
    inputRepetitionProbability = try keys.decode(
      .inputRepetitionProbability, in: 0...1, absent: 0)
  }
}
