/// The clean test rows in two halves: a fit on one half scores the other.
public struct CleanHalves: Sendable, Equatable {
  /// The first half's rows ("val" in MixMo) and the second's ("test").
  public let rows: [[Int]]  // [2]

  /// How many rows both halves have.
  public var rowCount: Int { rows[0].count + rows[1].count }

  /// MixMo's split: 0..<rowCount shuffled, the first floor(rowCount / 2) against the rest.
  ///
  /// The order is that of `numpy.random.seed(seed); numpy.random.shuffle(list(range(rowCount)))`.
  ///
  /// - Throws: `ScoringError.tooFewRowsToHalve` below 2 rows.
  public init(rowCount: Int, seed: UInt32 = 31) throws(ScoringError) {
    guard rowCount >= 2 else { throw .tooFewRowsToHalve(rowCount) }
    let order = Self.order(rowCount: rowCount, seed: seed)
    rows = [Array(order[..<(rowCount / 2)]), Array(order[(rowCount / 2)...])]
  }

  /// 0..<rowCount shuffled, as the halves of this seed cut it.
  static func order(rowCount: Int, seed: UInt32) -> [Int] {
    var order = Array(0..<rowCount)
    var generator = MersenneTwister(seed: seed)
    generator.shuffle(&order)
    return order
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

/// MT19937 (Matsumoto and Nishimura 1998), seeded and shuffling as NumPy's `RandomState` does.
private struct MersenneTwister {
  private static let length = 624
  private static let middle = 397
  private var state: [UInt32]
  private var index = MersenneTwister.length

  init(seed: UInt32) {
    state = [seed]
    for i in 1..<Self.length {
      let previous = state[i - 1]
      state.append(1_812_433_253 &* (previous ^ previous >> 30) &+ UInt32(i))
    }
  }

  mutating func nextWord() -> UInt32 {
    if index == Self.length { twist() }
    var word = state[index]
    index += 1
    word ^= word >> 11
    word ^= word << 7 & 0x9D2C_5680
    word ^= word << 15 & 0xEFC6_0000
    return word ^ word >> 18
  }

  /// A number uniform in 0...maximum: words masked to its bits until one is small enough.
  mutating func number(upTo maximum: UInt32) -> UInt32 {
    guard maximum > 0 else { return 0 }
    let mask = UInt32.max >> UInt32(maximum.leadingZeroBitCount)
    while true {
      let candidate = nextWord() & mask
      if candidate <= maximum { return candidate }
    }
  }

  /// `numpy.random.shuffle` of a list: Fisher and Yates from the end.
  mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, Int(number(upTo: UInt32(last))))
    }
  }

  private mutating func twist() {
    for i in 0..<Self.length {
      let next = state[(i + 1) % Self.length]
      let mixed = state[i] & 0x8000_0000 | next & 0x7FFF_FFFF
      state[i] =
        state[(i + Self.middle) % Self.length] ^ mixed >> 1 ^ (mixed & 1 == 0 ? 0 : 0x9908_B0DF)
    }
    index = 0
  }
}
