import Foundation

/// A Gaussian blur of each channel, along the columns and then along the rows.
package struct GaussianFilter: Sendable {
  /// The weights from the center outward; the weights of both sides sum to 1.
  package let weights: [Double]
  private let border: Border

  /// Creates a filter truncated at `truncation` standard deviations, rounded to whole pixels.
  package init(sigma: Double, truncation: Double = 4, border: Border = .nearest) {
    self.border = border
    let radius = sigma > 1e-15 ? Int(truncation * sigma + 0.5) : 0
    guard radius > 0 else {
      weights = [1]
      return
    }
    let densities = (-radius...radius).map { exp(-0.5 / (sigma * sigma) * Double($0 * $0)) }
    let total = densities.reduce(0, +)
    weights = densities[radius...].map { $0 / total }
  }

  /// The blurred grid.
  package func callAsFunction(_ raster: Raster) -> Raster {
    guard weights.count > 1 else { return raster }
    var result = raster
    let rowSize = raster.width * raster.channels
    result.values = filter(result.values, length: raster.height, inner: rowSize)
    result.values = filter(result.values, length: raster.width, inner: raster.channels)
    return result
  }

  /// Filters the middle axis of `values`, shaped [outer, length, inner].
  private func filter(_ values: [Double], length: Int, inner: Int) -> [Double] {
    let radius = weights.count - 1
    let sources = (-radius..<length + radius).map { border.index($0, in: length) * inner }
    var result = [Double](repeating: 0, count: values.count)
    for line in stride(from: 0, to: values.count, by: length * inner) {
      for position in 0..<length {
        let center = line + sources[position + radius]
        let target = line + position * inner
        for i in 0..<inner { result[target + i] = weights[0] * values[center + i] }
        // From the outer weights inward: the order of the sum determines its last bits.
        for j in stride(from: radius, to: 0, by: -1) {
          let before = line + sources[position + radius - j]
          let after = line + sources[position + radius + j]
          let weight = weights[j]
          for i in 0..<inner {
            result[target + i] += weight * (values[before + i] + values[after + i])
          }
        }
      }
    }
    return result
  }
}

/// A blur in one direction, as ImageMagick's motion blur.
///
/// Each pixel becomes a weighted mean of the pixels in the direction, with the weights of one half of a
/// Gaussian and offsets rounded to whole pixels.
package struct MotionFilter: Sendable {
  private let weights: [Double]
  private let rowOffsets: [Int]
  private let columnOffsets: [Int]

  /// Creates a filter whose direction is right at 0 degrees and down at 90.
  package init(radius: Double, sigma: Double, degrees: Double) {
    let count = 2 * Int(radius.rounded(.up)) + 1
    let densities = (0..<count).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    let total = densities.reduce(0, +)
    weights = densities.map { $0 / total }
    let angle = degrees * .pi / 180
    rowOffsets = (0..<count).map { Int((Double($0) * sin(angle) - 0.5).rounded(.up)) }
    columnOffsets = (0..<count).map { Int((Double($0) * cos(angle) - 0.5).rounded(.up)) }
  }

  /// The blurred grid; its levels are integers from 0 to 255, as those of `levels` must be.
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

  /// Rounds a level to 16 bits and then to 8, as ImageMagick does.
  private static func rounded(_ level: Double) -> Double {
    let wide = (257 * level + 0.5).rounded(.down)
    return ((wide + 128) / 257).rounded(.down)
  }
}
