import Formats
import Images
import Tensors

/// Applies a random affine map, and then moves each pixel by a smoothed random field.
///
/// Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural networks applied to
/// visual document analysis". In single precision except for the interpolation. Lengths are
/// fractions of the side.
package struct ElasticTransform: Distortion {
  /// The scale of the field before it is smoothed.
  let displacement: Double
  /// The standard deviation of the smoothing.
  let sigma: Double
  /// The largest movement along each axis of the three points that define the affine map.
  let jitter: Double

  enum Keys: String, CodingKey, CaseIterable { case displacement, sigma, jitter }

  package init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    displacement = try row.decode(.displacement, in: 0...10)
    sigma = try row.decode(.sigma, in: 0...1)
    // With more, the three points could lie on a line.
    jitter = try row.decode(.jitter, in: 0...0.1)
  }

  package func unmetRequirement(side: Int) -> String? {
    side >= 6 ? nil : "a side of at least 6"
  }

  package func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let unit = Raster(
      height: image.height, width: image.width, channels: 3,
      values: image.pixels.map { Double(Float($0) / 255) })
    let warped = unit.warped(by: map(side: image.height, random: &random))
    let columns = field(side: image.height, random: &random)
    let rows = field(side: image.height, random: &random)
    let moved = warped.sampled(movingRows: rows, columns: columns)
    return Image(
      height: image.height, width: image.width, pixels: moved.values.map { UInt8(unit: Float($0)) })
  }

  /// The affine map that moves three corners of a centered square by random offsets.
  package func map(side: Int, random: inout some RandomSource) -> AffineMap {
    let (low, high) = (Float(side / 2 - side / 3), Float(side / 2 + side / 3))
    let reach = jitter * Double(side)
    let points: [(x: Double, y: Double)] = [(high, high), (high, low), (low, low)].map {
      let x = $0 + Float(random.uniform(-reach, reach))
      let y = $1 + Float(random.uniform(-reach, reach))
      return (Double(x), Double(y))
    }
    let length = Double(high - low)
    let (xx, xy) = ((points[1].x - points[2].x) / length, (points[0].x - points[1].x) / length)
    let (yx, yy) = ((points[1].y - points[2].y) / length, (points[0].y - points[1].y) / length)
    return AffineMap(
      xx: xx, xy: xy, x0: points[2].x - (xx + xy) * Double(low),
      yx: yx, yy: yy, y0: points[2].y - (yx + yy) * Double(low))
  }

  /// The displacements of all pixels along one axis, in pixels.
  package func field(side: Int, random: inout some RandomSource) -> Raster {
    let scale = displacement * Double(side)
    let filter = GaussianFilter(sigma: sigma * Double(side), truncation: 3, border: .reflect)
    let noise = (0..<side * side).map { _ in random.uniform(-1, 1) }
    var field = filter(Raster(side: side, values: noise))
    field.transform { Double(Float($0 * scale)) }
    return field
  }
}

/// Shrinks the image and enlarges it again, both with a box filter.
struct Pixelate: Distortion {
  let scale: Double

  enum Keys: String, CodingKey, CaseIterable { case scale }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    scale = try row.decode(.scale, in: 0.001...1)
  }

  func unmetRequirement(side: Int) -> String? {
    Int(Double(side) * scale) > 0 ? nil : "a side of at least \(Int((1 / scale).rounded(.up)))"
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let height = Int(Double(image.height) * scale)
    let width = Int(Double(image.width) * scale)
    return image.boxResampled(height: height, width: width)
      .boxResampled(height: image.height, width: image.width)
  }
}
