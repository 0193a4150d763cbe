import Images
import Tensors

/// The parameters of a generated picture that replaces a published frost texture.
///
/// The amplitudes were fitted to the published textures at 0.2 and 0.3 of their size: to the
/// autocorrelation of the brightness, and to its variance between crops.
struct FrostRecipe: Sendable {
  enum Pattern: Sendable {
    case creases, fans, streaks, ferns
  }

  let height: Int
  let width: Int
  /// Layers of noise; spacings in pixels.
  let octaves: [(spacing: Double, amplitude: Double)]
  let pattern: Pattern
  let patternAmplitude: Double
  /// The 5th, 25th, 50th, 75th and 95th percentiles of the brightness, from 0 to 255.
  let percentiles: [Double]
  /// The differences of red, green and blue from the brightness.
  let tint: SIMD3<Double>
  /// The standard deviation of the tint over the picture.
  var tintVariation: SIMD3<Double> = .zero

  /// Crumpled ice in teal and turquoise, like the first texture.
  static let crumpled = FrostRecipe(
    height: 600, width: 900,
    octaves: [(1, 0.33), (3, 0.32), (50, 0.27), (120, 0.40), (300, 0.66)],
    pattern: .creases, patternAmplitude: 0.33, percentiles: [103, 116, 128, 141, 163],
    tint: [-52, 20, 36], tintVariation: [12, -4, -10])

  /// Almost white ice with needles in fans, like the second and third textures.
  static let needles = FrostRecipe(
    height: 315, width: 560, octaves: [(1, 0.42), (3, 0.36), (8, 0.32), (120, 0.20), (300, 0.62)],
    pattern: .fans, patternAmplitude: 0.47, percentiles: [165, 193, 208, 221, 234],
    tint: [-4, 0, 9])

  /// Fine-grained frost with streaks up and across, like the fourth texture.
  static let streaks = FrostRecipe(
    height: 350, width: 527, octaves: [(1, 0.55), (3, 0.38), (8, 0.22), (300, 0.56)],
    pattern: .streaks, patternAmplitude: 0.47, percentiles: [103, 133, 150, 167, 197],
    tint: [-12, 3, 15])

  /// Bright feathers on a dark background, like the fifth texture.
  static let ferns = FrostRecipe(
    height: 495, width: 660, octaves: [(1, 0.37), (3, 0.32), (8, 0.41), (20, 0.27), (300, 0.52)],
    pattern: .ferns, patternAmplitude: 0.50, percentiles: [58, 89, 117, 149, 201],
    tint: [-9, 2, 13])
}

extension FrostTextures {
  /// Generated pictures with the sizes, brightness, colors and coarseness of the published ones.
  ///
  /// With them everything runs without a download. Results must be marked as those of a substitute.
  public static let substitute: FrostTextures = {
    let recipes = [FrostRecipe.crumpled, .needles, .streaks, .ferns]
    let pictures = recipes.enumerated().map { number, recipe in
      var random = RandomStream(seed: 0, purpose: "frost substitute", major: number)
      return recipe.picture(&random)
    }
    // The needles appear twice, as does the published picture that they replace.
    let images = [pictures[0], pictures[1], pictures[1], pictures[2], pictures[3]]
    return FrostTextures(images: images, areSubstitutes: true)
  }()
}

extension FrostRecipe {
  /// Draws the picture.
  func picture(_ random: inout some RandomSource) -> Image {
    var brightness = [Double](repeating: 0, count: height * width)
    for octave in octaves {
      add(noise(octave.spacing, &random), octave.amplitude, to: &brightness)
    }
    add(Self.standardized(drawing(&random)), patternAmplitude, to: &brightness)
    spread(&brightness)
    let hue = noise(150, &random)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * brightness.count)
    for (level, hue) in zip(brightness, hue) {
      let color = level + tint + tintVariation * hue
      for channel in 0..<3 { pixels.append(UInt8(min(max(color[channel].rounded(), 0), 255))) }
    }
    return Image(height: height, width: width, pixels: pixels)
  }

  private func drawing(_ random: inout some RandomSource) -> [Double] {
    var needles = NeedleDrawing(height: height, width: width)
    switch pattern {
    case .creases: return creases(&random)
    case .fans: needles.drawFans(&random)
    case .streaks: needles.drawStreaks(&random)
    case .ferns: needles.drawFerns(&random)
    }
    return needles.values
  }

  /// Ridges along the zeros of smooth noise.
  private func creases(_ random: inout some RandomSource) -> [Double] {
    let (coarse, fine) = (noise(60, &random), noise(30, &random))
    return zip(coarse, fine).map { 1 / (1 + 300 * $0 * $0) + 1 / (1 + 300 * $1 * $1) }
  }

  /// Value noise of mean 0 and variance 1: normal numbers on a lattice of `spacing` pixels,
  /// smoothly interpolated.
  private func noise(_ spacing: Double, _ random: inout some RandomSource) -> [Double] {
    let rows = (0..<height).map { LatticePoint(Double($0) / spacing) }
    let columns = (0..<width).map { LatticePoint(Double($0) / spacing) }
    let stride = Int(Double(width) / spacing) + 2
    let lattice = (0..<stride * (Int(Double(height) / spacing) + 2)).map { _ in
      random.nextNormal()
    }
    var values: [Double] = []
    values.reserveCapacity(height * width)
    for y in rows {
      for x in columns {
        let corner = y.index * stride + x.index
        let above = lattice[corner] * (1 - x.weight) + lattice[corner + 1] * x.weight
        let below =
          lattice[corner + stride] * (1 - x.weight) + lattice[corner + stride + 1] * x.weight
        values.append(above * (1 - y.weight) + below * y.weight)
      }
    }
    return Self.standardized(values)
  }

  /// The lattice point before a coordinate, and the weight of the next one.
  private struct LatticePoint {
    let index: Int
    let weight: Double

    init(_ coordinate: Double) {
      index = Int(coordinate)
      let fraction = coordinate - Double(index)
      weight = fraction * fraction * (3 - 2 * fraction)
    }
  }

  private func add(_ values: [Double], _ amplitude: Double, to sum: inout [Double]) {
    for index in sum.indices { sum[index] += amplitude * values[index] }
  }

  private static func standardized(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    let scale = 1 / variance.squareRoot()
    return values.map { ($0 - mean) * scale }
  }

  /// Maps the values by a piecewise linear function so that their percentiles are the recipe's.
  private func spread(_ values: inout [Double]) {
    let sorted = values.sorted()
    let knots = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1].map {
      sorted[Int($0 * Double(sorted.count - 1))]
    }
    // The tails are about as long as the quarters next to them.
    let (p, last) = (percentiles, percentiles.count - 1)
    let targets =
      [max(p[0] - 0.9 * (p[1] - p[0]), 0)] + p
      + [min(p[last] + 0.9 * (p[last] - p[last - 1]), 255)]
    for index in values.indices {
      let upper = knots.dropFirst().firstIndex { values[index] <= $0 } ?? knots.count - 1
      let share = (values[index] - knots[upper - 1]) / (knots[upper] - knots[upper - 1])
      values[index] = targets[upper - 1] + share * (targets[upper] - targets[upper - 1])
    }
  }
}
