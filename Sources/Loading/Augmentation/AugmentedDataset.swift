// H height, W width, K classes.

import Formats
import Images
import Tensors

/// A data set whose images are augmented, mixed with one another and normalized for training.
struct AugmentedDataset: Sendable {
  /// The images as they are stored.
  let source: any Dataset
  private let normalization: Normalization
  private let cropAndFlip: CropAndFlip
  private let augmentation: AugmentationMethod?
  private let msda: MSDAConfiguration
  private let seed: UInt64

  /// - Throws: `LoadingError.maskTooSmall` if images are too small for the mixing method.
  init(
    of source: any Dataset, normalization: Normalization, cropAndFlip: CropAndFlip,
    augmentation: AugmentationMethod?, msda: MSDAConfiguration, seed: UInt64
  ) throws {
    self.source = source
    self.augmentation = augmentation
    self.msda = msda
    self.seed = seed
    self.normalization = normalization
    self.cropAndFlip = cropAndFlip
    try msda.method?.require(imageSize)
  }

  private var imageSize: MixingMask.Size {
    .init(height: source.imageSide, width: source.imageSide, channels: 3)
  }

  /// One image as the network is trained on it, and its soft label.
  struct Sample {
    var pixels: [Float]  // [H, W, 3]
    /// The classes of the images in it, and the share of each image.
    var labels: [(label: Int, share: Double)]
  }

  /// The sample of the image at `index`, mixed with another image if a draw says so.
  ///
  /// - Parameters:
  ///   - index: the image's index in the data set.
  ///   - epoch: counted from 1.
  ///   - key: the key of the sample's draws, different for each sample of the epoch.
  ///   - augMixKey: the key of AugMix's draws, the same for each repetition of an image.
  ///   - featureMask: the mask that the network will multiply the sample's features by; it corrects
  ///     the labels.
  /// - Returns: The sample.
  /// - Throws: what reading an image throws.
  func sample(
    at index: Int, epoch: Int, key: Int, augMixKey: Int, featureMask: MixingMask?
  ) throws -> Sample {
    func stream(_ purpose: String, _ key: Int) -> RandomStream {
      RandomStream(seed: seed, purpose: purpose, major: epoch, minor: key)
    }
    var random = stream("crop and flip", key)
    let augMixRandom = stream("augmix", augMixKey)
    let first = try pixels(index, &random, augMixRandom)
    random = stream("msda", key)
    guard let method = msda.method, random.bernoulli(msda.probability) else {
      return Sample(pixels: first, labels: [(source.labels[index], 1)])
    }

    let other = random.integer(in: 0..<source.count)
    let second = try pixels(other, &random, augMixRandom)
    let ratios = random.mixingRatios(msda.beta, count: 2)
    var mixing = method.mix(ratios, size: imageSize, random: &random)
    if let featureMask { mixing = mixing.corrected(by: featureMask) }
    return Sample(
      pixels: mixing.blend(first, second),
      labels: [
        (source.labels[index], mixing.ratios[0]), (source.labels[other], mixing.ratios[1]),
      ])
  }

  /// One augmented and normalized image.
  private func pixels(
    _ index: Int, _ random: inout RandomStream, _ augMixRandom: RandomStream
  ) throws -> [Float] {  // [H, W, 3]
    let image = try source.checkedImage(at: index)
    let cropped = cropAndFlip.apply(cropAndFlip.draw(from: &random), to: image)
    switch augmentation {
    case nil: return normalization.pixels(of: cropped)
    case .augmix:
      var augMixRandom = augMixRandom
      return AugMix.draw(from: &augMixRandom).pixels(of: cropped, normalization)
    }
  }
}

/// An augmentation that `da_method` names; it follows crop and flip.
package enum AugmentationMethod: String, CaseIterable, Codable, Sendable {
  case augmix
}

/// The settings `training.dataset_wrapper.msda`: mixing each image with another one.
///
/// MSDA is mixed sample data augmentation.
package struct MSDAConfiguration: Codable, Sendable, Equatable {
  /// Both parameters of the beta distribution of λ; 0 or less makes λ ½.
  package var beta: Double
  /// The probability that an image is mixed, in [0, 1].
  package var probability: Double
  /// The mixing method; nil where images are not mixed.
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
