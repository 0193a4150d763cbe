import Formats
import Images
import Tensors

/// Adds a random piece of a picture of frost.
struct Frost: Distortion {
  let imageWeight: Double
  let frostWeight: Double
  let textureScale: Double
  /// The textures, or nil for the substitutes, which are made when they are first needed.
  var textures: FrostTextures?

  enum Keys: String, CodingKey, CaseIterable {
    case imageWeight = "image_weight"
    case frostWeight = "frost_weight"
    case textureScale = "texture_scale"
  }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    imageWeight = try row.decode(.imageWeight, in: 0...1)
    frostWeight = try row.decode(.frostWeight, in: 0...1)
    textureScale = try row.decode(.textureScale, in: 0.01...10)
  }

  func obstacle(side: Int) -> String? {
    let limit =
      FrostTextures.originals.map {
        Image.scaledCount(min($0.height, $0.width), by: textureScale)
      }.min() ?? 0
    return side < limit ? nil : "a side below \(limit), that of the scaled textures"
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let images = (textures ?? .substitute).images
    let texture = images[random.integer(in: 0..<images.count)]
    let height = Image.scaledCount(texture.height, by: textureScale)
    let width = Image.scaledCount(texture.width, by: textureScale)
    let top = random.integer(in: 0..<height - image.height)
    let left = random.integer(in: 0..<width - image.width)
    let crop = texture.scaled(
      by: textureScale, rows: top..<top + image.height, columns: left..<left + image.width)
    var result = Raster(levels: image)
    for index in result.values.indices {
      result.values[index] =
        imageWeight * result.values[index] + frostWeight * Double(crop.pixels[index])
    }
    return Image(levels: result)
  }
}
