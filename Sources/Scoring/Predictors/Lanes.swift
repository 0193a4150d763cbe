/// Numbers that are worked on at the same time: a sum of eight chains waits for none of them.
typealias Lanes = SIMD8<Double>

extension UnsafePointer<Double> {
  /// Eight numbers from `index` on.
  @inline(__always)
  func lanes(at index: Int) -> Lanes {
    UnsafeRawPointer(self + index).loadUnaligned(as: Lanes.self)
  }
}

extension UnsafeMutablePointer<Double> {
  /// Eight numbers from `index` on.
  @inline(__always)
  func lanes(at index: Int) -> Lanes { UnsafePointer(self).lanes(at: index) }
}

/// Σ term(i) for i in 0..<count, which `lanes` gives eight at a time.
@inline(__always)
func sum(
  _ count: Int, lanes: (Int) -> Lanes, term: (Int) -> Double
) -> Double {
  var sums = Lanes.zero
  let whole = count & ~7
  for i in stride(from: 0, to: whole, by: 8) { sums += lanes(i) }
  var sum = sums.sum()
  for i in whole..<count { sum += term(i) }
  return sum
}

/// Σ first·second over `count` numbers.
func product(
  _ first: UnsafePointer<Double>, _ second: UnsafePointer<Double>, count: Int
) -> Double {
  sum(count) {
    first.lanes(at: $0) * second.lanes(at: $0)
  } term: {
    first[$0] * second[$0]
  }
}
