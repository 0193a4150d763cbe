import Formats
import Images
import Tensors

/// Applies a random affine map, and then moves each pixel by a smoothed random field.
///
/// Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural networks applied to
/// visual document analysis". In single precision except for the interpolation. Lengths are multiples
/// of a unit, which is the shorter side of the image unless the parameters give another one.
package struct ElasticTransform: Distortion {
  /// The scale of the field before it is smoothed.
  let displacement: Double
  /// The standard deviation of the smoothing.
  let sigma: Double
  /// The largest movement along each axis of the three points that define the affine map.
  let jitter: Double
  /// The unit of lengths in pixels, and the shorter side of the images that it is for.
  ///
  /// In other images it grows with the side. The published code for images of 224 pixels has lengths
  /// for 244.
  private let unit: (length: Double, side: Int)?

  enum Keys: String, CodingKey, CaseIterable {
    case displacement, sigma, jitter, unit
    case unitSide = "unit_side"
  }

  package init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    displacement = try row.decode(.displacement, in: 0...10)
    sigma = try row.decode(.sigma, in: 0...1)
    jitter = try row.decode(.jitter, in: 0...1)
    let hasUnit = row.contains(.unit) || row.contains(.unitSide)
    unit =
      try hasUnit
      ? (row.decode(.unit, in: 1...10_000), row.decode(.unitSide, in: 1...4096)) : nil
  }

  package func unmetRequirement(height: Int, width: Int) -> String? {
    min(height, width) >= 6 ? nil : "a side of at least 6"
  }

  package func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let unit = Raster(
      height: image.height, width: image.width, channels: 3,
      values: image.pixels.map { Double(Float($0) / 255) })
    let (height, width) = (image.height, image.width)
    let warped = unit.warped(by: map(height: height, width: width, random: &random))
    let columns = field(height: height, width: width, random: &random)
    let rows = field(height: height, width: width, random: &random)
    let moved = warped.sampled(movingRows: rows, columns: columns)
    return Image(
      height: height, width: width, pixels: moved.values.map { UInt8(unit: Float($0)) })
  }

  /// The affine map that moves three corners of a square by random offsets.
  ///
  /// The square is centered at half the height from the left and half the width from the top: the
  /// published code exchanges the axes.
  package func map(height: Int, width: Int, random: inout some RandomSource) -> AffineMap {
    let half = min(height, width) / 3
    let (left, right) = (height / 2 - half, height / 2 + half)
    let (top, bottom) = (width / 2 - half, width / 2 + half)
    let reach = jitter * unitLength(height, width)
    let corners = [(right, bottom), (right, top), (left, top)]
    let points: [(x: Double, y: Double)] = corners.map { corner in
      let x = Float(corner.0) + Float(random.uniform(-reach, reach))
      let y = Float(corner.1) + Float(random.uniform(-reach, reach))
      return (Double(x), Double(y))
    }
    let length = Double(2 * half)
    let (xx, xy) = ((points[1].x - points[2].x) / length, (points[0].x - points[1].x) / length)
    let (yx, yy) = ((points[1].y - points[2].y) / length, (points[0].y - points[1].y) / length)
    return AffineMap(
      xx: xx, xy: xy, x0: points[2].x - (xx * Double(left) + xy * Double(top)),
      yx: yx, yy: yy, y0: points[2].y - (yx * Double(left) + yy * Double(top)))
  }

  /// The displacements of all pixels along one axis, in pixels.
  package func field(height: Int, width: Int, random: inout some RandomSource) -> Raster {
    let unit = unitLength(height, width)
    let scale = displacement * unit
    let filter = GaussianFilter(sigma: sigma * unit, truncation: 3, border: .reflect)
    let noise = (0..<height * width).map { _ in random.uniform(-1, 1) }
    var field = filter(Raster(height: height, width: width, channels: 1, values: noise))
    field.transform { Double(Float($0 * scale)) }
    return field
  }

  /// The unit of lengths in pixels.
  private func unitLength(_ height: Int, _ width: Int) -> Double {
    let side = Double(min(height, width))
    return unit.map { $0.length * (side / Double($0.side)) } ?? side
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

  func unmetRequirement(height: Int, width: Int) -> String? {
    Int(Double(min(height, width)) * scale) > 0
      ? nil : "a side of at least \(Int((1 / scale).rounded(.up)))"
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let height = Int(Double(image.height) * scale)
    let width = Int(Double(image.width) * scale)
    return image.boxResampled(height: height, width: width)
      .boxResampled(height: image.height, width: image.width)
  }
}
