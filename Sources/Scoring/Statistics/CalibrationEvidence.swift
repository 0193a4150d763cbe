/// What each row says about the calibration error of the truth, of which that of the data is a biased
/// estimate.
///
/// A calibration error is a norm of the bins' errors, and noise makes a norm larger. For any slopes that
/// are chosen without looking at a row, though, its slope times its excess of confidence has a mean that
/// the norm bounds; with the slopes of the norm itself, taken from all rows, the mean is the norm of the
/// data, whose expectation bounds that of the truth (Jensen's inequality). So `lower` means of one
/// predictor that lie above the `upper` ones of another are evidence that its true error is larger.
package struct CalibrationEvidence: Sendable {
  /// Numbers, one a row, whose mean has an expectation of at most the true error: each row's slope is
  /// that of the rows of the other parity.
  package let lower: [Double]
  /// Numbers whose mean is the error of the data, and has an expectation of at least the true error.
  package let upper: [Double]

  /// The evidence of `rows`, by the bins and the norm of `binning`.
  package init(_ rows: [RowScore], binning: Binning) {
    let table = ReliabilityTable(binning: binning)
    let bins = rows.map { table.index(of: $0.confidence) }
    let excesses = rows.map { $0.confidence - ($0.isRight ? 1 : 0) }
    var halves = [BinSums](repeating: BinSums(binning), count: 2)
    for row in rows.indices { halves[row % 2].add(excesses[row], to: bins[row]) }
    let whole = (halves[0] + halves[1]).slopes
    let others = [halves[1].slopes, halves[0].slopes]
    lower = rows.indices.map { others[$0 % 2][bins[$0]] * excesses[$0] }
    upper = rows.indices.map { whole[bins[$0]] * excesses[$0] }
  }
}

/// The sums of rows in bins.
private struct BinSums {
  private let norm: Binning.Norm
  private var counts: [Double]
  private var excesses: [Double]

  init(_ binning: Binning) {
    norm = binning.norm
    counts = [Double](repeating: 0, count: binning.count)
    excesses = counts
  }

  mutating func add(_ excess: Double, to bin: Int) {
    counts[bin] += 1
    excesses[bin] += excess
  }

  static func + (first: BinSums, second: BinSums) -> BinSums {
    var sum = first
    for bin in sum.counts.indices {
      sum.counts[bin] += second.counts[bin]
      sum.excesses[bin] += second.excesses[bin]
    }
    return sum
  }

  /// For each bin the number that a row's excess is multiplied by, so that the mean over these rows is
  /// their error.
  var slopes: [Double] {
    let total = counts.reduce(0, +)
    let gaps = zip(excesses, counts).map { $1 > 0 ? $0 / $1 : 0 }
    switch norm {
    case .l1: return gaps.map { $0 == 0 ? 0 : $0 > 0 ? 1 : -1 }
    case .l2:
      let squares = zip(gaps, excesses).reduce(0) { $0 + $1.0 * $1.1 }
      let error = (squares / total).squareRoot()
      return gaps.map { error > 0 ? $0 / error : 0 }
    case .max:
      let largest = gaps.map(abs).max() ?? 0
      let first = gaps.firstIndex { abs($0) == largest && largest > 0 }
      return gaps.indices.map { bin in
        bin == first ? (gaps[bin] > 0 ? 1 : -1) * total / counts[bin] : 0
      }
    }
  }
}
