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
  /// What other names of the classes make of the answers; nil where each class keeps its own.
  public let renaming: Renaming?

  /// Answers under other names of some classes.
  public struct Renaming: Sendable, Equatable {
    /// How many classes have another name.
    public let classCount: Int
    /// How many answers are right under names that were chosen on the rows of the other parity.
    public let rightCount: Int
  }

  /// The counts of `answers` to rows with `labels`, both classes of 0..<K.
  ///
  /// Each class is named by the most frequent label of the rows that are answered with it. There is a
  /// renaming where at least two classes get the names of others, each a different one.
  ///
  /// - Precondition: There are as many answers as labels, and at least one.
  public init(answers: [Int], labels: [Int], classCount: Int) {
    precondition(answers.count == labels.count && !labels.isEmpty, "an answer to each row")
    self.classCount = classCount
    rowCount = labels.count
    let (answerCounts, labelCounts) = (Self.counts(answers), Self.counts(labels))
    rightCount = zip(answers, labels).count { $0 == $1 }
    commonestLabelCount = labelCounts.values.max() ?? 0
    let commonest = Self.commonest(answerCounts)
    commonestAnswer = commonest
    commonestAnswerCount = answerCounts[commonest] ?? 0
    labelCountOfCommonestAnswer = labelCounts[commonest] ?? 0
    renaming = Self.renaming(answers, labels)
  }

  /// The counts of `rows` with `labels`.
  public init(_ rows: [RowScore], labels: [Int], classCount: Int) {
    self.init(answers: rows.map(\.predictedClass), labels: labels, classCount: classCount)
  }

  private static func renaming(_ answers: [Int], _ labels: [Int]) -> Renaming? {
    let moved = names(answers, labels, of: labels.indices).filter { $0.key != $0.value }
    guard moved.count > 1, Set(moved.values).count == moved.count else { return nil }
    let halves = [0, 1].map { stride(from: $0, to: labels.count, by: 2) }
    let rightCount = [0, 1].reduce(0) { count, half in
      let names = names(answers, labels, of: halves[1 - half])
      return count + halves[half].count { (names[answers[$0]] ?? answers[$0]) == labels[$0] }
    }
    return Renaming(classCount: moved.count, rightCount: rightCount)
  }

  /// The most frequent label of the rows with each answer, its own where that is as frequent.
  private static func names(
    _ answers: [Int], _ labels: [Int], of rows: some Sequence<Int>
  ) -> [Int: Int] {
    var counts: [Int: [Int: Int]] = [:]
    for row in rows { counts[answers[row], default: [:]][labels[row], default: 0] += 1 }
    return counts.reduce(into: [:]) { names, entry in
      let (answer, labels) = entry
      let most = labels.values.max() ?? 0
      names[answer] = labels[answer] == most ? answer : commonest(labels)
    }
  }

  private static func counts(_ classes: [Int]) -> [Int: Int] {
    classes.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  /// The class of the largest count, the lowest of several.
  private static func commonest(_ counts: [Int: Int]) -> Int {
    counts.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key ?? 0
  }
}
