import Formats
import Images
import Tensors

/// Copies pixels from random places nearby, between two Gaussian blurs.
struct GlassBlur: Distortion {
  /// The largest distance of a place above or to the left; one less below and to the right.
  let reach: Int
  let iterations: Int
  private let blur: GaussianFilter

  enum Keys: String, CodingKey, CaseIterable { case sigma, reach, iterations }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    blur = GaussianFilter(sigma: try row.decode(.sigma, in: 0...100))
    reach = try row.decode(.reach, in: 1...100)
    iterations = try row.decode(.iterations, in: 0...100)
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    var result = Image(unit: blur(Raster(image)))
    for _ in 0..<iterations {
      for row in stride(from: image.height - reach, through: reach + 1, by: -1) {
        for column in stride(from: image.width - reach, through: reach + 1, by: -1) {
          let right = random.integer(in: -reach..<reach)
          let down = random.integer(in: -reach..<reach)
          // The original means to swap, but its two pixels share memory: a copy.
          for channel in 0..<3 {
            result[row, column, channel] = result[row + down, column + right, channel]
          }
        }
      }
    }
    return Image(unit: blur(Raster(result)))
  }
}
