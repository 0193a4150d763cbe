import Scoring
import Tensors
import TestSupport
import Testing

struct ConfidenceRankingTests {
  private static func ranking(_ rows: [(Double, Bool)]) -> ConfidenceRanking {
    ConfidenceRanking(rows.map { (confidence: $0.0, isRight: $0.1) })
  }

  // Closed forms: a few roundings of numbers up to 1.
  private static let closedForm = 1e-15

  @Test func `a perfect order has closed forms`() throws {
    let rows = (1...10).map { (Double($0) / 10, $0 > 4) }
    let ranking = Self.ranking(rows)
    #expect(ranking.areaUnderROC == 1)
    #expect(ranking.errorAveragePrecision == 1)
    #expect(ranking.successAveragePrecision == 1)
    #expect(ranking.falsePositiveRateAt95 == 0)
    #expect(ranking.excessRiskCoverageArea == 0)
    // Risk is 0 up to 6 of 10, then 1/7, 2/8, 3/9 and 4/10, joined by straight lines.
    let risks: [Double] = [1.0 / 7, 2.0 / 8, 3.0 / 9, 4.0 / 20]
    let area = risks.reduce(0, +) / 10
    expectClose(try #require(ranking.riskCoverageArea), area, absolute: Self.closedForm)
    // (1 − accuracy)² / 2.
    expectClose(try #require(ranking.generalizedRiskCoverageArea), 0.08, absolute: Self.closedForm)
  }

  @Test func `a reversed order is as bad as can be`() throws {
    let ranking = Self.ranking([(0.9, false), (0.8, false), (0.2, true), (0.1, true)])
    #expect(ranking.areaUnderROC == 0)
    #expect(ranking.falsePositiveRateAt95 == 1)
    // Two right rows after two wrong ones: (1/3 + 2/4) / 2.
    expectClose(
      try #require(ranking.successAveragePrecision), 5.0 / 12, absolute: Self.closedForm)
    // Risks 1, 1, 2/3 and 1/2, and 1 down to coverage 0.
    let steps: [Double] = [1, 1, 5.0 / 6, 7.0 / 12]
    expectClose(
      try #require(ranking.riskCoverageArea), steps.reduce(0, +) / 4, absolute: Self.closedForm)
  }

  @Test func `rows that are all tied are one step`() throws {
    let ranking = Self.ranking([(0.5, true), (0.5, false), (0.5, false), (0.5, true), (0.5, false)])
    #expect(ranking.areaUnderROC == 0.5)
    expectClose(try #require(ranking.errorAveragePrecision), 0.6, absolute: Self.closedForm)
    #expect(ranking.falsePositiveRateAt95 == 1)
    #expect(ranking.riskCoverageArea == 0.6)
    expectClose(try #require(ranking.generalizedRiskCoverageArea), 0.3, absolute: Self.closedForm)
    expectClose(try #require(ranking.adaptiveCalibrationError), 0.1, absolute: Self.closedForm)
  }

  @Test(arguments: [1, 2, 7])
  func `all right or all wrong leaves undefined what compares them`(count: Int) {
    let right = Self.ranking((0..<count).map { (Double($0) / 8, true) })
    #expect(right.areaUnderROC == nil)
    #expect(right.falsePositiveRateAt95 == nil)
    #expect(right.errorAveragePrecision == nil)
    #expect(right.successAveragePrecision == 1)
    #expect(right.riskCoverageArea == 0)
    #expect(right.excessRiskCoverageArea == 0)
    #expect(right.generalizedRiskCoverageArea == 0)
    let wrong = Self.ranking((0..<count).map { (Double($0) / 8, false) })
    #expect(wrong.areaUnderROC == nil)
    #expect(wrong.falsePositiveRateAt95 == nil)
    #expect(wrong.errorAveragePrecision == 1)
    #expect(wrong.successAveragePrecision == nil)
    #expect(wrong.riskCoverageArea == 1)
    #expect(wrong.excessRiskCoverageArea == 0)
    #expect(wrong.generalizedRiskCoverageArea == 0.5)
  }

  @Test func `no rows have no value`() {
    let none = Self.ranking([])
    #expect(none.errorAveragePrecision == nil)
    #expect(none.successAveragePrecision == nil)
    #expect(none.riskCoverageArea == nil)
    #expect(none.excessRiskCoverageArea == nil)
    #expect(none.generalizedRiskCoverageArea == nil)
    #expect(none.adaptiveCalibrationError == nil)
    #expect(none.smoothCalibrationError == nil)
  }

  @Test(arguments: [3, 8, 1 << 30])
  func `the generalized area is a function of accuracy and AUROC`(levels: Int) throws {
    var random = RandomStream(seed: 6, purpose: "confidences", major: levels)
    for count in [2, 10, 500] {
      let rows = (0..<count).map { i in
        (Double(random.integer(in: 0..<levels)) / Double(levels), i % 3 > 0 || i == 1)
      }
      let ranking = Self.ranking(rows)
      let accuracy = Double(ranking.rightCount) / Double(count)
      let auroc = try #require(ranking.areaUnderROC)
      let error = 1 - accuracy
      let expected = (1 - auroc) * accuracy * error + error * error / 2
      expectClose(
        try #require(ranking.generalizedRiskCoverageArea), expected, absolute: Self.closedForm)
    }
  }

  @Test(arguments: [19, 20, 21, 40])
  func `95 of 100 right rows are enough, and not one fewer`(rightCount: Int) throws {
    // Right rows above, each with a wrong one just below it.
    let rows = (0..<2 * rightCount).map { (Double($0) / 100, $0 % 2 == 1) }
    let needed = (95 * rightCount + 99) / 100
    let expected = Double(needed - 1) / Double(rightCount)
    #expect(Self.ranking(rows).falsePositiveRateAt95 == expected)
  }

  /// Every order of `elements`.
  private static func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard elements.count > 1 else { return [elements] }
    return elements.indices.flatMap { i in
      var rest = elements
      let first = rest.remove(at: i)
      return permutations(rest).map { [first] + $0 }
    }
  }

  @Test(arguments: 0..<20)
  func `right rows of a divided tie are those of its orders on average`(seed: Int) throws {
    var random = RandomStream(seed: 7, purpose: "ties", major: seed)
    // 30 rows are two a bin: ties of five or six are divided.
    let sizes = [6, 5, 6, 5, 5, 3]
    let ties = sizes.enumerated().map { i, size in
      (
        confidence: Double(i + 1) / 7,
        isRight: (0..<size).map { _ in random.integer(in: 0..<2) == 1 }
      )
    }
    var averages: [Double] = []  // the average rightness of each rank
    for tie in ties {
      let orders = Self.permutations(tie.isRight)
      averages += tie.isRight.indices.map { rank in
        Double(orders.count { $0[rank] }) / Double(orders.count)
      }
    }
    let confidences = ties.flatMap { tie in tie.isRight.map { _ in tie.confidence } }
    let gaps = zip(confidences, averages).map { $0 - $1 }
    let errors = (0..<15).map { abs(gaps[2 * $0] + gaps[2 * $0 + 1]) }
    let expected = errors.reduce(0, +) / 30
    let ranking = Self.ranking(ties.flatMap { tie in tie.isRight.map { (tie.confidence, $0) } })
    expectClose(
      try #require(ranking.adaptiveCalibrationError), expected, absolute: Self.closedForm)
  }

  @Test(arguments: [1, 7, 14, 15, 16, 100])
  func `bins of equal mass end at rounded ranks`(count: Int) throws {
    let rows = (0..<count).map { i -> (Double, Bool) in (Double(i * i + 1) / 1e5, i % 2 == 0) }
    let ranks = (0...15).map { k -> Int in Int((Double(k * count) / 15).rounded()) }
    let gaps = rows.map { row -> Double in row.0 - (row.1 ? 1 : 0) }
    let errors = zip(ranks, ranks.dropFirst()).map { abs(gaps[$0..<$1].reduce(0, +)) }
    let expected = errors.reduce(0, +)
    let ranking = Self.ranking(rows.shuffled())
    expectClose(
      try #require(ranking.adaptiveCalibrationError), expected / Double(count),
      absolute: Self.closedForm)
  }

  @Test func `numbers beyond 0 and 1 are ranked as numbers`() throws {
    let confidences = [-0.0, 0.0, -1, -2.5, 3, .infinity, -.infinity, .leastNonzeroMagnitude, 0.5]
    let many = (0..<2000).map { confidences[$0 % confidences.count] }
    let ranking = Self.ranking(many.map { confidence in (confidence, confidence > 0.25) })
    #expect(ranking.count == 2000)
    #expect(ranking.areaUnderROC == 1)
  }

  /// The definition, pair by pair.
  private static func pairwise(_ right: [Double], _ wrong: [Double]) -> Double {
    let wins = right.map { r in wrong.map { r > $0 ? 2 : r == $0 ? 1 : 0 }.reduce(0, +) }
    return Double(wins.reduce(0, +)) / Double(2 * right.count * wrong.count)
  }

  @Test(arguments: [2, 4, 8, 1 << 30])
  func `the area is the share of pairs won, with half of the ties`(levels: Int) {
    var random = RandomStream(seed: 5, purpose: "confidences", major: levels)
    for size in [1, 2, 10, 60] {
      let confidences = (0..<2 * size).map { _ in
        Double(random.integer(in: 0..<levels)) / Double(levels)
      }
      let rows = confidences.enumerated().map { (confidence: $1, isRight: $0 < size) }
      let expected = Self.pairwise(Array(confidences[..<size]), Array(confidences[size...]))
      #expect(ConfidenceRanking(rows).areaUnderROC == expected)
    }
  }

  @Test func `perfect order is one, reversed zero, all tied a half`() {
    func area(_ right: Double, _ wrong: Double) -> Double? {
      ConfidenceRanking([(right, true), (wrong, false)]).areaUnderROC
    }
    #expect(area(0.9, 0.1) == 1)
    #expect(area(0.1, 0.9) == 0)
    #expect(area(0.5, 0.5) == 0.5)
  }

  @Test(arguments: [true, false])
  func `all right or all wrong has no area`(isRight: Bool) {
    #expect(ConfidenceRanking([(0.5, isRight), (0.7, isRight)]).areaUnderROC == nil)
  }
}
