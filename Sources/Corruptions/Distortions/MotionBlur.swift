import Formats
import Images
import Tensors

/// Draws the image out along a random direction within 45° of the rows.
struct MotionBlur: Distortion {
  let radius: Double
  let sigma: Double

  enum Keys: String, CodingKey, CaseIterable { case radius, sigma }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    radius = try row.decode(.radius, in: 0...100)
    sigma = try row.decode(.sigma, in: 0.01...1000)
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let filter = MotionFilter(
      radius: radius, sigma: sigma, degrees: random.uniform(-45, 45))
    return Image(levels: filter(Raster(levels: image)))
  }
}
