/// How many rows are right for k of M members, for each k.
///
/// From it come the figures of all members at once that Kuncheva and Whitaker 2003 compare,
/// "Measures of diversity in classifier ensembles".
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
  /// - Precondition: There are `memberCount` members, all of as many rows.
  public mutating func add(_ members: [[RowScore]]) {
    precondition(members.count == memberCount, "\(members.count) of \(memberCount) members")
    let rows = members.first?.indices ?? 0..<0
    precondition(members.allSatisfy { $0.indices == rows }, "members of different rows")
    for row in rows {
      rowCounts[members.count { $0[row].isRight }] += 1
    }
  }

  /// Adds the rows that `other`, of as many members, has seen.
  public mutating func merge(_ other: RightMemberCounts) {
    precondition(other.memberCount == memberCount, "\(other.memberCount) of \(memberCount) members")
    for k in rowCounts.indices { rowCounts[k] += other.rowCounts[k] }
  }

  /// Σ over rows of k(M − k), divided by N·M²; nil for no rows.
  public var kohaviWolpertVariance: Double? {
    guard count > 0, memberCount > 0 else { return nil }
    return Double(splitPairs) / (Double(count) * Double(memberCount * memberCount))
  }

  /// 1 − Σ over rows of k(M − k), divided by N·M(M − 1)·p(1 − p), with p the mean accuracy.
  ///
  /// 1 when members are right on the same rows, near 0 when independently. Nil for one member, for
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
