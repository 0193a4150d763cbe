import Formats
import Images
import Tensors

/// Blurs with a Gaussian.
struct GaussianBlur: Distortion {
  private let blur: GaussianFilter

  enum Keys: String, CodingKey, CaseIterable { case sigma }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    blur = GaussianFilter(sigma: try row.decode(.sigma, in: 0...100))
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    Image(unit: blur(Raster(image)))
  }
}
