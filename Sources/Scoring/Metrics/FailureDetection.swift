/// How well confidence tells right rows from wrong ones.
///
/// Its figures depend on the order of all confidences, so it keeps them all.
public struct FailureDetection: Sendable, Equatable {
  private var right: [Double] = []
  private var wrong: [Double] = []

  /// The detection of failures among `rows`.
  public init(_ rows: [RowScore] = []) {
    add(rows)
  }

  /// Adds a batch.
  public mutating func add(_ rows: [RowScore]) {
    for row in rows { add(confidence: row.confidence, isRight: row.isRight) }
  }

  /// Adds one row.
  public mutating func add(confidence: Double, isRight: Bool) {
    if isRight { right.append(confidence) } else { wrong.append(confidence) }
  }

  /// Adds the rows that `other` has seen.
  public mutating func merge(_ other: FailureDetection) {
    right.append(contentsOf: other.right)
    wrong.append(contentsOf: other.wrong)
  }

  /// P(confidence of a right row > confidence of a wrong one) + ½ P(equal), over all pairs.
  ///
  /// The area under the ROC curve as Mann and Whitney's U, counted in whole numbers, exact with
  /// ties. Nil when all rows are right or all are wrong.
  public var areaUnderROC: Double? {
    guard !right.isEmpty, !wrong.isEmpty else { return nil }
    let wrong = self.wrong.sorted()
    var (below, notAbove, twiceWins) = (0, 0, 0)
    for confidence in right.sorted() {
      while below < wrong.count, wrong[below] < confidence { below += 1 }
      while notAbove < wrong.count, wrong[notAbove] <= confidence { notAbove += 1 }
      twiceWins += below + notAbove
    }
    return Double(twiceWins) / (2 * Double(right.count) * Double(wrong.count))
  }
}
