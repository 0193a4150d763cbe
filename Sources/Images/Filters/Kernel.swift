/// A square of weights to correlate an image with.
package struct Kernel: Sendable {
  /// The number of weights from the center to each side.
  package let radius: Int
  package let weights: [Double]  // [2 radius + 1, 2 radius + 1]

  /// A kernel of the given rows, as many as they are long, which is an odd number.
  package init(_ rows: [[Double]]) {
    precondition(rows.count % 2 == 1 && rows.allSatisfy { $0.count == rows.count })
    radius = rows.count / 2
    weights = rows.flatMap { $0 }
  }

  /// Each value replaced by the sum of its neighbors times their weights, each channel on its own.
  ///
  /// The kernel is not turned.
  package func correlated(with raster: Raster, border: Border = .mirror) -> Raster {
    let size = 2 * radius + 1
    let padded = raster.padded(by: radius, border)
    var result = raster
    result.values = [Double](repeating: 0, count: raster.values.count)
    let rowSize = raster.width * raster.channels
    for row in 0..<raster.height {
      for tap in weights.indices where weights[tap] != 0 {
        let weight = weights[tap]
        let source = ((row + tap / size) * padded.width + tap % size) * padded.channels
        let target = row * rowSize
        for i in 0..<rowSize { result.values[target + i] += weight * padded.values[source + i] }
      }
    }
    return result
  }
}
