// MARK: Box resampling

extension Image {
  /// The image resized, each pixel being the mean of the source pixels whose centers lie in its box, or
  /// the nearest source pixel if the image is enlarged.
  ///
  /// The width is resized first and the result rounded to bytes, as by Pillow's `Image.BOX`. A center on
  /// the border of two boxes belongs to the first, as in Pillow since 7.0.0; before, it belonged to the
  /// second, and an enlarged pixel without a center was black. The published suites have no such
  /// centers.
  package func boxResampled(height newHeight: Int, width newWidth: Int) -> Image {
    let narrow = Image.boxResample(
      pixels, length: width, to: newWidth, inner: 3)
    let pixels = Image.boxResample(narrow, length: height, to: newHeight, inner: newWidth * 3)
    return Image(height: newHeight, width: newWidth, pixels: pixels)
  }

  /// Resamples the middle axis of `source`, shaped [outer, length, inner].
  private static func boxResample(
    _ source: [UInt8], length: Int, to newLength: Int, inner: Int
  ) -> [UInt8] {
    let boxes = (0..<newLength).map { Box(index: $0, length: length, newLength: newLength) }
    var result: [UInt8] = []
    result.reserveCapacity(source.count / length * newLength)
    for line in stride(from: 0, to: source.count, by: length * inner) {
      for box in boxes {
        for i in 0..<inner {
          // Half of 2²², for rounding.
          let sum = box.sources.reduce(1 << 21) {
            $0 + Int(source[line + $1 * inner + i]) * box.weight
          }
          result.append(UInt8(min(sum >> 22, 255)))
        }
      }
    }
    return result
  }

  /// The source pixels of an output pixel along an axis, all of the same weight.
  private struct Box {
    let sources: [Int]
    /// In units of 2⁻²².
    let weight: Int

    init(index: Int, length: Int, newLength: Int) {
      let scale = Double(length) / Double(newLength)
      let size = max(scale, 1)
      let center = (Double(index) + 0.5) * scale
      let first = max(0, Int(center - size / 2 + 0.5))
      let last = min(length, Int(center + size / 2 + 0.5))
      let inside = (first..<last).filter { source -> Bool in
        let distance: Double = (Double(source) - center + 0.5) / size
        return -0.5 < distance && distance <= 0.5
      }
      sources = inside.isEmpty ? [first] : inside
      weight = Int(1 / Double(sources.count) * 0x1p22 + 0.5)
    }
  }
}

// MARK: Bilinear scaling

extension Image {
  /// The number of pixels along an axis of `count` pixels after scaling by `factor`.
  package static func scaledCount(_ count: Int, by factor: Double) -> Int {
    Int((Double(count) * factor).rounded(.toNearestOrEven))
  }

  /// A part of the image scaled by `factor`, bilinear without smoothing, as by OpenCV's `resize`.
  ///
  /// `rows` and `columns` are indices in the scaled image, whose size is given by `scaledCount`.
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

/// The two source pixels of a scaled pixel along an axis, and their weights in units of 1/2048.
private struct ScalingSample {
  let lower: Int
  let upper: Int
  let lowerWeight: Int
  let upperWeight: Int

  init(_ index: Int, factor: Double, count: Int) {
    let coordinate = Float((Double(index) + 0.5) * (1 / factor) - 0.5)
    let inside = min(max(coordinate, 0), Float(count - 1))
    lower = Int(inside)
    upper = min(lower + 1, count - 1)
    let fraction = inside - Float(lower)
    lowerWeight = Int(((1 - fraction) * 2048).rounded(.toNearestOrEven))
    upperWeight = Int((fraction * 2048).rounded(.toNearestOrEven))
  }
}

// MARK: Zoom

/// An enlargement about the center that keeps the size of the grid.
///
/// Along each axis, a central crop of whole pixels is enlarged bilinearly with aligned corners, and the
/// excess is trimmed evenly. Rounding shifts the center by a fraction of a pixel, as in the published
/// corruptions.
package struct ClippedZoom: Sendable {
  private let rows: [Sample]
  private let columns: [Sample]

  /// The source pixels of an output row or column.
  private struct Sample {
    let lower: Int
    let upper: Int
    let fraction: Double
  }

  /// Creates a zoom of grids of `height` × `width` by `factor`, at least 1.
  package init(height: Int, width: Int, factor: Double) {
    rows = Self.samples(count: height, factor: factor)
    columns = Self.samples(count: width, factor: factor)
  }

  private static func samples(count: Int, factor: Double) -> [Sample] {
    let crop = Int((Double(count) / factor).rounded(.up))
    let start = (count - crop) / 2
    let enlarged = Int((Double(crop) * factor).rounded(.toNearestOrEven))
    let trim = (enlarged - count) / 2
    let step = Double(crop - 1) / Double(max(enlarged - 1, 1))
    return (trim..<trim + count).map {
      let position = min(Double($0) * step, Double(crop - 1))
      let lower = Int(position)
      return Sample(
        lower: start + lower, upper: start + min(lower + 1, crop - 1),
        fraction: position - Double(lower))
    }
  }

  /// The enlarged grid.
  package func callAsFunction(_ raster: Raster) -> Raster {
    let channels = raster.channels
    var result = raster
    var target = 0
    for y in rows {
      let (above, below) = (y.lower * raster.width, y.upper * raster.width)
      for x in columns {
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
