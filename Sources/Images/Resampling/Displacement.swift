extension Raster {
  /// The grid sampled bilinearly at each place moved by the numbers of two grids of one channel.
  ///
  /// As `map_coordinates` of SciPy before version 1.6 in its mode "reflect", whose places within a
  /// pixel outside the border are mirrored once more about the border's pixel.
  package func sampled(movingRows rows: Raster, columns: Raster) -> Raster {
    var result = self
    for place in 0..<height * width {
      let y = Sample(Double(place / width) + rows.values[place], in: height)
      let x = Sample(Double(place % width) + columns.values[place], in: width)
      for channel in 0..<channels {
        let value = { values[($0 * width + $1) * channels + channel] }
        result.values[place * channels + channel] =
          value(y.lower, x.lower) * (1 - y.fraction) * (1 - x.fraction)
          + value(y.lower, x.upper) * (1 - y.fraction) * x.fraction
          + value(y.upper, x.lower) * y.fraction * (1 - x.fraction)
          + value(y.upper, x.upper) * y.fraction * x.fraction
      }
    }
    return result
  }

  /// The two neighbors of a coordinate along an axis.
  private struct Sample {
    let lower: Int
    let upper: Int
    let fraction: Double

    init(_ coordinate: Double, in count: Int) {
      let folded = Self.fold(coordinate, Double(count))
      let floor = folded.rounded(.down)
      lower = Border.mirror.place(Int(floor), in: count)
      upper = Border.mirror.place(Int(floor) + 1, in: count)
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
