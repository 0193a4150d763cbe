/// A color as hue, saturation and value, each from 0 to 1.
///
/// Smith 1978, "Color gamut transform pairs".
package struct HSV: Sendable {
  package var hue: Double
  package var saturation: Double
  package var value: Double

  /// Converts a color of red, green and blue from 0 to 1.
  package init(red: Double, green: Double, blue: Double) {
    value = max(red, green, blue)
    let range = value - min(red, green, blue)
    guard range > 0 else {
      (hue, saturation) = (0, 0)
      return
    }
    saturation = range / value
    let sextant =
      switch value {
      case blue: 4 + (red - green) / range
      case green: 2 + (blue - red) / range
      default: (green - blue) / range
      }
    hue = sextant < 0 ? sextant / 6 + 1 : sextant / 6
  }

  /// Red, green and blue, each from 0 to 1.
  package var rgb: (red: Double, green: Double, blue: Double) {
    let sextant = (hue * 6).rounded(.down)
    let fraction = hue * 6 - sextant
    let p = value * (1 - saturation)
    let q = value * (1 - fraction * saturation)
    let t = value * (1 - (1 - fraction) * saturation)
    return switch Int(sextant) % 6 {
    case 0: (value, t, p)
    case 1: (q, value, p)
    case 2: (p, value, t)
    case 3: (p, q, value)
    case 4: (t, p, value)
    default: (value, p, q)
    }
  }
}

extension Image {
  /// The image with `change` applied to the hue, saturation and value of each pixel.
  package func changingHSV(_ change: (inout HSV) -> Void) -> Image {
    var result = self
    for start in stride(from: 0, to: pixels.count, by: 3) {
      var color = HSV(
        red: Double(pixels[start]) / 255, green: Double(pixels[start + 1]) / 255,
        blue: Double(pixels[start + 2]) / 255)
      change(&color)
      let (red, green, blue) = color.rgb
      result.pixels[start] = UInt8(unit: red)
      result.pixels[start + 1] = UInt8(unit: green)
      result.pixels[start + 2] = UInt8(unit: blue)
    }
    return result
  }
}

// MARK: Histogram equalization

extension Raster {
  /// The grid, of integers from 0 to 255, with its histogram equalized, as by OpenCV's `equalizeHist`:
  /// each level becomes the fraction of numbers up to it, without the lowest level, times 255.
  package var equalized: Raster {
    var histogram = [Int](repeating: 0, count: 256)
    for value in values { histogram[Int(value)] += 1 }
    guard let lowest = histogram.firstIndex(where: { $0 > 0 }),
      histogram[lowest] < values.count
    else { return self }
    let scale = 255 / Float(values.count - histogram[lowest])
    var count = 0
    var table = [Double](repeating: 0, count: 256)
    for level in lowest + 1..<256 {
      count += histogram[level]
      table[level] = min(Double((scale * Float(count)).rounded(.toNearestOrEven)), 255)
    }
    var result = self
    for index in values.indices { result.values[index] = table[Int(values[index])] }
    return result
  }
}
