import Images
import Tensors

/// One of the common corruptions, with the parameters that a suite gives it.
///
/// Hendrycks and Dietterich 2019, "Benchmarking neural network robustness to common corruptions and
/// perturbations", arXiv 1903.12261.
public struct Corruption: Sendable {
  /// What a corruption does, named as the files of CIFAR-10-C are.
  public enum Name: String, CaseIterable, CodingKey, Sendable, CustomStringConvertible {
    case gaussianNoise = "gaussian_noise"
    case shotNoise = "shot_noise"
    case impulseNoise = "impulse_noise"
    case defocusBlur = "defocus_blur"
    case glassBlur = "glass_blur"
    case motionBlur = "motion_blur"
    case zoomBlur = "zoom_blur"
    case snow
    case frost
    case fog
    case brightness
    case contrast
    case elasticTransform = "elastic_transform"
    case pixelate
    case jpegCompression = "jpeg_compression"
    case speckleNoise = "speckle_noise"
    case gaussianBlur = "gaussian_blur"
    case spatter
    case saturate

    /// The published name, such as `gaussian_noise`.
    public var description: String { rawValue }
  }

  /// What a corruption comes from: the sensor, the optics, the weather or later processing.
  public enum Family: String, CaseIterable, Sendable {
    case noise, blur, weather, digital
  }

  /// Whether a corruption is one of the 15 that are reported or of the 4 meant for tuning.
  public enum Group: String, CaseIterable, Sendable {
    case benchmark, extra
  }

  /// What the corruption does.
  public let name: Name
  /// What it comes from.
  public let family: Family
  /// Whether it is reported or meant for tuning.
  public let group: Group
  /// The height and width of the images that the parameters are for, in pixels.
  public let side: Int
  /// The severities that the suite has parameters for, from 1 to 5 in ascending order.
  public let severities: [Int]
  private var distortions: [Int: any Distortion]

  init(
    name: Name, family: Family, group: Group, side: Int, distortions: [Int: any Distortion]
  ) {
    self.name = name
    self.family = family
    self.group = group
    self.side = side
    self.severities = distortions.keys.sorted()
    self.distortions = distortions
  }

  /// Whether the results only stand in for those of the published corruption.
  ///
  /// Those of `frost` do without the published textures: they must be marked, and left out of
  /// published figures.
  public var isSubstitute: Bool {
    distortions.values.contains { distortion in
      (distortion as? Frost).map { $0.textures?.areSubstitutes ?? true } ?? false
    }
  }

  /// The name in results: the published one, marked where the corruption is a substitute.
  public var label: String {
    isSubstitute ? Self.substituteLabel(name.rawValue) : name.rawValue
  }

  /// The name in results of what stands in for the corruption `name`, such as `frost(substitute)`.
  public static func substituteLabel(_ name: String) -> String { "\(name)(substitute)" }

  /// The corruption with other textures for `frost`; other corruptions have none.
  public func using(_ textures: FrostTextures) -> Corruption {
    var result = self
    result.distortions = distortions.mapValues { distortion in
      guard var frost = distortion as? Frost else { return distortion }
      frost.textures = textures
      return frost
    }
    return result
  }

  /// The corrupted image.
  ///
  /// The result is a function of the arguments alone: the same bytes come out alone or in a batch,
  /// in any order and on any thread. The public data sets were made without a seed, so that their
  /// random corruptions can be matched in distribution only.
  ///
  /// - Parameters:
  ///   - image: An image of `side` × `side` pixels.
  ///   - severity: One of `severities`.
  ///   - seed: The seed of the whole experiment.
  ///   - imageIndex: The place of the image in its data set, which gives it draws of its own; 0 for
  ///     an image that is alone.
  /// - Returns: An image of the same size.
  /// - Throws: `CorruptionError` if the image has another size or the suite lacks the severity.
  public func apply(
    to image: Image, severity: Int, seed: UInt64, imageIndex: Int = 0
  ) throws -> Image {
    var random = RandomStream(
      seed: seed, purpose: name.rawValue, major: severity, minor: imageIndex)
    return try apply(to: image, severity: severity, random: &random)
  }

  /// The corrupted image, drawing from `random`.
  package func apply(
    to image: Image, severity: Int, random: inout some RandomSource
  ) throws -> Image {
    guard let distortion = distortions[severity] else {
      throw CorruptionError.unknownSeverity(name, expected: severities, found: severity)
    }
    guard image.height == side && image.width == side else {
      throw CorruptionError.wrongSize(
        name, expectedSide: side, foundHeight: image.height, foundWidth: image.width)
    }
    return distortion.distort(image, random: &random)
  }
}

extension Corruption.Name {
  var distortion: any Distortion.Type {
    switch self {
    case .gaussianNoise: GaussianNoise.self
    case .shotNoise: ShotNoise.self
    case .impulseNoise: ImpulseNoise.self
    case .defocusBlur: DefocusBlur.self
    case .glassBlur: GlassBlur.self
    case .motionBlur: MotionBlur.self
    case .zoomBlur: ZoomBlur.self
    case .snow: Snow.self
    case .frost: Frost.self
    case .fog: Fog.self
    case .brightness: Brightness.self
    case .contrast: Contrast.self
    case .elasticTransform: ElasticTransform.self
    case .pixelate: Pixelate.self
    case .jpegCompression: JPEGCompression.self
    case .speckleNoise: SpeckleNoise.self
    case .gaussianBlur: GaussianBlur.self
    case .spatter: Spatter.self
    case .saturate: Saturate.self
    }
  }
}
