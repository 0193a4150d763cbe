/// How often two members predict the same class, and how often they would by chance.
public struct LabelAgreement: Sendable, Equatable {
  /// How many rows were added.
  public private(set) var count = 0
  /// Rows for which both members predict the same class.
  public private(set) var sameCount = 0
  private var firstCounts: [Int]  // [K]
  private var secondCounts: [Int]  // [K]

  /// Nothing compared yet, over `classCount` classes.
  public init(classCount: Int) {
    firstCounts = [Int](repeating: 0, count: classCount)
    secondCounts = firstCounts
  }

  /// Adds a batch: two members' scores on the same rows.
  ///
  /// - Precondition: Both are of as many rows.
  public mutating func add(_ first: [RowScore], _ second: [RowScore]) {
    precondition(first.count == second.count, "\(first.count) and \(second.count) rows")
    for (first, second) in zip(first, second) {
      count += 1
      sameCount += first.predictedClass == second.predictedClass ? 1 : 0
      firstCounts[first.predictedClass] += 1
      secondCounts[second.predictedClass] += 1
    }
  }

  /// Adds the rows that `other`, of the same classes, has seen.
  public mutating func merge(_ other: LabelAgreement) {
    count += other.count
    sameCount += other.sameCount
    for c in firstCounts.indices {
      firstCounts[c] += other.firstCounts[c]
      secondCounts[c] += other.secondCounts[c]
    }
  }

  /// The share of rows for which the members predict different classes; nil for no rows.
  public var disagreement: Double? {
    count > 0 ? Double(count - sameCount) / Double(count) : nil
  }

  /// (observed − expected agreement) / (1 − expected), at most 1.
  ///
  /// What is expected is Σ over classes of the product of the shares in which each member predicts
  /// the class. Nil for no rows, and when both predict one and the same class alone.
  public var kappa: Double? {
    let pairs = Int128(count) * Int128(count)
    let expected = zip(firstCounts, secondCounts).reduce(Int128(0)) {
      $0 + Int128($1.0) * Int128($1.1)
    }
    guard pairs > expected else { return nil }
    return Double(Int128(count) * Int128(sameCount) - expected) / Double(pairs - expected)
  }
}
