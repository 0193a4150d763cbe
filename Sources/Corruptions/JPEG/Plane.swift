import Images

/// One component of an image in JPEG: brightness or one of two color differences, from 0 to 255.
struct Plane {
  let side: Int
  var levels: [Int32]  // [side, side]

  init(side: Int) {
    self.side = side
    levels = [Int32](repeating: 0, count: side * side)
  }

  /// The plane as it comes back from 8×8 blocks of coefficients rounded to steps.
  func coded(_ table: QuantizationTable) -> Plane {
    var result = self
    for top in stride(from: 0, to: side, by: 8) {
      for left in stride(from: 0, to: side, by: 8) {
        let block = (0..<8).map { row in
          let start = (top + row) * side + left
          return SIMD8(levels[start..<start + 8]) &- 128
        }
        let coefficients = zip(CosineTransform.forward(block), table.steps).map(Self.quantized)
        let decoded = CosineTransform.inverse(coefficients)
        for row in 0..<8 {
          for column in 0..<8 {
            result.levels[(top + row) * side + left + column] = Self.clamped(
              decoded[row][column] + 128)
          }
        }
      }
    }
    return result
  }

  /// Coefficients, given eight times too large, rounded to the nearest step, halves away from 0.
  private static func quantized(
    _ row: SIMD8<Int32>, _ steps: SIMD8<Int32>
  ) -> SIMD8<Int32> {
    let size = row.replacing(with: 0 &- row, where: row .< 0)
    let rounded = (size &+ 4 &* steps) / (8 &* steps) &* steps
    return rounded.replacing(with: 0 &- rounded, where: row .< 0)
  }

  static func clamped(_ level: Int32) -> Int32 { min(max(level, 0), 255) }
}

extension Image {
  /// The brightness and color differences of an image (ITU-T T.871), in units of 2⁻¹⁶ inside.
  func planes() -> (luma: Plane, blue: Plane, red: Plane) {
    var (luma, blue, red) = (Plane(side: height), Plane(side: height), Plane(side: height))
    for index in luma.levels.indices {
      let (r, g, b) = (
        Int32(pixels[3 * index]), Int32(pixels[3 * index + 1]), Int32(pixels[3 * index + 2])
      )
      luma.levels[index] = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16
      blue.levels[index] = (-11059 * r - 21709 * g + 32768 * b + 8_421_375) >> 16
      red.levels[index] = (32768 * r - 27439 * g - 5329 * b + 8_421_375) >> 16
    }
    return (luma, blue, red)
  }

  init(luma: Plane, blue: Plane, red: Plane) {
    var pixels = [UInt8](repeating: 0, count: 3 * luma.levels.count)
    for index in luma.levels.indices {
      let level = luma.levels[index]
      let (b, r) = (blue.levels[index] - 128, red.levels[index] - 128)
      let color = [
        (91881 * r + 32768) >> 16, (-22554 * b - 46802 * r + 32768) >> 16,
        (116_130 * b + 32768) >> 16,
      ]
      for channel in 0..<3 {
        pixels[3 * index + channel] = UInt8(Plane.clamped(level + color[channel]))
      }
    }
    self.init(height: luma.side, width: luma.side, pixels: pixels)
  }
}
