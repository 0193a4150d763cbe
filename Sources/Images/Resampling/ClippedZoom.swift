/// An enlargement about the middle that keeps the size of the grid and cuts off what does not fit.
///
/// The middle part is cropped to whole pixels and enlarged bilinearly with the corners aligned; the
/// excess is then cut off evenly. Rounding makes it off center by a part of a pixel, as it is in
/// the published corruptions.
package struct ClippedZoom: Sendable {
  private let side: Int
  private let samples: [Sample]

  /// Where one output row or column comes from.
  private struct Sample {
    let lower: Int
    let upper: Int
    let fraction: Double
  }

  /// A zoom of square grids by `factor`, which must be at least 1.
  package init(side: Int, factor: Double) {
    self.side = side
    let crop = Int((Double(side) / factor).rounded(.up))
    let start = (side - crop) / 2
    let enlarged = Int((Double(crop) * factor).rounded(.toNearestOrEven))
    let trim = (enlarged - side) / 2
    let step = Double(crop - 1) / Double(max(enlarged - 1, 1))
    samples = (trim..<trim + side).map {
      let position = min(Double($0) * step, Double(crop - 1))
      let lower = Int(position)
      return Sample(
        lower: start + lower, upper: start + min(lower + 1, crop - 1),
        fraction: position - Double(lower))
    }
  }

  package func callAsFunction(_ raster: Raster) -> Raster {
    let channels = raster.channels
    var result = raster
    var target = 0
    for y in samples {
      let (above, below) = (y.lower * side, y.upper * side)
      for x in samples {
        for c in 0..<channels {
          let value = { raster.values[$0 * channels + c] }
          result.values[target] =
            value(above + x.lower) * (1 - y.fraction) * (1 - x.fraction)
            + value(above + x.upper) * (1 - y.fraction) * x.fraction
            + value(below + x.lower) * y.fraction * (1 - x.fraction)
            + value(below + x.upper) * y.fraction * x.fraction
          target += 1
        }
      }
    }
    return result
  }
}
