/// An affine map of the plane: (x, y) to (xx·x + xy·y + x0, yx·x + yy·y + y0).
package struct AffineMap: Sendable {
  package let xx: Double
  package let xy: Double
  package let x0: Double
  package let yx: Double
  package let yy: Double
  package let y0: Double

  /// Creates a map from its coefficients.
  package init(xx: Double, xy: Double, x0: Double, yx: Double, yy: Double, y0: Double) {
    (self.xx, self.xy, self.x0) = (xx, xy, x0)
    (self.yx, self.yy, self.y0) = (yx, yy, y0)
  }

  /// The inverse map; that of a singular map takes everything to the origin, as in OpenCV.
  package var inverse: AffineMap {
    let determinant = xx * yy - xy * yx
    let scale = determinant == 0 ? 0 : 1 / determinant
    let (backXX, backXY, backYX, backYY) = (yy * scale, -xy * scale, -yx * scale, xx * scale)
    return AffineMap(
      xx: backXX, xy: backXY, x0: -(backXX * x0 + backXY * y0),
      yx: backYX, yy: backYY, y0: -(backYX * x0 + backYY * y0))
  }
}

extension Raster {
  /// The grid transformed by `map`, which maps (column, row) to (column, row).
  ///
  /// As OpenCV's `warpAffine` before version 5: coordinates are rounded to 1/32 of a pixel, values are
  /// interpolated bilinearly in single precision, and the border is mirrored.
  package func warped(by map: AffineMap) -> Raster {
    let back = map.inverse
    let rowStride = width * channels
    var result = self
    var target = 0
    for row in 0..<height {
      for column in 0..<width {
        let x = Self.thirtySeconds(back.xx, back.xy, back.x0, column, row)
        let y = Self.thirtySeconds(back.yx, back.yy, back.y0, column, row)
        let left = Border.mirror.index(x >> 5, in: width) * channels
        let right = Border.mirror.index(x >> 5 + 1, in: width) * channels
        let above = Border.mirror.index(y >> 5, in: height) * rowStride
        let below = Border.mirror.index(y >> 5 + 1, in: height) * rowStride
        let (fractionX, fractionY) = (Float(x & 31) / 32, Float(y & 31) / 32)
        for channel in 0..<channels {
          let value =
            Float(values[above + left + channel]) * ((1 - fractionY) * (1 - fractionX))
            + Float(values[above + right + channel]) * ((1 - fractionY) * fractionX)
            + Float(values[below + left + channel]) * (fractionY * (1 - fractionX))
            + Float(values[below + right + channel]) * (fractionY * fractionX)
          result.values[target] = Double(value)
          target += 1
        }
      }
    }
    return result
  }

  /// One coordinate of a mapped pixel in units of 1/32, rounded to 1/1024 first as in OpenCV.
  private static func thirtySeconds(
    _ perColumn: Double, _ perRow: Double, _ origin: Double, _ column: Int, _ row: Int
  ) -> Int {
    let start = ((perRow * Double(row) + origin) * 1024).rounded(.toNearestOrEven)
    let offset = (perColumn * Double(column) * 1024).rounded(.toNearestOrEven)
    return (saturated(start) + 16 + saturated(offset)) >> 5
  }

  /// A rounded number as an integer; what has more than 32 bits is far outside in any case.
  private static func saturated(_ value: Double) -> Int {
    abs(value) < 0x1p31 ? Int(value) : Int(Int32.min)
  }
}

// MARK: Displacement

extension Raster {
  /// The grid sampled bilinearly at each pixel's position plus the displacements in two grids of one
  /// channel.
  ///
  /// As `map_coordinates` of SciPy before version 1.6 with mode "reflect", in which positions up to one
  /// pixel outside the border are mirrored about the border pixel.
  package func sampled(movingRows rows: Raster, columns: Raster) -> Raster {
    var result = self
    for index in 0..<height * width {
      let y = Sample(Double(index / width) + rows.values[index], in: height)
      let x = Sample(Double(index % width) + columns.values[index], in: width)
      for channel in 0..<channels {
        let value = { values[($0 * width + $1) * channels + channel] }
        result.values[index * channels + channel] =
          value(y.lower, x.lower) * (1 - y.fraction) * (1 - x.fraction)
          + value(y.lower, x.upper) * (1 - y.fraction) * x.fraction
          + value(y.upper, x.lower) * y.fraction * (1 - x.fraction)
          + value(y.upper, x.upper) * y.fraction * x.fraction
      }
    }
    return result
  }

  /// The two pixels next to a coordinate along an axis.
  private struct Sample {
    let lower: Int
    let upper: Int
    let fraction: Double

    init(_ coordinate: Double, in count: Int) {
      let folded = Self.fold(coordinate, Double(count))
      let floor = folded.rounded(.down)
      lower = Border.mirror.index(Int(floor), in: count)
      upper = Border.mirror.index(Int(floor) + 1, in: count)
      fraction = folded - floor
    }

    private static func fold(_ coordinate: Double, _ count: Double) -> Double {
      let period = 2 * count
      if coordinate < 0 {
        let near = coordinate + period * (-coordinate / period).rounded(.down)
        return near < -count ? near + period : -near - 1
      }
      guard coordinate > count - 1 else { return coordinate }
      let near = coordinate - period * (coordinate / period).rounded(.down)
      return near >= count ? period - near - 1 : near
    }
  }
}
