/// A sum of numbers in 0...1 that no order of adding them changes: a whole number of 2⁻⁶².
///
/// Numbers of at least 2⁻¹⁰ are added exactly, smaller ones cut off below 2⁻⁶².
struct FixedPointSum: Sendable, Equatable {
  private var units: UInt128 = 0

  @inline(__always)
  mutating func add(_ number: Double) {
    units &+= UInt128(Self.units(of: number))
  }

  mutating func merge(_ other: FixedPointSum) { units &+= other.units }

  /// The sum − `count`, rounded once.
  func excess(over count: Int) -> Double {
    let count = UInt128(count) << 62
    return units >= count ? Double(units - count) * 0x1p-62 : -Double(count - units) * 0x1p-62
  }

  @inline(__always)
  private static func units(of number: Double) -> UInt64 {
    let bits = number.bitPattern
    let significand = bits & (1 << 52 - 1) | 1 << 52
    // From 2⁶² for the exponent of 1, which is 1023, down.
    return (significand << 10) &>> min(1023 &- bits >> 52, 63)
  }
}
