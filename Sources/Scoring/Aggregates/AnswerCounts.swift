/// Which classes a predictor answers with, beside the labels of the same rows.
///
/// It tells a poor predictor from labels that are not those of the rows.
public struct AnswerCounts: Sendable, Equatable {
  /// K.
  public let classCount: Int
  /// How many rows were answered.
  public let rowCount: Int
  /// How many of the answers are right.
  public let rightCount: Int
  /// How many rows have the most frequent label: what one answer to all rows gets right at most.
  public let commonestLabelCount: Int
  /// The most frequent answer, the lowest class of several.
  public let commonestAnswer: Int
  /// How many rows have that answer.
  public let commonestAnswerCount: Int
  /// How many rows have that class as their label.
  public let labelCountOfCommonestAnswer: Int
  /// The share of rows that would be right if answers had nothing to do with labels: the sum over classes
  /// of the share of answers times that of labels (Cohen 1960, "A coefficient of agreement for nominal
  /// scales"), or 1/K where that is more.
  public let shareByChance: Double
  /// What other names of the classes make of the answers; nil where none make clearly more of them right,
  /// and with more classes than `mostRenamed`.
  public let renaming: Renaming?

  /// Answers under other names of some classes.
  public struct Renaming: Sendable, Equatable {
    /// How many of the classes that are answered have another name.
    public let classCount: Int
    /// How many answers are right under names that were chosen on the other half of the rows.
    public let rightCount: Int
  }

  /// The most classes of which other names are looked for.
  public static let mostRenamed = 2000

  /// The counts of `answers` to rows with `labels`, both classes of 0..<K.
  ///
  /// - Precondition: There are as many answers as labels, and at least one.
  public init(answers: [Int], labels: [Int], classCount: Int) {
    precondition(answers.count == labels.count && !labels.isEmpty, "an answer to each row")
    self.classCount = classCount
    rowCount = labels.count
    let (answerCounts, labelCounts) = (Self.counts(answers), Self.counts(labels))
    let names = Array(0..<classCount)
    rightCount = zip(answers, labels).count { $0 == $1 }
    commonestLabelCount = labelCounts.values.max() ?? 0
    let commonest = Self.commonest(answerCounts)
    commonestAnswer = commonest
    commonestAnswerCount = answerCounts[commonest] ?? 0
    labelCountOfCommonestAnswer = labelCounts[commonest] ?? 0
    shareByChance = max(
      Self.agreementByChance(answerCounts, named: names, labelCounts), 1 / Double(classCount))
    renaming = Renaming(answers, labels, classCount, rightCount: rightCount)
  }

  /// The counts of `rows` with `labels`.
  public init(_ rows: [RowScore], labels: [Int], classCount: Int) {
    self.init(answers: rows.map(\.predictedClass), labels: labels, classCount: classCount)
  }

  /// The share of rows that answers and labels agree in if they have nothing to do with one another, where
  /// answers are given other names.
  fileprivate static func agreementByChance(
    _ answers: [Int: Int], named names: [Int], _ labels: [Int: Int]
  ) -> Double {
    let total = Double(labels.values.reduce(0, +))
    let agreement = names.enumerated().reduce(0.0) { sum, name in
      sum + Double(answers[name.offset] ?? 0) / total * Double(labels[name.element] ?? 0) / total
    }
    return min(1, agreement)
  }

  fileprivate static func counts(_ classes: [Int]) -> [Int: Int] {
    classes.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  /// The class of the largest count, the lowest of several.
  private static func commonest(_ counts: [Int: Int]) -> Int {
    counts.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key ?? 0
  }
}

// MARK: Chance

extension AnswerCounts {
  /// Answers are no better than chance where the test's p-value is not below this.
  public static let levelOfChance = 1e-3
  /// Below this many rows nothing is said of chance.
  public static let fewestRows = 30

  /// Whether more answers are right than chance explains; nil where the rows cannot tell.
  ///
  /// The test is the exact one-sided binomial test of `rightCount` against `shareByChance`. Rows cannot tell
  /// where they are fewer than `fewestRows`, where nearly all have the same label, and where they are so few
  /// that not even a share half-way from chance to 1 would pass.
  public var isAboveChance: Bool? {
    let halfway = Int((Double(rowCount) * (1 + shareByChance) / 2).rounded(.up))
    guard rowCount >= Self.fewestRows, commonestLabelCount < rowCount,
      passes(min(halfway, rowCount))
    else { return nil }
    return passes(rightCount)
  }

  private func passes(_ rightCount: Int) -> Bool {
    BinomialTest(successes: rightCount, count: rowCount, probability: shareByChance).pValue
      < Self.levelOfChance
  }
}

// MARK: Other names

extension AnswerCounts.Renaming {
  /// The names that `ClassMatching` finds; nil where none make clearly more answers right.
  ///
  /// Names that are chosen on the rows they are judged by always fit some of them. So the number of right
  /// answers is that of each half of the rows under the names that the other half has chosen; of the rows of
  /// each label, every other one is in a half. It must be so much larger that Wilson's intervals of the two
  /// shares do not overlap, and above chance: the same answer to all rows is right where it is given the name
  /// of a frequent label.
  fileprivate init?(_ answers: [Int], _ labels: [Int], _ classCount: Int, rightCount: Int) {
    guard classCount <= AnswerCounts.mostRenamed else { return nil }
    let halves = Self.halves(of: labels, classCount).map { rows in
      Self.confusion(answers, labels, rows, classCount)
    }
    let all = zip(halves[0], halves[1]).map(+)
    let most = (0..<classCount).reduce(0) { sum, answer in
      sum + (all[answer * classCount..<(answer + 1) * classCount].max() ?? 0)
    }
    // No names make more answers right than the most frequent label of each answer.
    guard Self.isClearly(most, above: rightCount, of: labels.count) else { return nil }
    self.rightCount =
      Self.rightCount(of: halves[0], namedBy: halves[1], classCount)
      + Self.rightCount(of: halves[1], namedBy: halves[0], classCount)
    let names = ClassMatching(all, classCount: classCount).labels
    let answerCounts = AnswerCounts.counts(answers)
    let test = BinomialTest(
      successes: self.rightCount, count: labels.count,
      probability: AnswerCounts.agreementByChance(
        answerCounts, named: names, AnswerCounts.counts(labels)))
    guard Self.isClearly(self.rightCount, above: rightCount, of: labels.count),
      test.pValue < AnswerCounts.levelOfChance
    else { return nil }
    self.classCount = names.indices.count { names[$0] != $0 && answerCounts[$0] != nil }
  }

  /// How many answers are right under the names that are best for others.
  private static func rightCount(
    of confusion: [Int], namedBy others: [Int], _ classCount: Int
  ) -> Int {
    let names = ClassMatching(others, classCount: classCount).labels
    return names.indices.reduce(0) { $0 + confusion[$1 * classCount + names[$1]] }
  }

  private static func isClearly(_ count: Int, above other: Int, of total: Int) -> Bool {
    guard let high = Interval.wilson(successes: count, count: total),
      let low = Interval.wilson(successes: other, count: total)
    else { return false }
    return high.low > low.high
  }

  private static func halves(of labels: [Int], _ classCount: Int) -> [[Int]] {
    var (halves, next) = ([[Int]](repeating: [], count: 2), [Int](repeating: 0, count: classCount))
    for (row, label) in labels.enumerated() {
      halves[next[label]].append(row)
      next[label] = 1 - next[label]
    }
    return halves
  }

  /// How many of `rows` have each answer and label.
  private static func confusion(
    _ answers: [Int], _ labels: [Int], _ rows: [Int], _ classCount: Int
  ) -> [Int] {  // [K, K]
    var counts = [Int](repeating: 0, count: classCount * classCount)
    for row in rows { counts[answers[row] * classCount + labels[row]] += 1 }
    return counts
  }
}
