import Foundation

extension Plane {
  /// The plane after it is halved, quantized in 8×8 blocks and doubled, as libjpeg-turbo and libjpeg
  /// 6b do.
  ///
  /// Columns are repeated before the plane is halved, up to whole blocks of the half; rows up to an
  /// even number before it and up to whole blocks after it. The decoder knows the levels alone that
  /// come from the plane.
  func codedAtHalfSize(_ table: QuantizationTable) -> Plane {
    let wide = resized(height: height.roundedUp(to: 2), width: width.roundedUp(to: 16))
    let half = wide.halved().coded(table).resized(height: (height + 1) / 2, width: (width + 1) / 2)
    return (half.width > 2 ? half.doubled() : half.repeated())
      .resized(height: height, width: width)
  }

  /// Means of 2×2 levels of a plane of even size; halves are rounded down and up alternately.
  private func halved() -> Plane {
    var half = Plane(height: height / 2, width: width / 2)
    for row in 0..<half.height {
      for column in 0..<half.width {
        let start = 2 * row * width + 2 * column
        let sum =
          levels[start] + levels[start + 1] + levels[start + width] + levels[start + width + 1]
        half.levels[row * half.width + column] = (sum + (column % 2 == 0 ? 1 : 2)) >> 2
      }
    }
    return half
  }

  /// Each level four times, as the library doubles planes of one or two columns.
  private func repeated() -> Plane {
    var result = Plane(height: 2 * height, width: 2 * width)
    for index in result.levels.indices {
      let (row, column) = (index / result.width, index % result.width)
      result.levels[index] = levels[row / 2 * width + column / 2]
    }
    return result
  }

  /// Linear interpolation with weights 3 and 1, along columns and then rows.
  private func doubled() -> Plane {
    var result = Plane(height: 2 * height, width: 2 * width)
    for row in 0..<result.height {
      let near = row / 2 * width
      let far = min(max(row / 2 + (row % 2 == 0 ? -1 : 1), 0), height - 1) * width
      let sums = (0..<width).map { 3 * levels[near + $0] + levels[far + $0] }
      for column in 0..<width {
        let before = sums[max(column - 1, 0)]
        let after = sums[min(column + 1, width - 1)]
        let target = row * result.width + 2 * column
        result.levels[target] = (3 * sums[column] + before + 8) >> 4
        result.levels[target + 1] = (3 * sums[column] + after + 7) >> 4
      }
    }
    return result
  }

  /// The plane after quantization of the 64 lowest frequencies of its 16×16 blocks, as libjpeg 7 to 9
  /// of the Independent JPEG Group do, up to rounding inside their transform.
  ///
  /// The plane is extended to whole blocks by its last row and column.
  func codedInLargeBlocks(_ table: QuantizationTable) -> Plane {
    resized(height: height.roundedUp(to: 16), width: width.roundedUp(to: 16))
      .largeBlocksCoded(table).resized(height: height, width: width)
  }

  private func largeBlocksCoded(_ table: QuantizationTable) -> Plane {
    var result = self
    for top in stride(from: 0, to: height, by: 16) {
      for left in stride(from: 0, to: width, by: 16) {
        let block = (0..<256).map {
          Double(levels[(top + $0 / 16) * width + left + $0 % 16] - 128)
        }
        let coefficients = LargeTransform.forward(block).enumerated().map { index, coefficient in
          // The table is for coefficients of 8×8 blocks, which are half as large.
          let step = 2 * Double(table.steps[index / 8][index % 8])
          return (coefficient / step).rounded(.toNearestOrAwayFromZero) * step
        }
        for (index, value) in LargeTransform.inverse(coefficients).enumerated() {
          // The library adds ½ and shifts, so halves are rounded up; flat colors are often halves.
          result.levels[(top + index / 16) * width + left + index % 16] = Self.clamped(
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
