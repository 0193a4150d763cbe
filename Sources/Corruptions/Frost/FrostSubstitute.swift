import Images
import Tensors

extension FrostTextures {
  /// Pictures made by rule, of the sizes, brightness, colors and coarseness of the published ones.
  ///
  /// They let everything run without a download. Results must be marked as those of a substitute.
  public static let substitute: FrostTextures = {
    let recipes = [FrostRecipe.crumpled, .needles, .streaks, .ferns]
    let pictures = recipes.enumerated().map { number, recipe in
      var random = RandomStream(seed: 0, purpose: "frost substitute", major: number)
      return recipe.picture(&random)
    }
    // The needles count twice, as the picture does that they stand for.
    let images = [pictures[0], pictures[1], pictures[1], pictures[2], pictures[3]]
    return FrostTextures(images: images, areSubstitutes: true)
  }()
}

extension FrostRecipe {
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

  /// Ridges where smooth noise changes its sign.
  private func creases(_ random: inout some RandomSource) -> [Double] {
    let (coarse, fine) = (noise(60, &random), noise(30, &random))
    return zip(coarse, fine).map { 1 / (1 + 300 * $0 * $0) + 1 / (1 + 300 * $1 * $1) }
  }

  /// Numbers of mean 0 and variance 1 at places `spacing` apart, with smooth steps between them.
  private func noise(_ spacing: Double, _ random: inout some RandomSource) -> [Double] {
    let rows = (0..<height).map { LatticePlace(Double($0) / spacing) }
    let columns = (0..<width).map { LatticePlace(Double($0) / spacing) }
    let stride = Int(Double(width) / spacing) + 2
    let lattice = (0..<stride * (Int(Double(height) / spacing) + 2)).map { _ in
      random.nextNormal()
    }
    var values: [Double] = []
    values.reserveCapacity(height * width)
    for y in rows {
      for x in columns {
        let corner = y.index * stride + x.index
        let above = lattice[corner] * (1 - x.step) + lattice[corner + 1] * x.step
        let below =
          lattice[corner + stride] * (1 - x.step) + lattice[corner + stride + 1] * x.step
        values.append(above * (1 - y.step) + below * y.step)
      }
    }
    return Self.standardized(values)
  }

  /// The lattice place before a coordinate and how far along the way to the next one it is.
  private struct LatticePlace {
    let index: Int
    let step: Double

    init(_ coordinate: Double) {
      index = Int(coordinate)
      let fraction = coordinate - Double(index)
      step = fraction * fraction * (3 - 2 * fraction)
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

  /// Maps the values by straight lines so that their percentiles are the recipe's.
  private func spread(_ values: inout [Double]) {
    let sorted = values.sorted()
    let knots = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1].map {
      sorted[Int($0 * Double(sorted.count - 1))]
    }
    // The tails are about as long as the quarters beside them.
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
