extension Image {
  /// A gray image of `side × side` values, enlarged four times with bilinear interpolation.
  ///
  /// Pixel i samples the coordinate (i + ½) / 4 − ½, clamped to the edge. A value v becomes
  /// 255·v/`maximumValue`, rounded half to even. The weights are multiples of ⅛, so the sum is exact in
  /// integers.
  package init(enlargingFourTimes values: [UInt8], side: Int, maximumValue: Int) {
    let weights = (0..<4 * side).map { Self.neighbors(of: $0, side: side) }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * weights.count * weights.count)
    for row in weights {
      for column in weights {
        var sum = 0
        for (i, rowWeight) in row {
          for (j, columnWeight) in column {
            sum += rowWeight * columnWeight * Int(values[i * side + j])
          }
        }
        let gray = Double(255 * sum) / Double(64 * maximumValue)
        let byte = UInt8(gray.rounded(.toNearestOrEven))
        pixels += [byte, byte, byte]
      }
    }
    self.init(height: weights.count, width: weights.count, pixels: pixels)
  }

  /// The two source pixels next to an enlarged pixel and their weights in eighths.
  private static func neighbors(of pixel: Int, side: Int) -> [(index: Int, weight: Int)] {
    let eighths = 2 * pixel + 1 - 4
    let lower = eighths >> 3
    let upperWeight = eighths & 7
    return [(max(lower, 0), 8 - upperWeight), (min(lower + 1, side - 1), upperWeight)]
  }
}
