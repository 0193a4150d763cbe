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

  /// The five published pictures that are drawn: file names without extension and sizes in pixels.
  static let originals: [(name: String, height: Int, width: Int)] = [
    ("frost1", 600, 900), ("frost2", 315, 560), ("frost3", 315, 560), ("frost4", 350, 527),
    ("frost5", 495, 660),
  ]

  package init(images: [Image], areSubstitutes: Bool) {
    self.images = images
    self.areSubstitutes = areSubstitutes
  }

  /// Reads the published pictures from `frost1.npy` to `frost5.npy` in `folder`.
  ///
  /// Each holds the bytes of one picture as an array `[height, width, 3]` of RGB, or 4 with an
  /// alpha channel, which is dropped.
  ///
  /// - Throws: `FileError` or `NumPyError` if one is missing or cannot be read,
  ///   `CorruptionError.wrongTexture` if it has another size than the published one.
  public init(folder: URL) throws {
    self.init(
      images: try Self.originals.map { original in
        let url = folder.appendingPathComponent("\(original.name).npy")
        let array = try NumPyArray(contentsOf: url)
        let shape = [original.height, original.width]
        guard array.shape == shape + [3] || array.shape == shape + [4] else {
          throw CorruptionError.wrongTexture(url, expected: shape + [3], found: array.shape)
        }
        let bytes: [UInt8] = try array.values()
        let pixels = array.shape[2] == 3 ? bytes : Self.droppingAlpha(bytes)
        return Image(height: original.height, width: original.width, pixels: pixels)
      }, areSubstitutes: false)
  }

  private static func droppingAlpha(_ bytes: [UInt8]) -> [UInt8] {
    bytes.indices.filter { $0 % 4 != 3 }.map { bytes[$0] }
  }
}
