import Formats
import Foundation
import Images
import Tensors

/// Mixes the image with a random crop of a picture of frost.
struct Frost: Distortion {
  let imageWeight: Double
  let frostWeight: Double
  let textureScale: Double
  /// The textures; nil for the substitutes, which are made when they are first used.
  var textures: FrostTextures?

  enum Keys: String, CodingKey, CaseIterable {
    case imageWeight = "image_weight"
    case frostWeight = "frost_weight"
    case textureScale = "texture_scale"
  }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    imageWeight = try row.decode(.imageWeight, in: 0...1)
    frostWeight = try row.decode(.frostWeight, in: 0...1)
    textureScale = try row.decode(.textureScale, in: 0.01...10)
  }

  func unmetRequirement(height: Int, width: Int) -> String? {
    let limit =
      FrostTextures.originals.map {
        Image.scaledCount(min($0.height, $0.width), by: textureScale)
      }.min() ?? 0
    return max(height, width) < limit ? nil : "a side below \(limit), that of the scaled textures"
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let images = (textures ?? .substitute).images
    let texture = images[random.integer(in: 0..<images.count)]
    let height = Image.scaledCount(texture.height, by: textureScale)
    let width = Image.scaledCount(texture.width, by: textureScale)
    let top = random.integer(in: 0..<height - image.height)
    let left = random.integer(in: 0..<width - image.width)
    let crop = texture.scaled(
      by: textureScale, rows: top..<top + image.height, columns: left..<left + image.width)
    var result = Raster(levels: image)
    for index in result.values.indices {
      result.values[index] =
        imageWeight * result.values[index] + frostWeight * Double(crop.pixels[index])
    }
    return Image(levels: result)
  }
}

/// The pictures that `frost` crops.
///
/// The published corruption has six, `frost1.png` to `frost6.jpg` of hendrycks/robustness, which
/// may not be redistributed. The first five are drawn with equal probability and the sixth never;
/// the second and the third show the same picture.
public struct FrostTextures: Sendable {
  /// The five pictures, drawn with equal probability.
  package let images: [Image]
  /// Whether the pictures are substitutes for the published ones.
  public let areSubstitutes: Bool
  /// The files that the pictures were read from; none for substitutes.
  public let files: [URL]

  /// The five published pictures that are drawn: their file names and sizes in pixels.
  static let originals: [(name: String, height: Int, width: Int)] = [
    ("frost1.png", 600, 900), ("frost2.png", 315, 560), ("frost3.png", 315, 560),
    ("frost4.jpg", 350, 527), ("frost5.jpg", 495, 660),
  ]

  package init(images: [Image], areSubstitutes: Bool, files: [URL] = []) {
    self.images = images
    self.areSubstitutes = areSubstitutes
    self.files = files
  }

  /// Reads the published pictures from `folder`: `frost1.png`, `frost2.png`, `frost3.png`,
  /// `frost4.jpg` and `frost5.jpg`.
  ///
  /// An alpha channel is dropped. Instead of a picture there may be an array of its bytes, such as
  /// `frost1.npy`: [height, width, 3] in RGB, or [height, width, 4] with an alpha channel.
  ///
  /// - Throws: `CorruptionError.missingTextures` with the missing names,
  ///   `CorruptionError.wrongTexture` if one has another size than the published one; `ImageError`,
  ///   `NumPyError` or `FileError` if one cannot be read.
  public init(folder: URL) throws {
    let files = Self.originals.map { Self.file(of: $0.name, in: folder) }
    let missing = zip(Self.originals, files).filter { $1 == nil }.map(\.0.name)
    guard missing.isEmpty else { throw CorruptionError.missingTextures(folder, missing) }
    let found = files.compactMap { $0 }
    let images = try zip(Self.originals, found).map { original, url in
      let size = [original.height, original.width]
      return try url.pathExtension == "npy"
        ? Self.array(url, size: size) : Self.picture(url, size: size)
    }
    self.init(images: images, areSubstitutes: false, files: found)
  }

  private static func file(of name: String, in folder: URL) -> URL? {
    let picture = folder.appendingPathComponent(name)
    let array = picture.deletingPathExtension().appendingPathExtension("npy")
    return [picture, array].first { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// About ten times the sizes of the published pictures, in bytes and pixels.
  private static let (maximumFileSize, maximumPixelCount) = (1 << 24, 1 << 23)

  private static func picture(_ url: URL, size: [Int]) throws -> Image {
    let image = try FileForm.naming(url, expecting: .image) {
      let bytes = try FileContents.read(url, limit: maximumFileSize)
      return try Image(decoding: bytes, file: url.path, maximumPixelCount: maximumPixelCount)
    }
    guard [image.height, image.width] == size else {
      throw CorruptionError.wrongTexture(
        url, expected: size + [3], found: [image.height, image.width, 3])
    }
    return image
  }

  private static func array(_ url: URL, size: [Int]) throws -> Image {
    let array = try NumPyArray(contentsOf: url)
    guard [size + [3], size + [4]].contains(array.shape) else {
      throw CorruptionError.wrongTexture(url, expected: size + [3], found: array.shape)
    }
    let bytes: [UInt8] = try array.values()
    let pixels =
      array.shape[2] == 3 ? bytes : bytes.indices.filter { $0 % 4 != 3 }.map { bytes[$0] }
    return Image(height: size[0], width: size[1], pixels: pixels)
  }
}
