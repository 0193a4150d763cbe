import Formats
import Foundation
import Images

/// The pictures of which `frost` takes its pieces.
///
/// The published corruption has six, `frost1.png` to `frost6.jpg` of hendrycks/robustness, which
/// are not free to pass on. Five of them are drawn with equal chances, the sixth never; the second
/// and the third show the same picture.
public struct FrostTextures: Sendable {
  /// The five that are drawn, with equal chances.
  package let images: [Image]
  /// Whether the pictures only stand in for the published ones.
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
  /// `frost4.jpg` and `frost5.jpg`, of which an alpha channel is dropped.
  ///
  /// In place of each there may be an array `frost1.npy` and so on of its bytes,
  /// `[height, width, 3]` in RGB, or 4 with an alpha channel.
  ///
  /// - Throws: `CorruptionError.missingTextures` naming those that are not there,
  ///   `CorruptionError.wrongTexture` if one has another size than the published one, `ImageError`,
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

  /// Some ten times what the published pictures have.
  private static let (maximumFileSize, maximumPixelCount) = (1 << 24, 1 << 23)

  private static func picture(_ url: URL, size: [Int]) throws -> Image {
    let bytes = try FileContents.read(url, limit: maximumFileSize)
    let image = try Image(decoding: bytes, file: url.path, maximumPixelCount: maximumPixelCount)
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
