/// How numbers are sorted by their digits.
private enum Digits {
  static let bits = 11
  static let mask = UInt64(1) << bits - 1
  /// Fewer elements than this are sorted by comparison.
  static let fewest = 1 << 10
}

extension Array {
  /// Sorts by `key`, the smallest first: by its digits to the base 2¹¹, the last digit first.
  ///
  /// Elements of one key keep their order. Takes as much memory again.
  @inline(__always)
  package mutating func sortByDigits(of key: (Element) -> UInt64) {
    guard count >= Digits.fewest else { return sort { key($0) < key($1) } }
    let size = 1 << Digits.bits
    let places = (UInt64.bitWidth + Digits.bits - 1) / Digits.bits
    var counts = [Int](repeating: 0, count: places * size)
    for element in self {
      var rest = key(element)
      for place in 0..<places {
        counts[place * size + Int(rest & Digits.mask)] += 1
        rest >>= UInt64(Digits.bits)
      }
    }
    var other = self
    for place in 0..<places {
      let shift = UInt64(place * Digits.bits)
      // Where all have one digit, they are in order.
      let any = Int(key(self[0]) >> shift & Digits.mask)
      if counts[place * size + any] == count { continue }
      var (starts, start) = (Swift.Array(counts[place * size..<(place + 1) * size]), 0)
      for digit in starts.indices { (starts[digit], start) = (start, start + starts[digit]) }
      for element in self {
        let digit = Int(key(element) >> shift & Digits.mask)
        other[starts[digit]] = element
        starts[digit] += 1
      }
      swap(&self, &other)
    }
  }
}

extension [UInt64] {
  /// Sorts the numbers, the smallest first.
  package mutating func sortByDigits() { sortByDigits { $0 } }
}

extension [Double] {
  /// The places of the numbers by rising numbers, of equal ones in the order of the places.
  ///
  /// - Precondition: No number is NaN.
  package var risingOrder: [Int] {
    // The sum of −0 and 0 is 0: both are equal.
    var numbers = enumerated().map { (place: $0, key: ($1 + 0).digitKey) }
    numbers.sortByDigits(of: \.key)
    return numbers.map(\.place)
  }
}

extension Double {
  /// A whole number that is larger for a larger number; that of −0 is just below that of 0.
  ///
  /// - Precondition: The number is not NaN.
  package var digitKey: UInt64 {
    sign == .minus ? ~bitPattern : bitPattern | 1 << 63
  }
}
