import Foundation

/// How far from 1 given probabilities sum.
///
/// Rounded numbers do not sum to 1 exactly. Where rounding explains the difference, a distribution is
/// scored as it was given; else it is divided by its sum, as it is where a number is above 1. Each
/// member is judged by its own numbers: it is scored as it is scored alone.
public struct ProbabilitySums: Sendable, Equatable {
  /// How far from 1 rounding may take a sum of each member.
  ///
  /// Half a unit of the last decimal for each of K classes where all numbers of the member have at most
  /// 8 decimals. Else (K + 8) · 2⁻¹¹, 2⁻²⁴ or 2⁻⁵³ where half, single or double precision holds all of
  /// them: K numbers are rounded, and what they were computed by. Texts of at most 9 digits count as
  /// single precision, or with half a unit of the last of 4 to 9 digits where that is more. At most
  /// 0.05.
  public private(set) var roundings: [Double]  // [M]
  /// The largest |sum − 1|.
  public private(set) var largestDifference = 0.0
  /// How many distributions of each member are divided by their sum.
  public private(set) var dividedCounts: [Int]  // [M]
  /// How many distributions there are; each row has one of each member.
  public private(set) var count = 0

  /// How many distributions are divided by their sum.
  public var dividedCount: Int { dividedCounts.reduce(0, +) }

  /// Rounding may lift a probability above 1.
  private static let largestProbability = 1 + 1e-3
  fileprivate static let largestRounding = 0.05
  /// Sums that are further off than this, and than by rounding, are those of no probabilities.
  private static let largestTolerance = 5e-3

  /// Checks all `values`, distributions over `classCount` classes of `memberCount` members.
  ///
  /// - Throws: `ScoringError.notProbabilities` or `.wrongSums`.
  init<Number: BinaryFloatingPoint>(
    _ values: UnsafeBufferPointer<Number>, memberCount: Int, classCount: Int
  ) throws(ScoringError) {
    let isWrong = { (value: Number) in
      !(value >= 0 && Double(value) <= Self.largestProbability)
    }
    if let first = values.firstIndex(where: isWrong) {
      throw .notProbabilities(
        count: values.count(where: isWrong), row: first / (memberCount * classCount),
        member: first / classCount % memberCount, class: first % classCount,
        value: Double(values[first]))
    }
    roundings = (0..<memberCount).map { member in
      MemberNumbers(
        values: values, member: member, memberCount: memberCount, classCount: classCount
      ).rounding
    }
    dividedCounts = [Int](repeating: 0, count: memberCount)
    try add(values, memberCount: memberCount, classCount: classCount)
  }

  /// Those of several sets of the same members; nil for no set.
  package init?(merging sets: [ProbabilitySums]) {
    guard let first = sets.first else { return nil }
    self = first
    for set in sets.dropFirst() { merge(set) }
  }

  private mutating func merge(_ other: ProbabilitySums) {
    roundings = zip(roundings, other.roundings).map { max($0, $1) }
    largestDifference = max(largestDifference, other.largestDifference)
    dividedCounts = zip(dividedCounts, other.dividedCounts).map { $0 + $1 }
    count += other.count
  }

  private mutating func add<Number: BinaryFloatingPoint>(
    _ values: UnsafeBufferPointer<Number>, memberCount: Int, classCount: Int
  ) throws(ScoringError) {
    var wrong: (count: Int, index: Int, sum: Double)?
    count = values.count / classCount
    for index in 0..<count {
      let member = index % memberCount
      let row = values[index * classCount..<(index + 1) * classCount]
      let (sum, divides) = self.sum(of: row.lazy.map { Double($0) }, roundings[member])
      dividedCounts[member] += divides ? 1 : 0
      largestDifference = max(largestDifference, abs(sum - 1))
      guard abs(sum - 1) > max(roundings[member], Self.largestTolerance) else { continue }
      wrong = ((wrong?.count ?? 0) + 1, wrong?.index ?? index, wrong?.sum ?? sum)
    }
    if let (count, index, sum) = wrong {
      throw .wrongSums(
        count: count, row: index / memberCount, member: index % memberCount, sum: sum)
    }
  }

  /// Divides a distribution of a member by its sum where that is needed.
  func normalize(_ distribution: UnsafeMutableBufferPointer<Double>, member: Int) {
    let (sum, divides) = sum(of: distribution, roundings[member])
    guard divides else { return }
    for c in distribution.indices { distribution[c] = min(1, distribution[c] / sum) }
  }

  /// The sum of a distribution, and whether it is to be divided by it.
  @inline(__always)
  private func sum(
    of distribution: some Sequence<Double>, _ rounding: Double
  ) -> (sum: Double, divides: Bool) {
    var (sum, largest) = (FixedPointSum(), 0.0)
    for number in distribution {
      sum.add(number)
      largest = max(largest, number)
    }
    let difference = sum.excess(over: 1)
    return (1 + difference, abs(difference) > rounding || largest > 1)
  }
}

/// The probabilities of one member.
private struct MemberNumbers<Number: BinaryFloatingPoint> {
  let values: UnsafeBufferPointer<Number>  // [N, M, K]
  let member: Int
  let memberCount: Int
  let classCount: Int

  /// How far from 1 rounding may take a sum.
  var rounding: Double {
    if let unit = lastDecimal {
      return min(ProbabilitySums.largestRounding, Double(classCount) * unit / 2 + 1e-12)
    }
    let roundings = Double(classCount + 8)
    if allSatisfy({ Number(Float16($0)) == $0 }) {
      return min(ProbabilitySums.largestRounding, roundings * 0x1p-11)
    }
    if allSatisfy({ Number(Float($0)) == $0 }) { return roundings * 0x1p-24 }
    // Float32 as text need not be the nearest Float64 to it.
    guard let digits else { return roundings * 0x1p-53 }
    return max(roundings * 0x1p-24, pow(10, 1 - Double(max(digits, 4))) / 2)
  }

  private func allSatisfy(_ holds: (Number) -> Bool) -> Bool {
    let starts = stride(
      from: member * classCount, to: values.count, by: memberCount * classCount)
    return starts.allSatisfy { start in
      (start..<start + classCount).allSatisfy { holds(values[$0]) }
    }
  }

  /// How many significant digits numbers have, at most 9; nil for more.
  private var digits: Int? {
    var digits = 1
    let areAtMost9 = allSatisfy { value in
      guard value != 0 else { return true }
      let exponent = floor(log10(Double(value)))
      let first = Double(value) * pow(10, -exponent)
      while !isWhole(first * pow(10, Double(digits - 1))) {
        guard digits < 9 else { return false }
        digits += 1
      }
      return true
    }
    return areAtMost9 ? digits : nil
  }

  /// The unit of the last decimal, 0.1 to 1e-8, that numbers have; nil for more decimals.
  private var lastDecimal: Double? {
    var (decimals, power) = (1, 10.0)
    let areAtMost8 = allSatisfy { value in
      while !isWhole(Double(value) * power) {
        guard decimals < 8 else { return false }
        (decimals, power) = (decimals + 1, power * 10)
      }
      return true
    }
    return areAtMost8 ? 1 / power : nil
  }

  /// Whether the number is 0, or whole and at least 1, but for what Float32 rounds off.
  private func isWhole(_ number: Double) -> Bool {
    let nearest = number.rounded()
    return abs(number - nearest) < 1e-3 && (nearest >= 1 || number == 0)
  }
}
