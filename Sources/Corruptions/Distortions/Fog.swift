import Formats
import Images
import Tensors

/// Adds a fractal cloud and scales the image back to its brightest value.
struct Fog: Distortion {
  let strength: Double
  /// The divisor of the cloud's roughness from one scale to the next finer.
  let decay: Double

  enum Keys: String, CodingKey, CaseIterable { case strength, decay }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    strength = try row.decode(.strength, in: 0...100)
    decay = try row.decode(.decay, in: 1...100)
  }

  func obstacle(side: Int) -> String? {
    side > 1 && side & (side - 1) == 0 ? nil : "a side that is a power of two"
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let cloud = Plasma.cloud(side: image.height, decay: decay, random: &random)
    let brightest = Double(image.pixels.max() ?? 0) / 255
    var raster = Raster(image)
    for index in raster.values.indices {
      let foggy = raster.values[index] + strength * cloud.values[index / 3]
      raster.values[index] = foggy * brightest / (brightest + strength)
    }
    return Image(unit: raster)
  }
}
