import Images
import Tensors

/// One image as a network is trained on it, and the share of each class.
struct TrainingInput {
  var pixels: [Float]  // [H, W, 3]
  var shares: [(label: Int, share: Double)]
}

/// Makes augmented training images.
struct TrainingInputs: Sendable {
  let dataset: any Dataset
  private let normalization: Normalization
  private let cropAndFlip: CropAndFlip
  private let augmentation: AugmentationMethod?
  private let msda: MSDAConfiguration
  private let seed: UInt64

  /// - Throws: `DatasetError.maskTooSmall` if images are too small for the mixing method.
  init(
    dataset: any Dataset, kind: DatasetKind, _ configuration: DatasetWrapperConfiguration,
    seed: UInt64
  ) throws {
    self.dataset = dataset
    self.seed = seed
    normalization = kind.normalization
    cropAndFlip = kind.cropAndFlip
    augmentation = configuration.augmentation
    msda = configuration.msda
    try msda.method?.require(imageSize)
  }

  private var imageSize: MixingMask.Size {
    .init(height: dataset.imageSide, width: dataset.imageSide, channels: 3)
  }

  /// The image at `index`, mixed with another one if a draw says so.
  ///
  /// `entry` addresses the draws within the epoch; AugMix takes its own from `repeated`, which is
  /// the same for a repeated image. `mask` is what the input will be mixed by in features.
  func input(
    _ index: Int, epoch: Int, entry: Int, repeated: Int, mask: MixingMask?
  ) throws -> TrainingInput {
    func stream(_ purpose: String, _ minor: Int) -> RandomStream {
      RandomStream(seed: seed, purpose: purpose, major: epoch, minor: minor)
    }
    var random = stream("crop and flip", entry)
    let augmix = stream("augmix", repeated)
    let first = try pixels(index, &random, augmix)
    random = stream("msda", entry)
    guard let method = msda.method, random.bernoulli(msda.probability) else {
      return TrainingInput(pixels: first, shares: [(dataset.labels[index], 1)])
    }

    let other = random.integer(in: 0..<dataset.count)
    let second = try pixels(other, &random, augmix)
    let proportions = random.proportions(msda.beta, count: 2)
    var mixing = method.mix(proportions, size: imageSize, random: &random)
    if let mask { mixing = mixing.corrected(by: mask) }
    return TrainingInput(
      pixels: mixing.blend(first, second),
      shares: [
        (dataset.labels[index], mixing.proportions[0]),
        (dataset.labels[other], mixing.proportions[1]),
      ])
  }

  /// One augmented and normalized image.
  private func pixels(
    _ index: Int, _ random: inout RandomStream, _ augmix: RandomStream
  ) throws -> [Float] {
    let image = try dataset.checkedImage(at: index)
    let augmented = cropAndFlip.apply(cropAndFlip.draw(from: &random), to: image)
    switch augmentation {
    case nil: return normalization.pixels(of: augmented)
    case .augmix:
      var augmix = augmix
      return AugMix.draw(from: &augmix).pixels(of: augmented, normalization)
    }
  }
}
