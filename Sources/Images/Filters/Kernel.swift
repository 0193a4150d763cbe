/// A square array of weights for correlation with an image.
package struct Kernel: Sendable {
  /// The number of weights between the center and each side.
  package let radius: Int
  package let weights: [Double]  // [2 radius + 1, 2 radius + 1]

  /// Creates a kernel from its rows; it must be square, of odd size.
  package init(_ rows: [[Double]]) {
    precondition(rows.count % 2 == 1 && rows.allSatisfy { $0.count == rows.count })
    radius = rows.count / 2
    weights = rows.flatMap { $0 }
  }

  /// Correlates each channel of a grid with the kernel, which is not flipped.
  package func correlated(with raster: Raster, border: Border = .mirror) -> Raster {
    let size = 2 * radius + 1
    let padded = raster.padded(by: radius, border)
    let taps = weights.indices.filter { weights[$0] != 0 }.map { tap in
      (weight: weights[tap], offset: (tap / size * padded.width + tap % size) * padded.channels)
    }
    var result = raster
    let rowSize = raster.width * raster.channels
    padded.values.withUnsafeBufferPointer { padding in
      result.values.withUnsafeMutableBufferPointer { result in
        guard let source = padding.baseAddress, let target = result.baseAddress else { return }
        for row in 0..<raster.height {
          let sums = target + row * rowSize
          sums.update(repeating: 0, count: rowSize)
          for tap in taps {
            let values = source + row * padded.width * padded.channels + tap.offset
            for i in 0..<rowSize { sums[i] += tap.weight * values[i] }
          }
        }
      }
    }
    return result
  }
}

/// The pixels beyond the ends of a row of pixels `a b c d`.
package enum Border: Sendable {
  /// `a a a | a b c d | d d d`
  case nearest
  /// `c b a | a b c d | d c b`, repeated as often as needed.
  case reflect
  /// `d c b | a b c d | c b a`, repeated as often as needed; also called reflect-101.
  case mirror

  /// The index in `0..<count` of the pixel that is used at `index`.
  package func index(_ index: Int, in count: Int) -> Int {
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
  /// The grid extended by `margin` rows and columns on each side.
  package func padded(by margin: Int, _ border: Border) -> Raster {
    let columns = (-margin..<width + margin).map { border.index($0, in: width) * channels }
    var padded: [Double] = []
    padded.reserveCapacity((height + 2 * margin) * columns.count * channels)
    for row in -margin..<height + margin {
      let start = border.index(row, in: height) * width * channels
      for column in columns {
        for channel in 0..<channels { padded.append(values[start + column + channel]) }
      }
    }
    return Raster(
      height: height + 2 * margin, width: width + 2 * margin, channels: channels, values: padded)
  }
}
