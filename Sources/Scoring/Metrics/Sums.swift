/// The mean of numbers that arrive one by one, summed with compensation (Neumaier 1974).
///
/// The compensation keeps the error of the sum near one rounding for any number of terms, so that
/// the mean hardly depends on how the numbers were batched.
public struct RunningMean: Sendable, Equatable {
  /// How many numbers were added.
  public private(set) var count = 0
  private var partialSum = 0.0
  private var compensation = 0.0

  /// A mean of nothing yet.
  public init() {}

  /// The sum of the numbers.
  public var sum: Double { partialSum + compensation }

  /// The mean of the numbers, nil when there are none or one is infinite.
  public var value: Double? {
    count > 0 && sum.isFinite ? sum / Double(count) : nil
  }

  /// The mean of `values`; nil when there are none or one is undefined.
  public static func mean(of values: some Sequence<Double?>) -> Double? {
    var mean = RunningMean()
    for value in values {
      guard let value else { return nil }
      mean.add(value)
    }
    return mean.value
  }

  /// Adds one number.
  public mutating func add(_ number: Double) {
    addToSum(number)
    count += 1
  }

  /// Adds the numbers that were added to `other`.
  public mutating func merge(_ other: RunningMean) {
    addToSum(other.partialSum)
    addToSum(other.compensation)
    count += other.count
  }

  private mutating func addToSum(_ number: Double) {
    let sum = partialSum + number
    let lost =
      abs(partialSum) >= abs(number) ? (partialSum - sum) + number : (number - sum) + partialSum
    compensation += lost
    partialSum = sum
  }
}

/// A sum of numbers in 0...1 that does not depend on their order, a whole number of 2⁻⁶², and how many
/// they are.
///
/// Numbers of at least 2⁻¹⁰ are added exactly, smaller ones are cut off below 2⁻⁶². It holds up to
/// 2³² − 1 numbers.
struct FixedPointSum: Sendable, Equatable {
  /// The sum in the lower 96 bits, the count above them: one addition serves both.
  private var units: UInt128 = 0
  /// Computed: a stored constant is initialized lazily, which would be checked for each number.
  private static var one: UInt128 { 1 << 96 }

  /// The sum of no numbers.
  init() {}

  /// The sum of `count` times the same number.
  init(repeating number: Double, count: Int) {
    units = UInt128(count) << 96 | UInt128(count) * UInt128(Self.units(of: number))
  }

  /// How many numbers were added.
  var count: Int { Int(units >> 96) }

  @inline(__always)
  mutating func add(_ number: Double) {
    units &+= Self.one | UInt128(Self.units(of: number))
  }

  mutating func merge(_ other: FixedPointSum) { units &+= other.units }

  /// The sum − `count`, rounded once.
  func excess(over count: Int) -> Double {
    let (sum, count) = (units & (Self.one - 1), UInt128(count) << 62)
    return sum >= count ? Double(sum - count) * 0x1p-62 : -Double(count - sum) * 0x1p-62
  }

  @inline(__always)
  private static func units(of number: Double) -> UInt64 {
    let bits = number.bitPattern
    let significand = bits & (1 << 52 - 1) | 1 << 52
    // The exponent of 1 is stored as 1023, and 1 is 2⁶² units.
    return (significand << 10) &>> min(1023 &- bits >> 52, 63)
  }
}
