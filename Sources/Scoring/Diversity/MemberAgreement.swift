/// How often two members predict the same class, and how often they would by chance.
public struct LabelAgreement: Sendable, Equatable {
  /// How many rows were added.
  public private(set) var count = 0
  /// Rows for which both members predict the same class.
  public private(set) var sameCount = 0
  private var firstCounts: ClassCounts
  private var secondCounts: ClassCounts

  /// Nothing compared yet, over `classCount` classes.
  public init(classCount: Int) {
    firstCounts = ClassCounts(classCount: classCount)
    secondCounts = firstCounts
  }

  /// Adds a batch: two members' scores on the same rows.
  ///
  /// - Precondition: Both have the same number of rows.
  public mutating func add(_ first: [RowScore], _ second: [RowScore]) {
    precondition(first.count == second.count, "\(first.count) and \(second.count) rows")
    for (first, second) in zip(first, second) {
      count += 1
      sameCount += first.predictedClass == second.predictedClass ? 1 : 0
      firstCounts.add(first.predictedClass)
      secondCounts.add(second.predictedClass)
    }
  }

  /// The share of rows for which the members predict different classes; nil for no rows.
  public var disagreement: Double? {
    count > 0 ? Double(count - sameCount) / Double(count) : nil
  }

  /// (observed − expected agreement) / (1 − expected), at most 1.
  ///
  /// Expected is Σ over classes of the product of the shares of rows for which each member predicts
  /// the class. Nil for no rows, and when both always predict one and the same class.
  public var kappa: Double? {
    let pairs = Int128(count) * Int128(count)
    let expected = firstCounts.product(with: secondCounts)
    guard pairs > expected else { return nil }
    return Double(Int128(count) * Int128(sameCount) - expected) / Double(pairs - expected)
  }
}

/// How often each class was predicted: of many classes, those that were.
private struct ClassCounts: Sendable, Equatable {
  private var dense: [Int]  // [K], or nothing
  private var sparse: [Int: Int] = [:]

  /// More classes than this take memory for each prediction instead of for each class.
  private static let largestDenseCount = 4096

  init(classCount: Int) {
    dense = [Int](repeating: 0, count: classCount <= Self.largestDenseCount ? classCount : 0)
  }

  mutating func add(_ class: Int) {
    if dense.isEmpty { sparse[`class`, default: 0] += 1 } else { dense[`class`] += 1 }
  }

  /// The sum over classes of the products of both counts.
  func product(with other: ClassCounts) -> Int128 {
    let sum = zip(dense, other.dense).reduce(Int128(0)) { $0 + Int128($1.0) * Int128($1.1) }
    return sparse.reduce(sum) { $0 + Int128($1.value) * Int128(other.sparse[$1.key] ?? 0) }
  }
}

/// For each k, the number of rows that k of M members get right.
///
/// The measures of all members together are computed from it (Kuncheva and Whitaker 2003, "Measures
/// of diversity in classifier ensembles").
public struct RightMemberCounts: Sendable, Equatable {
  /// Rows by how many members get them right.
  public private(set) var rowCounts: [Int]  // [M + 1]

  /// M, the number of members.
  public var memberCount: Int { rowCounts.count - 1 }
  /// N, how many rows were added.
  public var count: Int { rowCounts.reduce(0, +) }
  /// How many rows each member gets right, summed over members.
  public var rightCount: Int { sum { $0 } }

  /// No rows yet, of `memberCount` members.
  public init(memberCount: Int) {
    rowCounts = [Int](repeating: 0, count: memberCount + 1)
  }

  /// Adds a batch: each member's scores on the same rows.
  ///
  /// - Precondition: There are `memberCount` members, all with the same number of rows.
  public mutating func add(_ members: [[RowScore]]) {
    precondition(members.count == memberCount, "\(members.count) of \(memberCount) members")
    let rows = members.first?.indices ?? 0..<0
    precondition(members.allSatisfy { $0.indices == rows }, "members of different rows")
    for row in rows {
      rowCounts[members.count { $0[row].isRight }] += 1
    }
  }

  /// Σ over rows of k(M − k), divided by N·M²; nil for no rows.
  public var kohaviWolpertVariance: Double? {
    guard count > 0, memberCount > 0 else { return nil }
    return Double(splitPairs) / (Double(count) * Double(memberCount * memberCount))
  }

  /// 1 − Σ over rows of k(M − k), divided by N·M(M − 1)·p(1 − p), with p the mean accuracy.
  ///
  /// 1 when members are right on the same rows, near 0 when they are independent. Nil for one member, for
  /// no rows, and when all members are always right or always wrong.
  public var interraterAgreement: Double? {
    let rights = Int128(rightCount)
    let answers = Int128(count) * Int128(memberCount)
    let expected = Int128(memberCount - 1) * rights * (answers - rights)
    guard expected > 0 else { return nil }
    return Double(expected - answers * Int128(splitPairs)) / Double(expected)
  }

  /// The variance over rows of k/M; nil for no rows.
  public var difficulty: Double? {
    guard count > 0, memberCount > 0 else { return nil }
    let (rights, squares) = (Int128(rightCount), Int128(sum { $0 * $0 }))
    let answers = Double(count) * Double(memberCount)
    return Double(Int128(count) * squares - rights * rights) / (answers * answers)
  }

  /// Σ over rows of k(M − k).
  private var splitPairs: Int { sum { $0 * (memberCount - $0) } }

  private func sum(_ value: (_ k: Int) -> Int) -> Int {
    rowCounts.indices.reduce(0) { $0 + rowCounts[$1] * value($1) }
  }
}
