import Foundation
import Images
import TestSupport

/// Squares of the photographs in `Tests/Fixtures/photographs`, the same that
/// `Tests/Fixtures/reference/published_corruptions.py` cuts.
enum Photographs {
  private static let small = cut(side: 32)
  private static let large = cut(side: 64)

  /// 200 squares of 32 or 64 pixels a side.
  static func crops(side: Int) -> [Image] { side == 32 ? small : large }

  /// The whole photographs, 224×224 pixels, as ImageNet's pictures are prepared.
  static let prepared = read { "\($0)-224.jpg" }

  private static let photographs = read { "\($0).png" }

  private static func read(_ file: (String) -> String) -> [Image] {
    do {
      return try ["astronaut", "chelsea", "coffee", "hubble", "rocket"].map { name in
        let url = TestPackage.url.appending(path: "Tests/Fixtures/photographs/\(file(name))")
        return try Image(decoding: Array(Data(contentsOf: url)), file: url.path)
      }
    } catch {
      fatalError("\(error)")
    }
  }

  private static func cut(side: Int) -> [Image] {
    (0..<200).map { index in
      let photograph = photographs[index % photographs.count]
      let rows = photograph.height - side + 1
      let columns = photograph.width - side + 1
      let offset = 7919 * (index / photographs.count) % (rows * columns)
      return photograph.square(side: side, top: offset / columns, left: offset % columns)
    }
  }
}

extension Image {
  fileprivate func square(side: Int, top: Int, left: Int) -> Image {
    let rows = (top..<top + side).map { row in
      pixels[(row * width + left) * 3..<(row * width + left + side) * 3]
    }
    return Image(height: side, width: side, pixels: Array(rows.joined()))
  }
}

/// The mean and deviation of an image, and its distance from the clean one.
struct ImageStatistics {
  /// The mean of the bytes.
  let mean: Double
  /// The standard deviation of the bytes.
  let deviation: Double
  /// The peak signal-to-noise ratio in dB; for an unchanged image, that of a single byte off by
  /// one.
  let signalToNoise: Double

  init(_ image: Image, clean: Image) {
    let count = Double(image.pixels.count)
    var (sum, squares, errors) = (0, 0, 0)
    for (byte, cleanByte) in zip(image.pixels, clean.pixels) {
      let (level, error) = (Int(byte), Int(byte) - Int(cleanByte))
      sum += level
      squares += level * level
      errors += error * error
    }
    mean = Double(sum) / count
    deviation = (Double(squares) / count - mean * mean).squareRoot()
    signalToNoise = 10 * log10(255 * 255 * count / Double(max(errors, 1)))
  }
}
