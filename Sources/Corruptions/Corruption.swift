import Foundation
import Images
import Tensors

/// One of the common corruptions, with the parameters that a suite gives it.
///
/// Hendrycks and Dietterich 2019, "Benchmarking neural network robustness to common corruptions and
/// perturbations", arXiv 1903.12261.
public struct Corruption: Sendable {
  /// The name of a corruption, which is the name of its file in CIFAR-10-C.
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

  /// The cause of a corruption: the sensor, the optics, the weather or digital processing.
  public enum Family: String, CaseIterable, Sendable {
    case noise, blur, weather, digital
  }

  /// Whether a corruption is one of the 15 of the benchmark or one of the 4 extra ones, which are
  /// meant for tuning.
  public enum Group: String, CaseIterable, Sendable {
    case benchmark, extra
  }

  /// The corruption's name.
  public let name: Name
  /// The corruption's cause.
  public let family: Family
  /// Whether the corruption belongs to the benchmark or is an extra one.
  public let group: Group
  /// The height and width of the images that the parameters are meant for, in pixels.
  public let side: Int
  /// The height of the images that the corruption is applied to: `side`, but for
  /// `stretched(toHeight:width:)`.
  public private(set) var height: Int
  /// The width of the images that the corruption is applied to.
  public private(set) var width: Int
  /// The severities that the suite has parameters for, from 1 to 5 in ascending order.
  public let severities: [Int]
  private var distortions: [Int: any Distortion]

  init(
    name: Name, family: Family, group: Group, side: Int, distortions: [Int: any Distortion]
  ) {
    self.name = name
    self.family = family
    self.group = group
    (self.side, height, width) = (side, side, side)
    self.severities = distortions.keys.sorted()
    self.distortions = distortions
  }

  /// Whether the corrupted images only stand in for those of the published corruption.
  ///
  /// This is so for `frost` without the published textures, and for images of another size than the
  /// parameters are meant for: results must be marked, and not compared with published ones.
  public var isSubstitute: Bool {
    (height, width) != (side, side) || hasSubstituteTextures
  }

  private var hasSubstituteTextures: Bool {
    distortions.values.contains { distortion in
      (distortion as? Frost).map { $0.textures?.areSubstitutes ?? true } ?? false
    }
  }

  /// The corruption with other textures if it is `frost`; any other corruption as it is.
  public func using(_ textures: FrostTextures) -> Corruption {
    var result = self
    result.distortions = distortions.mapValues { distortion in
      guard var frost = distortion as? Frost else { return distortion }
      frost.textures = textures
      return frost
    }
    return result
  }

  /// The corruption with the same parameters for images of another size.
  ///
  /// Radii, deviations and thresholds stay as they are, in pixels; lengths of `elastic_transform` and
  /// sizes of `pixelate` go with the image. So the severities are not those that were meant, which
  /// `isSubstitute` tells.
  ///
  /// - Throws: `CorruptionError.unfitSize` if a rule cannot be applied to images of this size.
  public func stretched(toHeight height: Int, width: Int) throws -> Corruption {
    for severity in severities {
      if let requirement = distortions[severity]?.unmetRequirement(height: height, width: width) {
        throw CorruptionError.unfitSize(
          name, severity: severity, requirement: requirement, height: height, width: width)
      }
    }
    var result = self
    (result.height, result.width) = (height, width)
    return result
  }

  /// The corrupted image.
  ///
  /// The result is a function of the arguments alone: it has the same bytes alone or in a batch, in
  /// any order and on any thread. The published data sets were made without a seed, so their random
  /// corruptions can be matched in distribution only.
  ///
  /// - Parameters:
  ///   - image: An image of `height` × `width` pixels.
  ///   - severity: One of `severities`.
  ///   - seed: The seed of the whole experiment.
  ///   - imageIndex: The index of the image in its data set, so that each image has random numbers
  ///     of its own; 0 for a single image.
  /// - Returns: An image of the same size.
  /// - Throws: `CorruptionError` if the image has another size or the suite lacks the severity.
  public func apply(
    to image: Image, severity: Int, seed: UInt64, imageIndex: Int = 0
  ) throws -> Image {
    var random = RandomStream(
      seed: seed, purpose: name.rawValue, major: severity, minor: imageIndex)
    return try apply(to: image, severity: severity, random: &random)
  }

  /// The corrupted image, with random numbers from `random`.
  package func apply(
    to image: Image, severity: Int, random: inout some RandomSource
  ) throws -> Image {
    guard let distortion = distortions[severity] else {
      throw CorruptionError.unknownSeverity(name, expected: severities, found: severity)
    }
    guard (image.height, image.width) == (height, width) else {
      throw CorruptionError.wrongSize(
        name, expectedHeight: height, expectedWidth: width, foundHeight: image.height,
        foundWidth: image.width)
    }
    return distortion.distort(image, random: &random)
  }
}

extension Corruption.Name {
  /// The rule of the corruption.
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

/// A corruption at one severity: its rule, and its parameters, which are a row of a suite's file.
///
/// The rules are those of `make_cifar_c.py`, `make_tinyimagenet_c.py` and `make_imagenet_c.py` in
/// hendrycks/robustness (Hendrycks and Dietterich 2019, arXiv 1903.12261), including the order of
/// operations and of random numbers.
package protocol Distortion: Decodable, Sendable {
  /// The distorted image, of the same size, which is one that the rule accepts.
  func distort(_ image: Image, random: inout some RandomSource) -> Image

  /// The requirement of the rule that images of `height` × `width` pixels do not meet; nil if they
  /// meet all.
  func unmetRequirement(height: Int, width: Int) -> String?
}

extension Distortion {
  package func unmetRequirement(height: Int, width: Int) -> String? { nil }
}

/// A corruption that cannot be applied.
public enum CorruptionError: Error, CustomStringConvertible, Equatable {
  /// The image does not have the size that the corruption is for; sizes in pixels.
  case wrongSize(
    Corruption.Name, expectedHeight: Int, expectedWidth: Int, foundHeight: Int, foundWidth: Int)
  /// The rule of a severity cannot be applied to images of this size, in pixels.
  case unfitSize(
    Corruption.Name, severity: Int, requirement: String, height: Int, width: Int)
  /// The suite has no parameters for the severity.
  case unknownSeverity(Corruption.Name, expected: [Int], found: Int)
  /// A texture of `frost` has another size than the published one; shapes of arrays.
  case wrongTexture(URL, expected: [Int], found: [Int])
  /// A folder lacks some of the textures of `frost`; with fewer, their mixture would differ.
  case missingTextures(URL, [String])

  public var description: String {
    switch self {
    case .wrongSize(let name, let expectedHeight, let expectedWidth, let height, let width):
      "\(name): expected an image of \(expectedHeight)×\(expectedWidth) pixels, found "
        + "\(height)×\(width)"
    case .unfitSize(let name, let severity, let requirement, let height, let width):
      "\(name) at severity \(severity): expected \(requirement), found images of "
        + "\(height)×\(width) pixels"
    case .unknownSeverity(let name, let expected, let found):
      "\(name): the suite has severities \(expected.map(String.init).joined(separator: ", "))"
        + "; asked for \(found)"
    case .wrongTexture(let url, let expected, let found):
      "\(url.path): expected a frost texture of shape \(expected), found \(found)"
    case .missingTextures(let url, let names):
      "\(url.path): expected the five published frost textures, or arrays (.npy) of them; missing: "
        + names.joined(separator: ", ")
    }
  }
}
