import Foundation

/// A Gaussian blur, down the columns and then along the rows, each channel on its own.
package struct GaussianFilter: Sendable {
  /// The weights from the center outward; all of them, both ways, sum to 1.
  package let weights: [Double]
  private let border: Border

  /// A filter that reaches `truncation` standard deviations, rounded to whole pixels.
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
    let sources = (-radius..<length + radius).map { border.place($0, in: length) * inner }
    var result = [Double](repeating: 0, count: values.count)
    for line in stride(from: 0, to: values.count, by: length * inner) {
      for position in 0..<length {
        let center = line + sources[position + radius]
        let target = line + position * inner
        for i in 0..<inner { result[target + i] = weights[0] * values[center + i] }
        // From the far weights inward: the order fixes the last bits.
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
