import Scoring
import TestSupport
import Testing

struct AnswerCountsTests {
  @Test func `answers and labels are counted`() {
    let counts = AnswerCounts(
      answers: [0, 0, 0, 2, 1, 0], labels: [0, 1, 1, 2, 1, 2], classCount: 4)
    #expect(counts.classCount == 4 && counts.rowCount == 6 && counts.rightCount == 3)
    #expect(counts.commonestLabelCount == 3)
    #expect(counts.commonestAnswer == 0 && counts.commonestAnswerCount == 4)
    #expect(counts.labelCountOfCommonestAnswer == 1)
    // Class 0 looks like 1, and 1 keeps its name: one class alone is no renaming.
    #expect(counts.renaming == nil)
  }

  @Test func `labels that are exchanged are found, and how many answers they make right`() {
    let answers = (0..<40).map { $0 / 2 % 4 }
    let names = [1, 0, 2, 3]
    let counts = AnswerCounts(
      answers: answers, labels: answers.map { names[$0] }, classCount: 4)
    #expect(counts.rightCount == 20)
    #expect(counts.renaming?.classCount == 2 && counts.renaming?.rightCount == 40)
  }

  @Test func `labels that count from another class are found`() {
    let answers = (0..<60).map { $0 / 2 % 3 }
    let counts = AnswerCounts(answers: answers, labels: answers.map { $0 + 1 }, classCount: 4)
    #expect(counts.renaming?.classCount == 3 && counts.renaming?.rightCount == 60)
  }

  @Test(arguments: 0..<50)
  func `names that are chosen on some rows do not help on others`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    // With one row for each class, the best name of every class is right on the rows themselves.
    let answers = (0..<100).map { _ in Int.random(in: 0..<100, using: &generator) }
    let labels = (0..<100).map { _ in Int.random(in: 0..<100, using: &generator) }
    let counts = AnswerCounts(answers: answers, labels: labels, classCount: 100)
    // Random labels agree in 1 of 100 rows; 12 of 100 are 11 standard deviations more.
    #expect(counts.renaming.map { $0.rightCount < 12 } ?? true)
  }

  @Test(arguments: [2, 3, 10, 60])
  func `classes in another order are found, whatever the order of rows`(classCount: Int) {
    var generator = SeededGenerator(seed: UInt64(classCount))
    let names = (0..<classCount).map { ($0 + 1) % classCount }
    // Labels that alternate, that are sorted, and that are at random.
    let orders = [
      (0..<1200).map { $0 % classCount }, (0..<1200).map { $0 * classCount / 1200 },
      (0..<1200).map { _ in Int.random(in: 0..<classCount, using: &generator) },
    ]
    for labels in orders {
      let answers = labels.map { label in
        Int.random(in: 0..<10, using: &generator) < 8
          ? names[label] : Int.random(in: 0..<classCount, using: &generator)
      }
      let counts = AnswerCounts(answers: answers, labels: labels, classCount: classCount)
      #expect(counts.isAboveChance == false)
      #expect(counts.renaming?.classCount == classCount)
      #expect((counts.renaming?.rightCount ?? 0) > 900)
    }
  }

  @Test func `no other names are looked for among very many classes`() {
    let labels = (0..<100).map { $0 % 10 }
    let answers = labels.map { 9 - $0 }
    let most = AnswerCounts.mostRenamed
    #expect(
      AnswerCounts(answers: answers, labels: labels, classCount: most).renaming?.rightCount == 100)
    #expect(
      AnswerCounts(answers: answers, labels: labels, classCount: most + 1).renaming == nil)
  }

  /// Counts of `rightCount` right answers among rows with these labels; others are those of the next class.
  private func counts(_ labels: [Int], rightCount: Int, classCount: Int) -> AnswerCounts {
    AnswerCounts(
      answers: labels.enumerated().map { row, label in
        row < rightCount ? label : (label + 1) % classCount
      }, labels: labels, classCount: classCount)
  }

  @Test func `answers are above chance where the exact test says so`() {
    let labels = (0..<1000).map { ($0 * 7) % 10 }
    // The upper tail of 1,000 trials of 0.1 is 0.00134 from 130 and 0.00097 from 131.
    #expect(counts(labels, rightCount: 130, classCount: 10).isAboveChance == false)
    #expect(counts(labels, rightCount: 131, classCount: 10).isAboveChance == true)
    #expect(counts(labels, rightCount: 0, classCount: 10).isAboveChance == false)
  }

  @Test func `rows that cannot tell say nothing of chance`() {
    // One label, too few rows, and labels that are nearly all the same.
    let alike = [Int](repeating: 3, count: 500)
    #expect(counts(alike, rightCount: 0, classCount: 10).isAboveChance == nil)
    #expect(counts((0..<29).map { $0 % 10 }, rightCount: 0, classCount: 10).isAboveChance == nil)
    #expect(counts((0..<30).map { $0 % 2 }, rightCount: 30, classCount: 2).isAboveChance == nil)
    let rare = alike + [0]
    #expect(counts(rare, rightCount: 501, classCount: 10).isAboveChance == nil)
  }

  @Test func `chance is of the answers and labels that there are`() {
    // 90 % of labels are 0; a classifier that finds the rare ones at the cost of others is no guess.
    let labels = (0..<1000).map { $0 % 10 == 0 ? 1 : 0 }
    let answers = labels.indices.map { labels[$0] == 1 || $0 % 5 == 1 ? 1 : 0 }
    let counts = AnswerCounts(answers: answers, labels: labels, classCount: 2)
    expectClose(counts.shareByChance, 0.9 * 0.7 + 0.1 * 0.3, absolute: 1e-15)
    #expect(counts.rightCount == 800 && counts.isAboveChance == true)
    // The most frequent label for every row is one.
    let constant = AnswerCounts(
      answers: labels.map { _ in 0 }, labels: labels, classCount: 2)
    #expect(constant.shareByChance == 0.9 && constant.isAboveChance == false)
    // Never less than 1/K.
    let never = AnswerCounts(
      answers: labels.map { _ in 3 }, labels: labels, classCount: 4)
    #expect(never.shareByChance == 0.25 && never.isAboveChance == false)
  }
}
