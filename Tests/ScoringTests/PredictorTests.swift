import Foundation
import Scoring
import TestSupport
import Testing

struct PredictorTests {
  /// One row of logits, whose label is class 0.
  private static func row(_ members: [[Float]], label: Int = 0) throws -> LabeledLogits {
    try LabeledLogits(
      Array(members.joined()), memberCount: members.count, classCount: members[0].count,
      labels: [label])
  }

  private static func score(
    _ predictor: Predictor, _ members: [[Float]], label: Int = 0, temperature: Double = 1
  ) throws -> RowScore {
    try Scorer(threadCount: 1)
      .rows(
        of: predictor, in: row(members, label: label), calibration: .temperature(temperature)
      ).rows[0]
  }

  @Test func `predictors are named and ordered as in the tables`() {
    let names = Predictor.predicting(memberCount: 3).map(\.name)
    #expect(names == ["ensemble", "ensemble-probs", "member-0", "member-1", "member-2"])
    #expect(Predictor.membersMean.name == "members-mean")
    #expect(Predictor.predicting(memberCount: 1) == [.network])
  }

  // Closed forms: three roundings of numbers up to 3.
  private static let closedForm = 1e-15

  @Test func `the ensemble averages logits, ensemble-probs probabilities`() throws {
    let members: [[Float]] = [[0, 0], [4, 0]]
    let ensemble = try Self.score(.ensemble, members)
    expectClose(ensemble.confidence, 1 / (1 + exp(-2)), absolute: Self.closedForm)
    let averaged = try Self.score(.ensembleProbabilities, members)
    let expected = (0.5 + 1 / (1 + exp(-4))) / 2
    expectClose(averaged.confidence, expected, absolute: Self.closedForm)
    expectClose(averaged.negativeLogLikelihood, -log(expected), absolute: Self.closedForm)
    expectClose(
      averaged.brierScore, 2 * (1 - expected) * (1 - expected), absolute: Self.closedForm)
    let member = try Self.score(.member(1), members)
    expectClose(member.confidence, 1 / (1 + exp(-4)), absolute: Self.closedForm)
  }

  @Test func `a temperature divides the logits of each member before averaging`() throws {
    let scaled = try Self.score(.ensembleProbabilities, [[0, 0], [4, 0]], temperature: 2)
    let expected = (0.5 + 1 / (1 + exp(-2))) / 2
    expectClose(scaled.confidence, expected, absolute: Self.closedForm)
  }

  @Test(arguments: [Predictor.ensemble, .ensembleProbabilities, .member(0)])
  func `ties go to the lowest class`(predictor: Predictor) throws {
    let tied: [[Float]] = [[1, 3, 3, 3], [1, 3, 3, 3]]
    let first = try Self.score(predictor, tied, label: 1)
    #expect(first.predictedClass == 1)
    #expect(first.isRight)
    let last = try Self.score(predictor, tied, label: 3)
    #expect(last.predictedClass == 1)
    #expect(last.labelRank == 2)
  }

  @Test(arguments: [Predictor.ensemble, .ensembleProbabilities, .member(0)])
  func `five equal classes have a confidence of exactly a fifth`(predictor: Predictor) throws {
    let flat = [[Float]](repeating: [7, 7, 7, 7, 7], count: 2)
    #expect(try Self.score(predictor, flat).confidence == 0.2)
  }

  @Test(arguments: [Predictor.ensemble, .ensembleProbabilities, .member(0)])
  func `losses stay exact where probabilities underflow`(predictor: Predictor) throws {
    let steep = [[Float]](repeating: [0, 3000, 2000, 1000], count: 2)
    let wrong = try Self.score(predictor, steep)
    #expect(wrong.negativeLogLikelihood == 3000)
    #expect(wrong.confidence == 1)
    #expect(wrong.brierScore == 2)
    #expect(wrong.entropy == 0)
    #expect(wrong.labelRank == 3)
  }

  @Test func `a confident right prediction keeps its small loss`() throws {
    let right = try Self.score(.ensemble, [[50, 0]])
    // log1p keeps all digits: a few roundings of e⁻⁵⁰.
    expectClose(right.negativeLogLikelihood, exp(-50), absolute: 4e-16 * exp(-50))
  }

  @Test(arguments: [Float.greatestFiniteMagnitude, .leastNonzeroMagnitude])
  func `the largest and smallest logits are scored`(logit: Float) throws {
    for predictor in Predictor.predicting(memberCount: 2) {
      let score = try Self.score(predictor, [[-logit, logit], [-logit, logit]], label: 1)
      // Probabilities a 1e-45th apart are equal in Float64, and ties go to the lowest class.
      #expect(score.isRight || predictor == .ensembleProbabilities && logit < 1)
      #expect(score.negativeLogLikelihood.isFinite)
      #expect((0.5...1).contains(score.confidence))
    }
  }

  @Test func `one class is always right and certain`() throws {
    for predictor in Predictor.predicting(memberCount: 2) {
      let score = try Self.score(predictor, [[3], [-2]])
      #expect(score.isRight)
      #expect(score.confidence == 1)
      #expect(score.negativeLogLikelihood == 0)
      #expect(score.brierScore == 0)
      #expect(score.entropy == 0)
    }
  }

  @Test func `what can't be scored is refused`() throws {
    let logits = try Self.row([[1, 2], [3, 4]])
    let scorer = Scorer(threadCount: 1)
    #expect(throws: ScoringError.noSuchMember(2, members: 2)) {
      try scorer.rows(of: .member(2), in: logits)
    }
    #expect(throws: ScoringError.severalMembers(2)) {
      try scorer.rows(of: .network, in: logits)
    }
    #expect(throws: ScoringError.membersMeanPredictsNothing) {
      try scorer.rows(of: .membersMean, in: logits)
    }
    for temperature in [0, -1, Double.infinity] {
      #expect(throws: ScoringError.unusableTemperature(temperature)) {
        try scorer.rows(of: .ensemble, in: logits, calibration: .temperature(temperature))
      }
    }
  }
}
