import Foundation

/// A blur that draws pixels out to one side, as ImageMagick's motion blur does.
///
/// Every pixel becomes a mean of those that it sees looking along the direction, with the weights
/// of half a Gaussian and each offset rounded to whole pixels.
package struct MotionFilter: Sendable {
  private let weights: [Double]
  private let rowOffsets: [Int]
  private let columnOffsets: [Int]

  /// A filter that looks to the right at 0 degrees and down at 90.
  package init(radius: Double, sigma: Double, degrees: Double) {
    let count = 2 * Int(radius.rounded(.up)) + 1
    let densities = (0..<count).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    let total = densities.reduce(0, +)
    weights = densities.map { $0 / total }
    let angle = degrees * .pi / 180
    rowOffsets = (0..<count).map { Int((Double($0) * sin(angle) - 0.5).rounded(.up)) }
    columnOffsets = (0..<count).map { Int((Double($0) * cos(angle) - 0.5).rounded(.up)) }
  }

  /// The blurred levels, whole numbers from 0 to 255 as `levels` are.
  package func callAsFunction(_ levels: Raster) -> Raster {
    let padded = levels.padded(by: weights.count, .nearest)
    let rowSize = levels.width * levels.channels
    var result = levels
    var sums = [Double](repeating: 0, count: rowSize)
    for row in 0..<levels.height {
      for i in 0..<rowSize { sums[i] = 0 }
      for tap in weights.indices {
        let sourceRow = row + weights.count + rowOffsets[tap]
        let sourceColumn = weights.count + columnOffsets[tap]
        let source = (sourceRow * padded.width + sourceColumn) * levels.channels
        let weight = weights[tap]
        for i in 0..<rowSize { sums[i] += weight * padded.values[source + i] }
      }
      for i in 0..<rowSize { result.values[row * rowSize + i] = Self.rounded(sums[i]) }
    }
    return result
  }

  /// Rounds a level to 16 bits first, as the original holds it, and then to 8.
  private static func rounded(_ level: Double) -> Double {
    let wide = (257 * level + 0.5).rounded(.down)
    return ((wide + 128) / 257).rounded(.down)
  }
}
