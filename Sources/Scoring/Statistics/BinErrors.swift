/// The signed errors of bins, each Σ (confidence − right) over its rows, divided by all rows.
///
/// The bins are those of the data on every draw, too.
struct BinErrors: Sendable {
  /// How far norms of errors lie above the truth and below draws, in each lane on one draw.
  struct Deviations {
    var above = Lanes.zero
    var below = Lanes.zero
  }

  /// Beyond this number of standard deviations from 0 the sign of an error is known.
  private static let clearDeviations = 3.0

  private let shares: BinShares
  private let rowCount: Double
  private let moments: [BinMoments]  // [bins]
  private let errors: [Double]  // [bins]
  /// 1 or −1 where the sign of the error is known, else 0.
  private let signs: [Double]  // [bins]

  /// The errors of bins of rows, with the segments of rows that belong to them.
  init(_ segments: RowSegments, _ shares: BinShares) {
    self.shares = shares
    let rowCount = Double(segments.images.count)
    self.rowCount = rowCount
    let rowsByImage = segments.rowsByImage
    moments = BinMoments.all(of: segments, shares, rowsByImage)
    let squares = rowsByImage.reduce(0) { $0 + Double($1.count * $1.count) }
    errors = moments.map { $0.excess / rowCount }
    signs = moments.map { bin in
      let error = bin.excess / rowCount
      // The variance over draws of a ratio to the rows of the draw, linearized.
      let variance =
        bin.excessSquares - 2 * error * bin.excessProducts + error * error * squares
      let limit = Self.clearDeviations * max(0, variance).squareRoot() / rowCount
      return abs(error) <= limit ? 0 : error > 0 ? 1 : -1
    }
  }

  /// Σ |error|.
  var sum: Double { errors.reduce(0) { $0 + abs($1) } }

  /// √(Σ n/N · g²), with g = error · N/n in a bin of n rows.
  var rootMeanSquare: Double {
    let squares = moments.reduce(0) { sum, bin in
      bin.count > 0 ? sum + bin.excess * bin.excess / bin.count : sum
    }
    return (squares / rowCount).squareRoot()
  }

  /// The bins that hold rows.
  var rowBins: [RowBin] {
    moments.filter { $0.count > 0 }.map { bin in
      RowBin(
        confidence: (bin.excess + bin.right) / bin.count, accuracy: bin.right / bin.count,
        effectiveCount: bin.count * bin.count / bin.countSquares)
    }
  }

  /// How far `sum` deviates on draws of `total` rows.
  ///
  /// Where the sign of an error is known, its deviation counts as it is. Elsewhere its size counts as
  /// what may have made the data's norm too large.
  func deviationsOfSum(_ segments: [RowSegments.Sums], total: Lanes) -> Deviations {
    var all = Deviations()
    for (bin, drawn) in shares.sums(segments).enumerated() {
      let error = drawn.excess / total
      let deviation = error - errors[bin]
      if signs[bin] != 0 {
        all.above += signs[bin] * deviation
        all.below += signs[bin] * deviation
      } else {
        all.above += pointwiseMax(deviation, -deviation)
        all.below += pointwiseMax(error, -error) - abs(errors[bin])
      }
    }
    return all
  }

  /// How far `rootMeanSquare` deviates on draws of `total` rows: √(Σ n/N · (g − g of the data)²), and the
  /// difference of the values.
  func deviationsOfRootMeanSquare(_ segments: [RowSegments.Sums], total: Lanes) -> Deviations {
    var (squares, deviations) = (Lanes.zero, Lanes.zero)
    for (bin, drawn) in zip(moments, shares.sums(segments)) where bin.count > 0 {
      let gap = (drawn.excess / drawn.count).replacing(with: 0, where: drawn.count .== 0)
      let deviation = gap - bin.excess / bin.count
      squares += drawn.count * gap * gap
      deviations += drawn.count * deviation * deviation
    }
    return Deviations(
      above: (deviations / total).squareRoot(),
      below: (squares / total).squareRoot() - rootMeanSquare)
  }
}

/// Sums over the rows of a bin, of which some belong to it in part.
private struct BinMoments {
  /// Σ confidence − right, right rows, and rows.
  var (excess, right, count) = (0.0, 0.0, 0.0)
  /// Sums over images of squares of the same sum over the image, and of its products with the number of
  /// all the image's rows.
  var (excessSquares, excessProducts, countSquares) = (0.0, 0.0, 0.0)

  static func all(
    of segments: RowSegments, _ shares: BinShares, _ rowsByImage: [[Int]]
  ) -> [BinMoments] {
    var all = [BinMoments](repeating: BinMoments(), count: shares.binCount)
    var (excess, count) = (all.map(\.excess), all.map(\.count))
    let segmentOfRow = segments.segmentOfRow
    for rows in rowsByImage {
      for row in rows {
        shares.forEach(of: segmentOfRow[row]) { bin, part in
          excess[bin] += part * segments.excesses[row]
          count[bin] += part
          all[bin].right += part * segments.rights[row]
        }
      }
      // Of the bins that hold rows of the image, each is taken once.
      for row in rows {
        shares.forEach(of: segmentOfRow[row]) { bin, _ in
          guard count[bin] > 0 else { return }
          all[bin].add(excess[bin], count[bin], rowCount: Double(rows.count))
          (excess[bin], count[bin]) = (0, 0)
        }
      }
    }
    return all
  }

  private mutating func add(_ excess: Double, _ count: Double, rowCount: Double) {
    self.excess += excess
    self.count += count
    excessSquares += excess * excess
    excessProducts += excess * rowCount
    countSquares += count * count
  }
}
