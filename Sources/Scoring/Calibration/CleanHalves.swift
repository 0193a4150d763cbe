/// The clean test rows in two halves: what is fitted on one is scored on the other.
public struct CleanHalves: Sendable, Equatable {
  /// The first half's rows ("val" in MixMo) and the second's ("test").
  public let rows: [[Int]]  // [2]

  /// How many rows the halves share out.
  public var rowCount: Int { rows[0].count + rows[1].count }

  /// MixMo's split: 0..<rowCount shuffled, the first floor(rowCount / 2) against the rest.
  ///
  /// The order is that of `numpy.random.seed(seed); numpy.random.shuffle(list(range(rowCount)))`.
  ///
  /// - Throws: `ScoringError.tooFewRowsToHalve` below 2 rows.
  public init(rowCount: Int, seed: UInt32 = 31) throws(ScoringError) {
    guard rowCount >= 2 else { throw .tooFewRowsToHalve(rowCount) }
    var order = Array(0..<rowCount)
    var generator = MersenneTwister(seed: seed)
    generator.shuffle(&order)
    rows = [Array(order[..<(rowCount / 2)]), Array(order[(rowCount / 2)...])]
  }

  /// A split chosen elsewhere, such as MixMo's `val_idx.npy` and `test_idx.npy`.
  ///
  /// - Throws: `ScoringError` unless each of 0..<N is in exactly one half and neither is empty.
  public init(first: [Int], second: [Int]) throws(ScoringError) {
    let rowCount = first.count + second.count
    guard !first.isEmpty, !second.isEmpty else { throw .tooFewRowsToHalve(rowCount) }
    var times = [Int](repeating: 0, count: rowCount)
    for row in first + second {
      guard times.indices.contains(row) else { throw .noSuchRow(row, rows: rowCount) }
      times[row] += 1
    }
    if let row = times.firstIndex(where: { $0 != 1 }) {
      throw .notHalves(row: row, times: times[row], rows: rowCount)
    }
    rows = [first, second]
  }
}
