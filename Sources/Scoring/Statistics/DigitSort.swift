extension [UInt64] {
  private static var digitBits: Int { 11 }
  /// Fewer numbers than this are sorted by comparison.
  private static var fewest: Int { 1 << 10 }

  /// Sorts the numbers, the smallest first: by their digits to the base 2¹¹, the last digit first.
  ///
  /// Takes as much memory again.
  mutating func sortByDigits() {
    guard count >= Self.fewest else { return sort() }
    let (bits, mask) = (Self.digitBits, UInt64(1) << Self.digitBits - 1)
    let different = reduce(0) { $0 | ($1 ^ self[0]) }
    var other = self
    for shift in Swift.stride(from: 0, to: UInt64.bitWidth, by: bits)
    where different >> UInt64(shift) & mask != 0 {
      var ends = [Int](repeating: 0, count: 1 << bits)
      for number in self { ends[Int(number >> UInt64(shift) & mask)] += 1 }
      var start = 0
      for digit in ends.indices { (ends[digit], start) = (start, start + ends[digit]) }
      for number in self {
        let digit = Int(number >> UInt64(shift) & mask)
        other[ends[digit]] = number
        ends[digit] += 1
      }
      swap(&self, &other)
    }
  }
}
