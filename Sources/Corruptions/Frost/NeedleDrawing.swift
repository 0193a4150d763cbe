import Foundation
import Tensors

/// Bright straight needles with soft edges on a dark background.
struct NeedleDrawing {
  let height: Int
  let width: Int
  private(set) var values: [Double]  // [height, width], from 0 to 1

  init(height: Int, width: Int) {
    self.height = height
    self.width = width
    values = [Double](repeating: 0, count: height * width)
  }

  /// A straight line; angles in radians, lengths in pixels.
  private struct Needle {
    var row: Double
    var column: Double
    let angle: Double
    let length: Double
    let width: Double
    let brightness: Double

    /// The same needle moved by `distance` along its own direction.
    func advanced(by distance: Double) -> Needle {
      var moved = self
      moved.row += distance * sin(angle)
      moved.column += distance * cos(angle)
      return moved
    }
  }

  /// Draws fans of ±40° around random directions.
  mutating func drawFans(_ random: inout some RandomSource) {
    for _ in 0..<height * width / 2500 {
      let (row, column) = point(&random)
      let direction = random.uniform(0, 2 * .pi)
      for _ in 0..<24 {
        let needle = Needle(
          row: row, column: column,
          angle: direction + random.uniform(-40, 40) * .pi / 180,
          length: random.uniform(10, 60), width: random.uniform(1, 3),
          brightness: random.uniform(0.4, 1))
        draw(needle.advanced(by: random.uniform(0, 30)))
      }
    }
  }

  /// Draws needles within 20° of the rows and columns, and short broad ones in any direction.
  mutating func drawStreaks(_ random: inout some RandomSource) {
    for _ in 0..<height * width / 300 {
      let (row, column) = point(&random)
      let axis = random.bernoulli(0.5) ? 0 : Double.pi / 2
      draw(
        Needle(
          row: row, column: column, angle: axis + random.uniform(-20, 20) * .pi / 180,
          length: random.uniform(10, 40), width: random.uniform(1, 2),
          brightness: random.uniform(0.2, 1)))
    }
    for _ in 0..<height * width / 2500 {
      let (row, column) = point(&random)
      draw(
        Needle(
          row: row, column: column, angle: random.uniform(0, 2 * .pi),
          length: random.uniform(4, 16), width: random.uniform(4, 8),
          brightness: random.uniform(0.6, 1)))
    }
  }

  /// Draws stems with branches at ±60° that become shorter toward the tip.
  mutating func drawFerns(_ random: inout some RandomSource) {
    for _ in 0..<height * width / 6000 {
      let (row, column) = point(&random)
      let stem = Needle(
        row: row, column: column, angle: random.uniform(0, 2 * .pi),
        length: random.uniform(60, 120), width: 2.5, brightness: 1)
      draw(stem)
      for distance in stride(from: 6, to: stem.length, by: 5) {
        let origin = stem.advanced(by: distance)
        for side in [-1.0, 1] {
          draw(
            Needle(
              row: origin.row, column: origin.column, angle: stem.angle + side * .pi / 3,
              length: 6 + random.uniform(0.2, 0.5) * (stem.length - distance), width: 1.5,
              brightness: random.uniform(0.4, 0.9)))
        }
      }
    }
  }

  private func point(_ random: inout some RandomSource) -> (row: Double, column: Double) {
    (random.uniform(0, Double(height)), random.uniform(0, Double(width)))
  }

  private mutating func draw(_ needle: Needle) {
    let (down, right) = (sin(needle.angle), cos(needle.angle))
    let tip = needle.advanced(by: needle.length)
    let margin = needle.width + 1
    let rows = Self.span(needle.row, tip.row, margin, in: height)
    let columns = Self.span(needle.column, tip.column, margin, in: width)
    for row in rows {
      for column in columns {
        let (y, x) = (Double(row) - needle.row, Double(column) - needle.column)
        let along = min(max(y * down + x * right, 0), needle.length)
        let (across, beside) = (y - along * down, x - along * right)
        let distance = (across * across + beside * beside).squareRoot()
        let cover = min(max(needle.width / 2 + 0.5 - distance, 0), 1)
        let index = row * width + column
        values[index] = max(values[index], needle.brightness * cover)
      }
    }
  }

  private static func span(
    _ first: Double, _ second: Double, _ margin: Double, in count: Int
  ) -> Range<Int> {
    let lower = min(max(Int(min(first, second) - margin), 0), count)
    let upper = min(max(Int(max(first, second) + margin) + 1, lower), count)
    return lower..<upper
  }
}
