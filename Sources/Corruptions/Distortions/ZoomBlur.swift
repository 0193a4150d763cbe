import Formats
import Images
import Tensors

/// Averages the image with enlargements of it, in single precision.
struct ZoomBlur: Distortion {
  /// The factors of the enlargements.
  let factors: [Double]

  enum Keys: String, CodingKey, CaseIterable { case step, count }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    let step: Double = try row.decode(.step, in: 0...1)
    let count: Int = try row.decode(.count, in: 1...1000)
    // The exact step of NumPy's `arange`: sizes are rounded from it.
    factors = (0..<count).map { 1 + Double($0) * ((1 + step) - 1) }
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    var unit = Raster(image)
    unit.transform { Double(Float($0)) }
    var sums = [Float](repeating: 0, count: unit.values.count)
    for factor in factors {
      let zoomed = ClippedZoom(side: image.height, factor: factor)(unit)
      for index in sums.indices { sums[index] += Float(zoomed.values[index]) }
    }
    let count = Float(factors.count + 1)
    var result = image
    for index in sums.indices {
      result.pixels[index] = UInt8(unit: (Float(unit.values[index]) + sums[index]) / count)
    }
    return result
  }
}
