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
    // Columns are filtered as rows of the transposed grid, where neighbors are in one vector.
    return filteredRows(filteredRows(raster).transposed).transposed
  }

  /// The means over neighboring rows.
  private func filteredRows(_ raster: Raster) -> Raster {
    let radius = weights.count - 1
    let size = raster.width * raster.channels
    let rows = (-radius..<raster.height + radius).map {
      border.index($0, in: raster.height) * size
    }
    var result = raster
    raster.values.withUnsafeBufferPointer { values in
      result.values.withUnsafeMutableBufferPointer { result in
        guard let values = values.baseAddress, let result = result.baseAddress else { return }
        for row in 0..<raster.height {
          let (center, sums) = (values + rows[row + radius], result + row * size)
          for i in 0..<size { sums[i] = weights[0] * center[i] }
          // From the outer weights inward: the order of the sum determines its last bits.
          for j in stride(from: radius, to: 0, by: -1) {
            let (before, after) = (values + rows[row + radius - j], values + rows[row + radius + j])
            let weight = weights[j]
            for i in 0..<size { sums[i] += weight * (before[i] + after[i]) }
          }
        }
      }
    }
    return result
  }
}

extension Raster {
  /// The grid with rows and columns exchanged.
  fileprivate var transposed: Raster {
    var result: [Double] = []
    result.reserveCapacity(values.count)
    for column in 0..<width {
      for row in 0..<height {
        let start = (row * width + column) * channels
        for channel in 0..<channels { result.append(values[start + channel]) }
      }
    }
    return Raster(height: width, width: height, channels: channels, values: result)
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
