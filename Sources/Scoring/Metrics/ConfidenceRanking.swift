/// Rows by rising confidence, those of equal confidence together.
///
/// It does not depend on the order of the rows. Takes 24 bytes for each distinct confidence.
public struct ConfidenceRanking: Sendable, Equatable {
  /// The rows of one confidence.
  struct Tie: Sendable, Equatable {
    let confidence: Double
    let count: Int
    let rightCount: Int

    var wrongCount: Int { count - rightCount }

    /// Σ confidence − right rows.
    var excess: Double { Double(count) * confidence - Double(rightCount) }
  }

  let ties: [Tie]
  /// How many rows there are.
  public let count: Int
  /// How many of them are right.
  public let rightCount: Int

  /// How many of the rows are wrong.
  public var wrongCount: Int { count - rightCount }

  /// The ranking of `rows`.
  public init(_ rows: [RowScore]) {
    self.init(rows.lazy.map { ($0.confidence, $0.isRight) })
  }

  /// The ranking of rows of which these are known.
  ///
  /// - Precondition: No confidence is NaN; calibration errors of the ranking need them in 0...1.
  public init(_ rows: some Sequence<(confidence: Double, isRight: Bool)>) {
    var (right, wrong): ([Double], [Double]) = ([], [])
    for row in rows {
      precondition(!row.confidence.isNaN, "a confidence is NaN")
      if row.isRight { right.append(row.confidence) } else { wrong.append(row.confidence) }
    }
    self.init(right: right, wrong: wrong)
  }

  /// The ranking of the confidences of right and of wrong rows, both in any order.
  init(right: [Double], wrong: [Double]) {
    let (right, wrong) = (radixSorted(right), radixSorted(wrong))
    var ties: [Tie] = []
    ties.reserveCapacity(right.count + wrong.count)
    var (r, w) = (0, 0)
    while r < right.count || w < wrong.count {
      let (firstRight, firstWrong) = (r, w)
      let confidence =
        w == wrong.count || r < right.count && right[r] <= wrong[w] ? right[r] : wrong[w]
      repeat {
        if r < right.count, right[r] == confidence { r += 1 } else { w += 1 }
      } while r < right.count && right[r] == confidence || w < wrong.count && wrong[w] == confidence
      ties.append(
        Tie(
          confidence: confidence, count: r - firstRight + w - firstWrong,
          rightCount: r - firstRight))
    }
    self.ties = ties
    count = right.count + wrong.count
    rightCount = right.count
  }
}

/// The numbers in rising order, NaN last or first by its sign.
///
/// Their bits are sorted digit by digit, from the lowest: ten times as fast as comparing a million.
private func radixSorted(_ numbers: [Double]) -> [Double] {
  guard numbers.count > 1000 else { return numbers.sorted() }
  var keys = numbers.map(\.orderedBits)
  var others = keys
  let digits = 0..<(UInt64.bitWidth + digitWidth - 1) / digitWidth
  var counts = [Int](repeating: 0, count: digits.count << digitWidth)
  for key in keys {
    for digit in digits { counts[digit << digitWidth + key.digit(digit)] += 1 }
  }
  for digit in digits {
    let first = digit << digitWidth
    // A digit that all numbers share leaves the order as it is.
    if counts[first + keys[0].digit(digit)] == keys.count { continue }
    var starts = counts[first..<first + 1 << digitWidth].reduce(into: [0]) {
      $0.append($0[$0.count - 1] + $1)
    }
    keys.withUnsafeBufferPointer { keys in
      others.withUnsafeMutableBufferPointer { others in
        for key in keys {
          let digit = key.digit(digit)
          others[starts[digit]] = key
          starts[digit] += 1
        }
      }
    }
    swap(&keys, &others)
  }
  return keys.map(Double.init(orderedBits:))
}

private let digitWidth = 11

extension Double {
  /// Bits that order as the numbers do: the sign bit flipped, and all bits of negative numbers.
  fileprivate var orderedBits: UInt64 {
    sign == .minus ? ~bitPattern : bitPattern | 1 << 63
  }

  fileprivate init(orderedBits: UInt64) {
    self.init(bitPattern: orderedBits >> 63 == 1 ? orderedBits & ~(1 << 63) : ~orderedBits)
  }
}

extension UInt64 {
  fileprivate func digit(_ index: Int) -> Int {
    Int(truncatingIfNeeded: self >> (index * digitWidth) & (1 << digitWidth - 1))
  }
}
