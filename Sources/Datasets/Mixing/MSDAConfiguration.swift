import Formats

/// The settings `training.dataset_wrapper.msda`: mixing each image with another one.
package struct MSDAConfiguration: Codable, Sendable, Equatable {
  /// Both parameters of λ's beta distribution; 0 or less makes λ ½.
  package var beta: Double
  /// The probability that an image is mixed, in [0, 1].
  package var probability: Double
  /// How; nil where images are not mixed.
  package var method: MixingMethod?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case beta
    case probability = "prob"
    case method = "mix_method"
  }

  package init(beta: Double = 1, probability: Double = 0.5, method: MixingMethod? = nil) {
    self.beta = beta
    self.probability = probability
    self.method = method
  }

  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    beta = try keys.decodeFinite(.beta, absent: 1)
    probability = try keys.decode(.probability, in: 0...1, absent: 0.5)
    method = try keys.decodeCaseUnlessNone(MixingMethod.self, .method)
  }
}
