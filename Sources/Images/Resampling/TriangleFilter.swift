/// Resampling along one axis by a triangle filter, in fixed-point numbers, as Pillow's
/// `Image.Resampling.BILINEAR` does it: where the axis is shortened, the triangle is widened.
///
/// Only the outputs that are wanted are computed, such as those of a crop.
package struct TriangleFilter: Sendable {
  /// The wanted outputs, in 0..<newLength.
  package let outputs: Range<Int>
  /// The sources that any of the outputs needs.
  package let sources: Range<Int>

  /// The first source of each output.
  fileprivate let starts: [Int]
  /// The weights of an output are those from its bound to the next one.
  fileprivate let bounds: [Int]  // [outputs + 1]
  /// In units of 2⁻²²; those of an output need not sum to 1.
  fileprivate let weights: [Int32]

  /// The bits after the point of a weight: 32, less 8 of a byte and 2 for sums that exceed it.
  private static let precision = 22
  /// One half, for rounding.
  fileprivate static let half = Int32(1) << (precision - 1)

  /// The filter from `length` pixels to `newLength`, both at least 1.
  ///
  /// - Parameters:
  ///   - length: The number of pixels along the axis.
  ///   - newLength: The number of pixels to resample to.
  ///   - outputs: The wanted ones among 0..<newLength, at least one.
  package init(from length: Int, to newLength: Int, outputs: Range<Int>) {
    let scale = Double(length) / Double(newLength)
    let support = max(scale, 1)
    var (starts, bounds, weights) = ([Int](), [0], [Int32]())
    for output in outputs {
      let center = (Double(output) + 0.5) * scale
      let first = max(0, Int(center - support + 0.5))
      let last = min(length, Int(center + support + 0.5))
      let triangle = (first..<last).map {
        max(0, 1 - abs((Double($0) - center + 0.5) * (1 / support)))
      }
      let sum = triangle.reduce(0, +)
      weights += triangle.map { Int32(0.5 + $0 / sum * Double(1 << Self.precision)) }
      starts.append(first)
      bounds.append(weights.count)
    }
    self.outputs = outputs
    // Starts and ends ascend with the outputs.
    let end = (starts.last ?? 0) + (bounds[bounds.count - 1] - bounds[max(bounds.count - 2, 0)])
    sources = (starts.first ?? 0)..<end
    (self.starts, self.bounds, self.weights) = (starts, bounds, weights)
  }

  /// The sources of an output and their weights in units of 2⁻²².
  package func weights(of output: Int) -> (sources: Range<Int>, weights: [Int32]) {
    let index = output - outputs.lowerBound
    let found = weights[bounds[index]..<bounds[index + 1]]
    return (starts[index]..<starts[index] + found.count, Array(found))
  }

  /// The byte of a sum of bytes times weights, and one half.
  ///
  /// The sum is below 2³¹: weights sum to 2²² but for half a unit each.
  @inline(__always)
  fileprivate static func byte(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max(sum >> Int32(precision), 0), 255))
  }
}

extension Image {
  /// The outputs of `rows` and `columns`: columns are resampled first and rounded to bytes, then rows,
  /// as Pillow's `resize` does.
  ///
  /// The filters must be made for the image's height and width.
  package func resampled(rows: TriangleFilter, columns: TriangleFilter) -> Image {
    precondition(rows.sources.upperBound <= height && columns.sources.upperBound <= width)
    let (width, height) = (columns.outputs.count, rows.outputs.count)
    let narrow = [UInt8](unsafeUninitializedCapacity: rows.sources.count * width * 3) {
      narrow, count in
      count = rows.sources.count * width * 3
      guard let target = narrow.baseAddress else { return }
      pixels.withUnsafeBufferPointer { pixels in
        guard let source = pixels.baseAddress else { return }
        for (index, row) in rows.sources.enumerated() {
          columns.resample(source + row * self.width * 3, to: target + index * width * 3)
        }
      }
    }
    let result = [UInt8](unsafeUninitializedCapacity: height * width * 3) { result, count in
      count = height * width * 3
      guard let target = result.baseAddress else { return }
      narrow.withUnsafeBufferPointer { narrow in
        guard let source = narrow.baseAddress else { return }
        rows.resample(rowsOf: width * 3, source, to: target)
      }
    }
    return Image(height: height, width: width, pixels: result)
  }
}

extension TriangleFilter {
  /// Resamples one row of pixels of three bytes.
  fileprivate func resample(
    _ row: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>
  ) {
    weights.withUnsafeBufferPointer { weights in
      for output in 0..<outputs.count {
        var (red, green, blue) = (Self.half, Self.half, Self.half)
        var source = row + 3 * starts[output]
        for index in bounds[output]..<bounds[output + 1] {
          let weight = weights[index]
          red &+= weight &* Int32(source[0])
          green &+= weight &* Int32(source[1])
          blue &+= weight &* Int32(source[2])
          source += 3
        }
        target[3 * output] = Self.byte(red)
        target[3 * output + 1] = Self.byte(green)
        target[3 * output + 2] = Self.byte(blue)
      }
    }
  }

  /// Resamples rows of `length` bytes; `source` begins with the first row of `sources`.
  fileprivate func resample(
    rowsOf length: Int, _ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>
  ) {
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: length) { sums in
      for output in 0..<outputs.count {
        sums.update(repeating: Self.half)
        let first = source + (starts[output] - sources.lowerBound) * length
        for index in bounds[output]..<bounds[output + 1] {
          let (weight, row) = (weights[index], first + (index - bounds[output]) * length)
          for i in 0..<length { sums[i] &+= weight &* Int32(row[i]) }
        }
        let row = target + output * length
        for i in 0..<length { row[i] = Self.byte(sums[i]) }
      }
    }
  }
}
