import Formats

/// The settings `training.batch_sampler`.
package struct BatchSamplerConfiguration: Codable, Sendable, Equatable {
  /// How often each image appears in its batch, b ≥ 1.
  package var batchRepetitions = 1
  /// The share of a batch in which all members see the same image, in [0, 1].
  package var inputRepetitionProbability = 0.0

  /// More repetitions than these are taken for a mistake.
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
