import Formats
import Images
import Tensors

/// Adds normal noise to each channel of each pixel.
struct GaussianNoise: Distortion {
  /// The standard deviation, in units of the range from black to white.
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

/// Replaces each value by a Poisson-distributed count of photons.
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

/// Sets random values to 0 or 255, independently in each channel.
struct ImpulseNoise: Distortion {
  /// The probability that a value is replaced.
  let amount: Double

  enum Keys: String, CodingKey, CaseIterable { case amount }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    amount = try row.decode(.amount, in: 0...1)
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    var result = image
    let isReplaced = image.pixels.map { _ in random.bernoulli(amount) }
    for index in isReplaced.indices {
      let white = random.bernoulli(0.5)
      if isReplaced[index] { result.pixels[index] = white ? 255 : 0 }
    }
    return result
  }
}

/// Adds normal noise in proportion to each value.
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
