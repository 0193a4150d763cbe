import Formats
import Foundation
import Images
import Tensors

/// Adds drops of water or mud where smoothed normal noise exceeds a threshold; in single precision.
package struct Spatter: Distortion {
  enum Kind: Sendable {
    /// Drops shaded by the distance to their edges, with at most the given opacity.
    case water(strength: Double)
    /// Opaque spots, smoothed with the given standard deviation.
    case mud(sigma: Double)
  }

  let kind: Kind
  let mean: Double
  let deviation: Double
  let sigma: Double
  let threshold: Double

  private enum KindName: String, CaseIterable { case water, mud }

  enum Keys: String, CodingKey, CaseIterable {
    case kind, mean, deviation, sigma, threshold, strength
    case maskSigma = "mask_sigma"
  }

  package init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    mean = try row.decode(.mean, in: -10...10)
    deviation = try row.decode(.deviation, in: 0...10)
    sigma = try row.decode(.sigma, in: 0...100)
    threshold = try row.decode(.threshold, in: 0...10)
    let other: Keys
    switch try row.decodeCase(KindName.self, .kind) {
    case .water:
      (kind, other) = (.water(strength: try row.decode(.strength, in: 0...1)), .maskSigma)
    case .mud: (kind, other) = (.mud(sigma: try row.decode(.maskSigma, in: 0...100)), .strength)
    }
    if row.contains(other) {
      throw row.corrupted(other, "not a parameter of this kind of spatter")
    }
  }

  package func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let layer = drops(height: image.height, width: image.width, random: &random)
    switch kind {
    case .water(let strength): return watered(image, layer, Float(strength))
    case .mud(let sigma): return soiled(image, layer, sigma)
    }
  }

  /// Smoothed noise, 0 where it is below the threshold.
  package func drops(height: Int, width: Int, random: inout some RandomSource) -> Raster {
    let noise = (0..<height * width).map { _ in mean + deviation * random.nextNormal() }
    var layer = GaussianFilter(sigma: sigma)(
      Raster(height: height, width: width, channels: 1, values: noise))
    layer.transform { $0 < threshold ? 0 : $0 }
    return layer
  }

  private func watered(_ image: Image, _ layer: Raster, _ strength: Float) -> Image {
    let opacity = Self.waterOpacity(layer)
    let highest = opacity.max() ?? 0
    // Without water the published code divides by 0 and returns black.
    guard highest > 0 else { return image }
    let color = [175, 238, 238].map { Float($0 / 255.0) }
    var result = image
    for index in result.pixels.indices {
      let mask = opacity[index / 3] / highest * strength
      result.pixels[index] = UInt8(
        unit: Float(image.pixels[index]) / 255 + mask * color[index % 3])
    }
    return result
  }

  /// The levels of the drops times an embossed map of the distances to their edges.
  package static func waterOpacity(_ layer: Raster) -> [Float] {
    var levels = layer
    // Bytes overflow in the published code: the brightest drops turn dark.
    levels.transform { Double(UInt8(truncatingIfNeeded: Int($0 * 255))) }
    var relief = Raster(
      distancesTo: levels.cannyEdges(low: 50, high: 150), height: layer.height, width: layer.width)
    relief.transform { min($0, 20) }
    relief = box.correlated(with: relief)
    relief.transform { Double(Float($0 * (1.0 / 9))).rounded(.down) }
    relief = emboss.correlated(with: relief.equalized)
    relief.transform { min(max($0, 0), 255) }
    relief = box.correlated(with: relief)
    relief.transform { ($0 * (1.0 / 9)).rounded(.toNearestOrEven) }
    return zip(levels.values, relief.values).map { Float($0 * $1) }
  }

  private static let box = Kernel([[1, 1, 1], [1, 1, 1], [1, 1, 1]])
  private static let emboss = Kernel([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])

  private func soiled(_ image: Image, _ layer: Raster, _ sigma: Double) -> Image {
    var mask = layer
    mask.transform { $0 > threshold ? 1 : 0 }
    mask = GaussianFilter(sigma: sigma)(mask)
    mask.transform { $0 < 0.8 ? 0 : $0 }
    let color = [63, 42, 20].map { Float($0 / 255.0) }
    var result = image
    for index in result.pixels.indices {
      let opacity = mask.values[index / 3]
      let clean = Float(Double(Float(image.pixels[index]) / 255) * (1 - opacity))
      let mud = Float(Double(color[index % 3]) * opacity)
      result.pixels[index] = UInt8(unit: clean + mud)
    }
    return result
  }
}
