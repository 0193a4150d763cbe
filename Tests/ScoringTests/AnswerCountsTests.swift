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
}
