import Foundation

extension Plane {
  /// The plane after it is halved, quantized in 8×8 blocks and doubled, as libjpeg-turbo and libjpeg
  /// 6b do.
  func codedAtHalfSize(_ table: QuantizationTable) -> Plane {
    halved().coded(table).doubled()
  }

  /// Means of 2×2 levels; halves are rounded down and up alternately.
  private func halved() -> Plane {
    var half = Plane(side: side / 2)
    for row in 0..<half.side {
      for column in 0..<half.side {
        let start = 2 * row * side + 2 * column
        let sum =
          levels[start] + levels[start + 1] + levels[start + side] + levels[start + side + 1]
        half.levels[row * half.side + column] = (sum + (column % 2 == 0 ? 1 : 2)) >> 2
      }
    }
    return half
  }

  /// Linear interpolation with weights 3 and 1, along columns and then rows.
  private func doubled() -> Plane {
    var result = Plane(side: 2 * side)
    for row in 0..<result.side {
      let near = row / 2 * side
      let far = min(max(row / 2 + (row % 2 == 0 ? -1 : 1), 0), side - 1) * side
      let sums = (0..<side).map { 3 * levels[near + $0] + levels[far + $0] }
      for column in 0..<side {
        let before = sums[max(column - 1, 0)]
        let after = sums[min(column + 1, side - 1)]
        let target = row * result.side + 2 * column
        result.levels[target] = (3 * sums[column] + before + 8) >> 4
        result.levels[target + 1] = (3 * sums[column] + after + 7) >> 4
      }
    }
    return result
  }

  /// The plane after quantization of the 64 lowest frequencies of its 16×16 blocks, as libjpeg 7 to 9
  /// of the Independent JPEG Group do, up to rounding inside their transform.
  func codedInLargeBlocks(_ table: QuantizationTable) -> Plane {
    var result = self
    for top in stride(from: 0, to: side, by: 16) {
      for left in stride(from: 0, to: side, by: 16) {
        let block = (0..<256).map {
          Double(levels[(top + $0 / 16) * side + left + $0 % 16] - 128)
        }
        let coefficients = LargeTransform.forward(block).enumerated().map { index, coefficient in
          // The table is for coefficients of 8×8 blocks, which are half as large.
          let step = 2 * Double(table.steps[index / 8][index % 8])
          return (coefficient / step).rounded(.toNearestOrAwayFromZero) * step
        }
        for (index, value) in LargeTransform.inverse(coefficients).enumerated() {
          // The library adds ½ and shifts, so halves are rounded up; flat colors are often halves.
          result.levels[(top + index / 16) * side + left + index % 16] = Self.clamped(
            Int32((value + 0.5).rounded(.down)) + 128)
        }
      }
    }
    return result
  }
}

/// The 8×8 lowest frequencies of the orthonormal 16×16 discrete cosine transform.
private enum LargeTransform {
  /// The eight lowest cosines over 16 pixels.
  private static let waves: [[Double]] = (0..<8).map { frequency in
    (0..<16).map { pixel in
      let scale = frequency == 0 ? (1.0 / 16).squareRoot() : (2.0 / 16).squareRoot()
      return scale * cos(Double((2 * pixel + 1) * frequency) * .pi / 32)
    }
  }

  /// The coefficients [8, 8] of a block [16, 16].
  static func forward(_ block: [Double]) -> [Double] {
    var rows = [Double](repeating: 0, count: 16 * 8)
    for y in 0..<16 {
      for u in 0..<8 {
        for x in 0..<16 { rows[y * 8 + u] += waves[u][x] * block[y * 16 + x] }
      }
    }
    var coefficients = [Double](repeating: 0, count: 64)
    for v in 0..<8 {
      for y in 0..<16 {
        for u in 0..<8 { coefficients[v * 8 + u] += waves[v][y] * rows[y * 8 + u] }
      }
    }
    return coefficients
  }

  /// The block [16, 16] of coefficients [8, 8], all others 0.
  static func inverse(_ coefficients: [Double]) -> [Double] {
    var rows = [Double](repeating: 0, count: 16 * 8)
    for v in 0..<8 {
      for y in 0..<16 {
        for u in 0..<8 { rows[y * 8 + u] += waves[v][y] * coefficients[v * 8 + u] }
      }
    }
    var block = [Double](repeating: 0, count: 256)
    for y in 0..<16 {
      for u in 0..<8 {
        for x in 0..<16 { block[y * 16 + x] += waves[u][x] * rows[y * 8 + u] }
      }
    }
    return block
  }
}
