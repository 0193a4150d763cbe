/// Spearman's rank correlation (1904): Pearson's correlation of ranks, those of equal numbers the mean of
/// their places.
enum RankCorrelation {
  /// The correlation of two numbers of each row, in −1...1; nil where one of them is constant.
  static func spearman(_ first: [Double], _ second: [Double]) -> Double? {
    let (first, second) = (RankGroups(first), RankGroups(second))
    let (mine, its) = (first.ranks, second.ranks)
    return value(
      covariance: zip(mine, its).reduce(0) { $0 + $1.0 * $1.1 },
      mine.reduce(0) { $0 + $1 * $1 }, its.reduce(0) { $0 + $1 * $1 })
  }

  /// The correlation from sums of products of ranks less their mean; nil where one is constant.
  static func value(covariance: Double, _ first: Double, _ second: Double) -> Double? {
    // The root of a square is exact: ranks that are the same have the correlation 1.
    first > 0 && second > 0 ? covariance / (first * second).squareRoot() : nil
  }
}

/// Rows by a number of each, those of equal numbers in one group, groups by rising numbers.
struct RankGroups {
  /// The row in each place by rising numbers.
  let order: [Int]  // [N]
  /// The group of each row.
  let groups: [Int32]  // [N]
  /// How many groups there are.
  let count: Int

  /// The groups of `numbers`, none of which is NaN.
  init(_ numbers: [Double]) {
    order = numbers.risingOrder
    var groups = [Int32](repeating: 0, count: numbers.count)
    var last: Int32 = -1
    for (place, row) in order.enumerated() {
      if place == 0 || numbers[row] != numbers[order[place - 1]] { last += 1 }
      groups[row] = last
    }
    self.groups = groups
    count = Int(last) + 1
  }

  /// The rank of each row less the mean of all ranks.
  var ranks: [Double] {
    var counts = [Int](repeating: 0, count: count)
    for group in groups { counts[Int(group)] += 1 }
    var (before, ofGroups) = (0, [Double]())
    for size in counts {
      ofGroups.append(Double(2 * before + size - groups.count) / 2)
      before += size
    }
    return groups.map { ofGroups[Int($0)] }
  }
}
