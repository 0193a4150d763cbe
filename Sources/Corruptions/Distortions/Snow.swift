import Formats
import Images
import Tensors

/// Whitens the image and adds motion-blurred flakes.
package struct Snow: Distortion {
  /// The mean of the noise that becomes flakes.
  let mean: Double
  /// The standard deviation of the noise.
  let deviation: Double
  /// The factor by which the noise is enlarged.
  let zoom: Double
  /// The value below which noise is set to 0.
  let threshold: Double
  let blurRadius: Double
  let blurSigma: Double
  /// The weight of the image as it is; the rest is whitened.
  let keep: Double

  enum Keys: String, CodingKey, CaseIterable {
    case mean, deviation, zoom, threshold, keep
    case blurRadius = "blur_radius"
    case blurSigma = "blur_sigma"
  }

  package init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    mean = try row.decode(.mean, in: -10...10)
    deviation = try row.decode(.deviation, in: 0...10)
    zoom = try row.decode(.zoom, in: 1...100)
    threshold = try row.decode(.threshold, in: 0...10)
    blurRadius = try row.decode(.blurRadius, in: 0...100)
    blurSigma = try row.decode(.blurSigma, in: 0.01...1000)
    keep = try row.decode(.keep, in: 0...1)
  }

  package func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let layer = flakes(height: image.height, width: image.width, random: &random)
    let count = layer.values.count
    let white = whitened(image)
    var result = image
    for index in result.pixels.indices {
      let flake = layer.values[index / 3] / 255
      let turned = layer.values[count - 1 - index / 3] / 255
      result.pixels[index] = UInt8(unit: Double(white[index]) + flake + turned)
    }
    return result
  }

  /// Motion-blurred flakes with levels from 0 to 255.
  package func flakes(height: Int, width: Int, random: inout some RandomSource) -> Raster {
    let noise = (0..<height * width).map { _ in mean + deviation * random.nextNormal() }
    var layer = ClippedZoom(height: height, width: width, factor: zoom)(
      Raster(height: height, width: width, channels: 1, values: noise))
    layer.transform { $0 < threshold ? 0 : Double(UInt8(unit: $0)) }
    let degrees = random.uniform(-135, -45)
    return MotionFilter(radius: blurRadius, sigma: blurSigma, degrees: degrees)(layer)
  }

  /// The image mixed with a brighter gray version of itself, in single precision.
  private func whitened(_ image: Image) -> [Float] {
    let (keep, rest) = (Float(keep), Float(1 - keep))
    var result: [Float] = []
    result.reserveCapacity(image.pixels.count)
    for start in stride(from: 0, to: image.pixels.count, by: 3) {
      let color = (0..<3).map { Float(image.pixels[start + $0]) / 255 }
      // Blue first, as OpenCV sums: another order changes gray pixels by a level.
      let gray = 0.114 * color[2] + 0.587 * color[1] + 0.299 * color[0]
      for value in color { result.append(keep * value + rest * max(value, gray * 1.5 + 0.5)) }
    }
    return result
  }
}
