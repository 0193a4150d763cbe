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

    /// The confidences of all rows, which lie in 0...1.
    var confidences: FixedPointSum { FixedPointSum(repeating: confidence, count: count) }
  }

  /// A confidence, and what it is ranked by.
  private struct Ranked {
    let score: Double
    let confidence: Double
  }

  let ties: [Tie]
  /// How many rows there are.
  public let count: Int
  /// How many of them are right.
  public let rightCount: Int

  /// How many of the rows are wrong.
  public var wrongCount: Int { count - rightCount }

  /// The ranking of `rows` by `RowScore.rankingScore`.
  ///
  /// Rows of one score are tied, with the lowest of their confidences, which differ by rounding alone.
  public init(_ rows: [RowScore]) {
    func ranked(_ isRight: Bool) -> [Ranked] {
      rows.lazy.filter { $0.isRight == isRight }
        .map { Ranked(score: $0.rankingScore, confidence: $0.confidence) }
    }
    self.init(right: ranked(true), wrong: ranked(false))
  }

  /// The ranking of rows of which these are known.
  ///
  /// - Precondition: No confidence is NaN; calibration errors of the ranking need them in 0...1.
  public init(_ rows: some Sequence<(confidence: Double, isRight: Bool)>) {
    var (right, wrong): ([Double], [Double]) = ([], [])
    for row in rows {
      if row.isRight { right.append(row.confidence) } else { wrong.append(row.confidence) }
    }
    self.init(right: right, wrong: wrong)
  }

  /// The ranking of the confidences of right and of wrong rows, both in any order.
  init(right: [Double], wrong: [Double]) {
    self.init(
      right: right.map { Ranked(score: $0, confidence: $0) },
      wrong: wrong.map { Ranked(score: $0, confidence: $0) })
  }

  /// The ranking of these ties, of rising confidence.
  init(ties: [Tie]) {
    self.ties = ties
    count = ties.reduce(0) { $0 + $1.count }
    rightCount = ties.reduce(0) { $0 + $1.rightCount }
  }

  private init(right: [Ranked], wrong: [Ranked]) {
    let (right, wrong) = (Self.sorted(right), Self.sorted(wrong))
    var ties: [Tie] = []
    ties.reserveCapacity(right.count + wrong.count)
    var (r, w) = (0, 0)
    while r < right.count || w < wrong.count {
      let (firstRight, firstWrong) = (r, w)
      let score =
        w == wrong.count || r < right.count && right[r].score <= wrong[w].score
        ? right[r].score : wrong[w].score
      var confidence = Double.infinity
      while r < right.count, right[r].score == score {
        confidence = min(confidence, right[r].confidence)
        r += 1
      }
      while w < wrong.count, wrong[w].score == score {
        confidence = min(confidence, wrong[w].confidence)
        w += 1
      }
      ties.append(
        Tie(
          confidence: confidence, count: r - firstRight + w - firstWrong,
          rightCount: r - firstRight))
    }
    self.ties = ties
    count = right.count + wrong.count
    rightCount = right.count
  }

  private static func sorted(_ rows: [Ranked]) -> [Ranked] {
    precondition(!rows.contains { $0.score.isNaN }, "a confidence is NaN")
    var sorted = rows
    sorted.sortByDigits(of: \.score.digitKey)
    return sorted
  }
}
