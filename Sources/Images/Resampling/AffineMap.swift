/// A map of points of the plane: (x, y) to (xx·x + xy·y + x0, yx·x + yy·y + y0).
package struct AffineMap: Sendable {
  package let xx: Double
  package let xy: Double
  package let x0: Double
  package let yx: Double
  package let yy: Double
  package let y0: Double

  package init(xx: Double, xy: Double, x0: Double, yx: Double, yy: Double, y0: Double) {
    (self.xx, self.xy, self.x0) = (xx, xy, x0)
    (self.yx, self.yy, self.y0) = (yx, yy, y0)
  }

  /// The map back, of a map that does not flatten the plane.
  package var inverse: AffineMap {
    let scale = 1 / (xx * yy - xy * yx)
    let (backXX, backXY, backYX, backYY) = (yy * scale, -xy * scale, -yx * scale, xx * scale)
    return AffineMap(
      xx: backXX, xy: backXY, x0: -(backXX * x0 + backXY * y0),
      yx: backYX, yy: backYY, y0: -(backYX * x0 + backYY * y0))
  }
}

extension Raster {
  /// The grid with its content moved by `map`, which takes (column, row) to (column, row).
  ///
  /// As OpenCV's `warpAffine` before version 5: places are rounded to 1/32 of a pixel, values are
  /// bilinear in single precision, and the border is mirrored.
  package func warped(by map: AffineMap) -> Raster {
    let back = map.inverse
    let rowStride = width * channels
    var result = self
    var target = 0
    for row in 0..<height {
      for column in 0..<width {
        let x = Self.thirtySeconds(back.xx, back.xy, back.x0, column, row)
        let y = Self.thirtySeconds(back.yx, back.yy, back.y0, column, row)
        let left = Border.mirror.place(x >> 5, in: width) * channels
        let right = Border.mirror.place(x >> 5 + 1, in: width) * channels
        let above = Border.mirror.place(y >> 5, in: height) * rowStride
        let below = Border.mirror.place(y >> 5 + 1, in: height) * rowStride
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

  /// One coordinate of a mapped pixel in units of 1/32, rounded by way of 1/1024 as OpenCV does.
  private static func thirtySeconds(
    _ perColumn: Double, _ perRow: Double, _ origin: Double, _ column: Int, _ row: Int
  ) -> Int {
    let start = ((perRow * Double(row) + origin) * 1024).rounded(.toNearestOrEven)
    let offset = (perColumn * Double(column) * 1024).rounded(.toNearestOrEven)
    return (Int(start) + 16 + Int(offset)) >> 5
  }
}
