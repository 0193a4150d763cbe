/// Rows by rising confidence in consecutive segments, whose sums are all that the errors of bins depend
/// on.
struct RowSegments: Sendable {
  /// The sums over a segment's rows of weights, and of weight · (confidence − right).
  struct Sums {
    var count = Lanes.zero
    var excess = Lanes.zero
  }

  /// The image that each row shows.
  let images: [Int]  // [N]
  /// Confidence − right of each row.
  let excesses: [Double]  // [N]
  /// 1 where the row is right, else 0.
  let rights: [Double]  // [N]
  /// The row after the last of each segment.
  let ends: [Int]  // [segments]

  /// The sums of each segment, with the weights that rows have by their image.
  func sums(_ weights: UnsafeBufferPointer<SIMD8<UInt8>>) -> [Sums] {
    images.withUnsafeBufferPointer { images in
      excesses.withUnsafeBufferPointer { excesses in
        var start = 0
        return ends.map { end in
          var sums = Sums()
          for row in start..<end {
            let weight = Lanes(SIMD8<Int32>(truncatingIfNeeded: weights[images[row]]))
            sums.count += weight
            sums.excess += weight * excesses[row]
          }
          start = end
          return sums
        }
      }
    }
  }

  /// The rows of each image by their places; images without rows are left out.
  var rowsByImage: [[Int]] {
    var rows = [[Int]](repeating: [], count: (images.max() ?? -1) + 1)
    for (row, image) in images.enumerated() { rows[image].append(row) }
    return rows.filter { !$0.isEmpty }
  }

  /// The segment of each row.
  var segmentOfRow: [Int] {
    var start = 0
    return ends.enumerated().flatMap { segment, end in
      defer { start = end }
      return repeatElement(segment, count: end - start)
    }
  }
}

/// The bins that segments of rows belong to, each with the part of the segment that does.
struct BinShares: Sendable {
  let binCount: Int
  private let starts: [Int]  // [segments + 1]
  private let bins: [Int]
  private let parts: [Double]

  init(_ shares: [[(bin: Int, part: Double)]], binCount: Int) {
    self.binCount = binCount
    starts = shares.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    bins = shares.flatMap { $0.map(\.bin) }
    parts = shares.flatMap { $0.map(\.part) }
  }

  /// Calls `body` with each bin of a segment, and the part of the segment that belongs to it.
  @inline(__always)
  func forEach(of segment: Int, _ body: (_ bin: Int, _ part: Double) -> Void) {
    for i in starts[segment]..<starts[segment + 1] { body(bins[i], parts[i]) }
  }

  /// The sums of each bin, from those of the segments.
  func sums(_ segments: [RowSegments.Sums]) -> [RowSegments.Sums] {
    var sums = [RowSegments.Sums](repeating: .init(), count: binCount)
    sums.withUnsafeMutableBufferPointer { sums in
      for (segment, ofSegment) in segments.enumerated() {
        forEach(of: segment) { bin, part in
          sums[bin].count += ofSegment.count * part
          sums[bin].excess += ofSegment.excess * part
        }
      }
    }
    return sums
  }
}
