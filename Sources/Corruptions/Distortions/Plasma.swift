import Images
import Tensors

/// A fractal cloud that continues at its borders, from 0 to 1.
///
/// Fournier, Fussell and Carpenter 1982, "Computer rendering of stochastic models" (the diamond-square
/// algorithm), on a torus.
package struct Plasma {
  private let side: Int
  private var values: [Double]  // [side, side]

  /// A cloud of `side` × `side` values, a power of two; it is the smoother, the larger `decay`.
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

  /// The amplitude enters twice, as it does in the original.
  private static func noise(_ amplitude: Double, _ random: inout some RandomSource) -> Double {
    amplitude * random.uniform(-amplitude, amplitude)
  }

  /// The value at a place that may lie beyond the border by up to a side.
  private subscript(y: Int, x: Int) -> Double {
    get { values[(y + side) % side * side + (x + side) % side] }
    set { values[(y + side) % side * side + (x + side) % side] = newValue }
  }
}
