extension Image {
  /// The number of pixels along an axis of `count` pixels that is scaled by `factor`.
  package static func scaledCount(_ count: Int, by factor: Double) -> Int {
    Int((Double(count) * factor).rounded(.toNearestOrEven))
  }

  /// A part of the image scaled by `factor`, bilinear without smoothing as OpenCV's `resize`.
  ///
  /// `rows` and `columns` are places of the scaled image, whose size `scaledCount` gives.
  package func scaled(by factor: Double, rows: Range<Int>, columns: Range<Int>) -> Image {
    let columnSamples = columns.map { ScalingSample($0, factor: factor, count: width) }
    var result: [UInt8] = []
    result.reserveCapacity(rows.count * columns.count * 3)
    for row in rows {
      let y = ScalingSample(row, factor: factor, count: height)
      for x in columnSamples {
        for channel in 0..<3 {
          let above =
            Int(self[y.lower, x.lower, channel]) * x.lowerWeight
            + Int(self[y.lower, x.upper, channel]) * x.upperWeight
          let below =
            Int(self[y.upper, x.lower, channel]) * x.lowerWeight
            + Int(self[y.upper, x.upper, channel]) * x.upperWeight
          let sum = (y.lowerWeight * (above >> 4)) >> 16 + (y.upperWeight * (below >> 4)) >> 16
          result.append(UInt8((sum + 2) >> 2))
        }
      }
    }
    return Image(height: rows.count, width: columns.count, pixels: result)
  }
}

/// The two neighbors of a scaled place along an axis and their weights in units of 1/2048.
private struct ScalingSample {
  let lower: Int
  let upper: Int
  let lowerWeight: Int
  let upperWeight: Int

  init(_ place: Int, factor: Double, count: Int) {
    let coordinate = Float((Double(place) + 0.5) * (1 / factor) - 0.5)
    let inside = min(max(coordinate, 0), Float(count - 1))
    lower = Int(inside)
    upper = min(lower + 1, count - 1)
    let fraction = inside - Float(lower)
    lowerWeight = Int(((1 - fraction) * 2048).rounded(.toNearestOrEven))
    upperWeight = Int((fraction * 2048).rounded(.toNearestOrEven))
  }
}
