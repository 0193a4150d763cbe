import Formats
import Images
import Tensors

/// Adds a fractal cloud and scales the result back to the image's brightest value.
struct Fog: Distortion {
  let strength: Double
  /// The factor by which the cloud's amplitude falls from one scale to the next finer one.
  let decay: Double

  enum Keys: String, CodingKey, CaseIterable { case strength, decay }

  init(from decoder: any Decoder) throws {
    let row = try decoder.strictContainer(keyedBy: Keys.self)
    strength = try row.decode(.strength, in: 0...100)
    decay = try row.decode(.decay, in: 1...100)
  }

  func distort(_ image: Image, random: inout some RandomSource) -> Image {
    let cloud = cloud(height: image.height, width: image.width, random: &random)
    let brightest = Double(image.pixels.max() ?? 0) / 255
    var raster = Raster(image)
    for index in raster.values.indices {
      let foggy = raster.values[index] + strength * cloud.values[index / 3]
      raster.values[index] = foggy * brightest / (brightest + strength)
    }
    return Image(unit: raster)
  }

  /// The upper left part of a cloud whose side is the smallest power of two that holds the image.
  private func cloud(height: Int, width: Int, random: inout some RandomSource) -> Raster {
    var side = 2
    while side < max(height, width) { side *= 2 }
    let cloud = Plasma.cloud(side: side, decay: decay, random: &random)
    let rows = (0..<height).map { cloud.values[$0 * side..<$0 * side + width] }
    return Raster(height: height, width: width, channels: 1, values: Array(rows.joined()))
  }
}

/// A periodic fractal cloud with values from 0 to 1.
///
/// Fournier, Fussell and Carpenter 1982, "Computer rendering of stochastic models" (the
/// diamond-square algorithm), on a torus.
package struct Plasma {
  private let side: Int
  private var values: [Double]  // [side, side]

  /// A cloud of `side` × `side` values, where `side` is a power of two; a larger `decay` makes it
  /// smoother.
  ///
  /// Draws `side² − 1` uniform numbers.
  package static func cloud(side: Int, decay: Double, random: inout some RandomSource) -> Raster {
    var plasma = Plasma(side: side, values: [Double](repeating: 0, count: side * side))
    var amplitude = 100.0
    var step = side
    while step >= 2 {
      plasma.fillSquares(step, amplitude, &random)
      plasma.fillDiamonds(step, amplitude, &random)
      step /= 2
      amplitude /= decay
    }
    let lowest = plasma.values.min() ?? 0
    let raised = plasma.values.map { $0 - lowest }
    let highest = raised.max() ?? 1
    return Raster(side: side, values: raised.map { $0 / highest })
  }

  /// Sets the middle of each square from its corners.
  private mutating func fillSquares(
    _ step: Int, _ amplitude: Double, _ random: inout some RandomSource
  ) {
    let half = step / 2
    for y in stride(from: 0, to: side, by: step) {
      for x in stride(from: 0, to: side, by: step) {
        let left = self[y, x] + self[y + step, x]
        let right = self[y, x + step] + self[y + step, x + step]
        self[y + half, x + half] = (left + right) / 4 + Self.noise(amplitude, &random)
      }
    }
  }

  /// Sets the middle of each upper edge and then of each left edge from its ends and the middles
  /// of the squares on either side.
  private mutating func fillDiamonds(
    _ step: Int, _ amplitude: Double, _ random: inout some RandomSource
  ) {
    let half = step / 2
    for y in stride(from: 0, to: side, by: step) {
      for x in stride(from: 0, to: side, by: step) {
        let middles = self[y + half, x + half] + self[y - half, x + half]
        let ends = self[y, x] + self[y, x + step]
        self[y, x + half] = (middles + ends) / 4 + Self.noise(amplitude, &random)
      }
    }
    for y in stride(from: 0, to: side, by: step) {
      for x in stride(from: 0, to: side, by: step) {
        let middles = self[y + half, x + half] + self[y + half, x - half]
        let ends = self[y, x] + self[y + step, x]
        self[y + half, x] = (middles + ends) / 4 + Self.noise(amplitude, &random)
      }
    }
  }

  /// The amplitude enters twice, as it does in the published code.
  private static func noise(_ amplitude: Double, _ random: inout some RandomSource) -> Double {
    amplitude * random.uniform(-amplitude, amplitude)
  }

  /// The value at a row and column that may lie outside by up to `side`, as they wrap around.
  private subscript(y: Int, x: Int) -> Double {
    get { values[(y + side) % side * side + (x + side) % side] }
    set { values[(y + side) % side * side + (x + side) % side] = newValue }
  }
}
