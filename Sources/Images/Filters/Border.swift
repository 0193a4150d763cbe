/// What lies beyond the ends of a row of pixels `a b c d`.
package enum Border: Sendable {
  /// `a a a | a b c d | d d d`
  case nearest
  /// `c b a | a b c d | d c b`, repeated as often as needed.
  case reflect
  /// `d c b | a b c d | c b a`, repeated as often as needed; also called reflect-101.
  case mirror

  /// The place in `0..<count` that stands for `index`.
  package func place(_ index: Int, in count: Int) -> Int {
    switch self {
    case .nearest:
      return min(max(index, 0), count - 1)
    case .reflect:
      let folded = Self.modulo(index, 2 * count)
      return folded < count ? folded : 2 * count - 1 - folded
    case .mirror:
      guard count > 1 else { return 0 }
      let folded = Self.modulo(index, 2 * count - 2)
      return folded < count ? folded : 2 * count - 2 - folded
    }
  }

  private static func modulo(_ index: Int, _ period: Int) -> Int {
    let rest = index % period
    return rest < 0 ? rest + period : rest
  }
}

extension Raster {
  /// The grid continued by `margin` rows and columns on each side.
  package func padded(by margin: Int, _ border: Border) -> Raster {
    let columns = (-margin..<width + margin).map { border.place($0, in: width) * channels }
    var padded: [Double] = []
    padded.reserveCapacity((height + 2 * margin) * columns.count * channels)
    for row in -margin..<height + margin {
      let start = border.place(row, in: height) * width * channels
      for column in columns {
        for channel in 0..<channels { padded.append(values[start + column + channel]) }
      }
    }
    return Raster(
      height: height + 2 * margin, width: width + 2 * margin, channels: channels, values: padded)
  }
}
