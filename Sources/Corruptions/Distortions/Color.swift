import Formats
import Images
import Tensors

/// Adds to the value (of HSV) of each pixel; hue and saturation stay.
struct Brightness: Distortion {
  let shift: Double

  enum Keys: String, CodingKey, CaseIterable { case shift }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    shift = try row.decode(.shift, in: -1...1)
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    image.changingHSV { $0.value = min(max($0.value + shift, 0), 1) }
  }
}

/// Maps the saturation (of HSV) of each pixel linearly; hue and value stay.
struct Saturate: Distortion {
  let factor: Double
  let shift: Double

  enum Keys: String, CodingKey, CaseIterable { case factor, shift }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    factor = try row.decode(.factor, in: 0...1000)
    shift = try row.decode(.shift, in: -1...1)
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    image.changingHSV { $0.saturation = min(max($0.saturation * factor + shift, 0), 1) }
  }
}

/// Scales the differences of each channel from its mean.
struct Contrast: Distortion {
  let factor: Double

  enum Keys: String, CodingKey, CaseIterable { case factor }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    factor = try row.decode(.factor, in: 0...100)
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    var means: SIMD3<Double> = .zero
    var raster = Raster(image)
    for index in raster.values.indices { means[index % 3] += raster.values[index] }
    means /= Double(image.height * image.width)
    for index in raster.values.indices {
      let mean = means[index % 3]
      raster.values[index] = (raster.values[index] - mean) * factor + mean
    }
    return Image(unit: raster)
  }
}
