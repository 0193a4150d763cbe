/// Rounds summands so that their sum in Float64 is the same bits in any order.
///
/// Every summand becomes a multiple of one quantum, a power of two that is so large that every
/// partial sum is exact in Float64 (Demmel and Nguyen 2013). The sum keeps 50 bits below
/// `bound · count`.
package struct SummandRounding: Sendable {
  /// 1.5 · 2⁵² quanta: adding a value to it rounds the value to whole quanta.
  private let shift: Double

  /// For sums of at most `count` values whose magnitudes are at most `bound`.
  package init(bound: Double, count: Double) {
    let magnitude = bound * count
    shift =
      magnitude.isFinite
      ? 1.5
        * Double(sign: .plus, exponent: magnitude == 0 ? 0 : magnitude.exponent + 2, significand: 1)
      : .nan
  }

  /// `value`, rounded to whole quanta.
  package func callAsFunction(_ value: Double) -> Double { (value + shift) - shift }
}

extension ProcessGroup {
  /// The sums of columns over the rows of all processes, the same bits for any distribution and
  /// order of the rows.
  ///
  /// `rows` holds the rows of this process one after another, `[count, columns]`; there may be none.
  package func exactSums(ofRows rows: [Double], columns: Int) -> [Double] {
    let rowCount = rows.count / columns
    var bounds = [Double](repeating: 0, count: columns)
    for (i, value) in rows.enumerated() where value.magnitude > bounds[i % columns] {
      bounds[i % columns] = value.magnitude
    }
    let total = sum([Double(rowCount)])[0]
    let rounding = max(bounds).map { SummandRounding(bound: $0, count: total) }
    var sums = [Double](repeating: 0, count: columns)
    for (i, value) in rows.enumerated() { sums[i % columns] += rounding[i % columns](value) }
    return sum(sums)
  }
}
