// K classes in G groups.

/// Classes in an order that does not depend on their names, those that rows do not distinguish in one
/// group.
///
/// What is fitted is the same for all classes of a group. Where their logits differ in other rows, sums
/// take them by size, so that renaming classes changes no bit.
struct ClassGroups: Sendable {
  /// The classes of each group.
  let members: [[Int]]  // [G]
  /// The group of each class.
  private let groups: [Int]  // [K]
  private let hasTies: Bool

  var count: Int { members.count }

  init(_ members: [[Int]]) {
    self.members = members
    var groups = [Int](repeating: 0, count: members.reduce(0) { $0 + $1.count })
    for (group, classes) in members.enumerated() { for c in classes { groups[c] = group } }
    self.groups = groups
    hasTies = members.count < groups.count
  }

  /// Each class in a group of its own.
  init(classCount: Int) {
    self.init((0..<classCount).map { [$0] })
  }

  /// Writes the sum of the numbers of each group, added up from the smallest on.
  func add(_ row: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Double>) {
    guard hasTies else {
      for (c, group) in groups.enumerated() { sums[group] = row[c] }
      return
    }
    for (group, classes) in members.enumerated() {
      sums[group] = sortedSum(classes.count) { row[classes[$0]] }
    }
  }

  func forEachClass(_ body: (_ class: Int, _ group: Int) -> Void) {
    for (c, group) in groups.enumerated() { body(c, group) }
  }

  /// `values` of pairs of classes, [K, K], with the mean over pairs of the same groups for each: of
  /// classes with themselves, and of different ones.
  func symmetrized(_ values: [Double]) -> [Double] {
    guard hasTies else { return values }
    var results = values
    let classCount = groups.count
    for rows in members {
      for columns in members where rows.count > 1 || columns.count > 1 {
        let pairs = rows.flatMap { row in columns.map { row * classCount + $0 } }
        let isOwn = { (pair: Int) in pair % (classCount + 1) == 0 }
        for part in [pairs.filter(isOwn), pairs.filter { !isOwn($0) }] where !part.isEmpty {
          let mean = sortedSum(part.count) { values[part[$0]] } / Double(part.count)
          for pair in part { results[pair] = mean }
        }
      }
    }
    return results
  }

  /// `values` of classes, [K], with the mean over its group for each.
  func averaged(_ values: [Double]) -> [Double] {
    guard hasTies else { return values }
    var results = values
    for classes in members where classes.count > 1 {
      let mean = sortedSum(classes.count) { values[classes[$0]] } / Double(classes.count)
      for c in classes { results[c] = mean }
    }
    return results
  }
}
