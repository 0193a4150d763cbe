import Formats
import Images
import Tensors

/// Shrinks the image and enlarges it again, both with a box.
struct Pixelate: Distortion {
  let scale: Double

  enum Keys: String, CodingKey, CaseIterable { case scale }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    scale = try row.decode(.scale, in: 0.001...1)
  }

  func obstacle(side: Int) -> String? {
    Int(Double(side) * scale) > 0 ? nil : "a side of at least \(Int((1 / scale).rounded(.up)))"
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let height = Int(Double(image.height) * scale)
    let width = Int(Double(image.width) * scale)
    return image.boxResampled(height: height, width: width)
      .boxResampled(height: image.height, width: image.width)
  }
}
