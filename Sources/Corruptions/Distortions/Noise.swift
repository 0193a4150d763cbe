import Formats
import Images
import Tensors

/// Adds normal noise to every channel of every pixel.
struct GaussianNoise: Distortion {
  /// The standard deviation, where 1 is the range of an image.
  let deviation: Double

  enum Keys: String, CodingKey, CaseIterable { case deviation }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    deviation = try row.decode(.deviation, in: 0...100)
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    image.mapUnit { $0 + deviation * random.nextNormal() }
  }
}

/// Counts photons: a Poisson number in place of every value.
struct ShotNoise: Distortion {
  /// The expected number of photons of a white pixel.
  let photons: Double

  enum Keys: String, CodingKey, CaseIterable { case photons }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    photons = try row.decode(.photons, in: 1e-3...1e8)
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    image.mapUnit { Double(random.nextPoisson(rate: $0 * photons)) / photons }
  }
}

/// Turns some values to black or white, each channel on its own.
struct ImpulseNoise: Distortion {
  /// The probability that a value is turned.
  let amount: Double

  enum Keys: String, CodingKey, CaseIterable { case amount }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    amount = try row.decode(.amount, in: 0...1)
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    var result = image
    let turned = image.pixels.map { _ in random.bernoulli(amount) }
    for index in turned.indices {
      let white = random.bernoulli(0.5)
      if turned[index] { result.pixels[index] = white ? 255 : 0 }
    }
    return result
  }
}

/// Adds normal noise in proportion to the values.
struct SpeckleNoise: Distortion {
  /// The standard deviation of the relative change.
  let deviation: Double

  enum Keys: String, CodingKey, CaseIterable { case deviation }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    deviation = try row.decode(.deviation, in: 0...100)
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    image.mapUnit { $0 + $0 * (deviation * random.nextNormal()) }
  }
}
