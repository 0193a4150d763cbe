import Foundation

/// How far from 1 given probabilities sum.
///
/// Rounded numbers do not sum to 1 exactly. Where rounding explains the difference, a distribution is
/// scored as it was given; else it is divided by its sum, as it is where a number is above 1.
public struct ProbabilitySums: Sendable, Equatable {
  /// How far from 1 rounding may take a sum.
  ///
  /// Half a unit of the last decimal for each of K classes where all numbers have at most 8 decimals.
  /// Else (K + 8) · 2⁻¹¹, 2⁻²⁴ or 2⁻⁵³ where half, single or double precision holds all of them: K
  /// numbers are rounded, and what they were computed by. Texts of at most 9 digits count as single
  /// precision, or with half a unit of the last of 4 to 9 digits where that is more. At most 0.05.
  public private(set) var rounding: Double
  /// The largest |sum − 1|.
  public private(set) var largestDifference = 0.0
  /// How many distributions are divided by their sum; each row has one of each member.
  public private(set) var dividedCount = 0
  /// How many distributions there are.
  public private(set) var count = 0

  /// Rounding may lift a probability above 1.
  private static let largestProbability = 1 + 1e-3
  private static let largestRounding = 0.05
  /// Sums that are further off than this, and than by rounding, are those of no probabilities.
  private static let largestTolerance = 5e-3

  /// Checks all `values`, distributions over `classCount` classes of `memberCount` members.
  ///
  /// - Throws: `ScoringError.notProbabilities` or `.wrongSums`.
  init<Number: BinaryFloatingPoint>(
    _ values: UnsafeBufferPointer<Number>, memberCount: Int, classCount: Int
  ) throws(ScoringError) {
    let isWrong = { (value: Number) in !(value >= 0 && value <= Number(Self.largestProbability)) }
    if let first = values.firstIndex(where: isWrong) {
      throw .notProbabilities(
        count: values.count(where: isWrong), row: first / (memberCount * classCount),
        member: first / classCount % memberCount, class: first % classCount,
        value: Double(values[first]))
    }
    rounding = Self.rounding(of: values, classCount: classCount)
    try add(values, memberCount: memberCount, classCount: classCount)
  }

  /// Those of several sets; nil for no set.
  init?(merging sets: [ProbabilitySums]) {
    guard let first = sets.first else { return nil }
    self = first
    for set in sets.dropFirst() { merge(set) }
  }

  private mutating func merge(_ other: ProbabilitySums) {
    rounding = max(rounding, other.rounding)
    largestDifference = max(largestDifference, other.largestDifference)
    dividedCount += other.dividedCount
    count += other.count
  }

  private mutating func add<Number: BinaryFloatingPoint>(
    _ values: UnsafeBufferPointer<Number>, memberCount: Int, classCount: Int
  ) throws(ScoringError) {
    let tolerance = max(rounding, Self.largestTolerance)
    var wrong: (count: Int, index: Int, sum: Double)?
    count = values.count / classCount
    for index in 0..<count {
      let row = values[index * classCount..<(index + 1) * classCount]
      let (sum, divides) = self.sum(of: row.lazy.map { Double($0) })
      dividedCount += divides ? 1 : 0
      largestDifference = max(largestDifference, abs(sum - 1))
      guard abs(sum - 1) > tolerance else { continue }
      wrong = ((wrong?.count ?? 0) + 1, wrong?.index ?? index, wrong?.sum ?? sum)
    }
    if let (count, index, sum) = wrong {
      throw .wrongSums(
        count: count, row: index / memberCount, member: index % memberCount, sum: sum)
    }
  }

  /// Divides a distribution by its sum where that is needed.
  func normalize(_ distribution: UnsafeMutableBufferPointer<Double>) {
    let (sum, divides) = sum(of: distribution)
    guard divides else { return }
    for c in distribution.indices { distribution[c] = min(1, distribution[c] / sum) }
  }

  /// The sum of a distribution, and whether it is to be divided by it.
  @inline(__always)
  private func sum(of distribution: some Sequence<Double>) -> (sum: Double, divides: Bool) {
    var (sum, compensation, largest) = (0.0, 0.0, 0.0)
    for number in distribution {
      let next = sum + number
      compensation += sum >= number ? (sum - next) + number : (number - next) + sum
      sum = next
      largest = max(largest, number)
    }
    sum += compensation
    return (sum, abs(sum - 1) > rounding || largest > 1)
  }

  private static func rounding<Number: BinaryFloatingPoint>(
    of values: UnsafeBufferPointer<Number>, classCount: Int
  ) -> Double {
    if let unit = lastDecimal(of: values) {
      return min(largestRounding, Double(classCount) * unit / 2 + 1e-12)
    }
    let roundings = Double(classCount + 8)
    if values.allSatisfy({ Number(Float16($0)) == $0 }) {
      return min(largestRounding, roundings * 0x1p-11)
    }
    if values.allSatisfy({ Number(Float($0)) == $0 }) { return roundings * 0x1p-24 }
    // Float32 as text need not be the nearest Float64 to it.
    guard let digits = digits(of: values) else { return roundings * 0x1p-53 }
    return max(roundings * 0x1p-24, pow(10, 1 - Double(max(digits, 4))) / 2)
  }

  /// How many significant digits numbers have, at most 9; nil for more.
  private static func digits<Number: BinaryFloatingPoint>(
    of values: UnsafeBufferPointer<Number>
  ) -> Int? {
    var digits = 1
    for value in values where value != 0 {
      let exponent = floor(log10(Double(value)))
      let first = Double(value) * pow(10, -exponent)
      while !isWhole(first * pow(10, Double(digits - 1))) {
        guard digits < 9 else { return nil }
        digits += 1
      }
    }
    return digits
  }

  /// The unit of the last decimal, 0.1 to 1e-8, that numbers have; nil for more decimals.
  private static func lastDecimal<Number: BinaryFloatingPoint>(
    of values: UnsafeBufferPointer<Number>
  ) -> Double? {
    var (decimals, power) = (1, 10.0)
    for value in values {
      while !isWhole(Double(value) * power) {
        guard decimals < 8 else { return nil }
        (decimals, power) = (decimals + 1, power * 10)
      }
    }
    return 1 / power
  }

  /// Whether the number is 0, or whole and at least 1, but for what Float32 rounds off.
  private static func isWhole(_ number: Double) -> Bool {
    let nearest = number.rounded()
    return abs(number - nearest) < 1e-3 && (nearest >= 1 || number == 0)
  }
}
