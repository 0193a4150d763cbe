/// Rows by rising confidence, those of equal confidence together.
///
/// It does not depend on the order of the rows. Takes 24 bytes for each distinct confidence.
public struct ConfidenceRanking: Sendable, Equatable {
  /// The rows of one confidence.
  struct Tie: Sendable, Equatable {
    let confidence: Double
    let count: Int
    let rightCount: Int

    var wrongCount: Int { count - rightCount }

    /// Σ confidence − right rows.
    var excess: Double { Double(count) * confidence - Double(rightCount) }
  }

  let ties: [Tie]
  /// How many rows there are.
  public let count: Int
  /// How many of them are right.
  public let rightCount: Int

  /// How many of the rows are wrong.
  public var wrongCount: Int { count - rightCount }

  /// The ranking of `rows`.
  public init(_ rows: [RowScore]) {
    self.init(rows.lazy.map { ($0.confidence, $0.isRight) })
  }

  /// The ranking of rows of which these are known.
  ///
  /// - Precondition: No confidence is NaN; calibration errors of the ranking need them in 0...1.
  public init(_ rows: some Sequence<(confidence: Double, isRight: Bool)>) {
    var (right, wrong): ([Double], [Double]) = ([], [])
    for row in rows {
      precondition(!row.confidence.isNaN, "a confidence is NaN")
      if row.isRight { right.append(row.confidence) } else { wrong.append(row.confidence) }
    }
    self.init(right: right, wrong: wrong)
  }

  /// The ranking of the confidences of right and of wrong rows, both in any order.
  init(right: [Double], wrong: [Double]) {
    let (right, wrong) = (right.sorted(), wrong.sorted())
    var ties: [Tie] = []
    ties.reserveCapacity(right.count + wrong.count)
    var (r, w) = (0, 0)
    while r < right.count || w < wrong.count {
      let (firstRight, firstWrong) = (r, w)
      let confidence =
        w == wrong.count || r < right.count && right[r] <= wrong[w] ? right[r] : wrong[w]
      repeat {
        if r < right.count, right[r] == confidence { r += 1 } else { w += 1 }
      } while r < right.count && right[r] == confidence || w < wrong.count && wrong[w] == confidence
      ties.append(
        Tie(
          confidence: confidence, count: r - firstRight + w - firstWrong,
          rightCount: r - firstRight))
    }
    self.ties = ties
    count = right.count + wrong.count
    rightCount = right.count
  }
}
