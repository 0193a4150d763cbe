import Foundation
import Scoring
import TestSupport
import Testing

/// What holds between the values, whatever the rows (Kuncheva and Whitaker 2003, section 4).
struct DiversityIdentityTests {
  private static let problems = [
    Problem(seed: 1, labelSeed: 2, rows: 500, members: 2, classes: 10),
    Problem(seed: 3, labelSeed: 4, rows: 301, members: 3, classes: 5, skill: 4),
    Problem(seed: 5, labelSeed: 6, rows: 200, members: 7, classes: 2, bonus: 4),
    Problem(seed: 7, labelSeed: 8, rows: 50, members: 4, classes: 100, exponent: -10, bonus: 80),
    Problem(seed: 9, labelSeed: 10, rows: 400, members: 4, classes: 3, quantum: 17),
  ]

  private static func rows(_ problem: Problem) throws -> [DiversityScores] {
    try Scorer(threadCount: 2).score(problem.draw()).diversity
  }

  @Test(arguments: problems)
  func `Kohavi and Wolpert's variance is the disagreement of pairs, scaled`(
    problem: Problem
  ) throws {
    let members = Double(problem.members)
    for row in try Self.rows(problem) {
      let count = row.pair == .mean ? members : 2
      let disagreement = try #require(row.values[.disagreement])
      let variance = try #require(row.values[.kohaviWolpert])
      // A mean of at most 21 pairs, each below 1 and rounded twice.
      expectClose(variance, (count - 1) / (2 * count) * disagreement, absolute: 1e-15)
    }
  }

  @Test(arguments: problems)
  func `the variance of being right is that within rows and that between them`(
    problem: Problem
  ) throws {
    let scores = try Scorer(threadCount: 2).score(problem.draw())
    let accuracy = try #require(scores.predictors.last?.values[.accuracy])
    let mean = scores.diversity[0].values
    let within = try #require(mean[.kohaviWolpert])
    let between = try #require(mean[.difficulty])
    let agreement = try #require(mean[.interraterAgreement])
    let members = Double(problem.members)
    // Each side is a handful of roundings of numbers below 1.
    expectClose(within + between, accuracy * (1 - accuracy), absolute: 1e-15)
    expectClose(
      agreement, 1 - members / (members - 1) * within / (accuracy * (1 - accuracy)),
      absolute: 4e-15)
  }

  @Test(arguments: problems)
  func `χ² is the squared correlation times the rows`(problem: Problem) throws {
    for row in try Self.rows(problem) where row.pair != .mean {
      guard let correlation = row.values[.correlation] else {
        #expect(row.values[.chiSquare] == nil)
        continue
      }
      let expected = Double(row.sampleCount) * correlation * correlation
      // Six roundings on either side.
      expectClose(try #require(row.values[.chiSquare]), expected, absolute: 1e-14 * expected)
    }
  }

  @Test(arguments: problems)
  func `mutual information is bounded by the logarithm of the members`(problem: Problem) throws {
    for row in try Self.rows(problem) {
      let count = row.pair == .mean ? problem.members : 2
      let information = try #require(row.values[.mutualInformation])
      #expect((0...log(Double(count))).contains(information))
      guard row.pair != .mean || problem.members == 2 else { continue }
      #expect(information == row.values[.jensenShannon])
    }
  }

  @Test func `the mean over pairs is their mean, undefined where one is`() throws {
    let rows = try Self.rows(Self.problems[1])
    for metric in [DiversityMetric.kappa, .divergence, .cosine, .jensenShannon, .qStatistic] {
      let pairs = try rows.dropFirst().map { try #require($0.values[metric]) }
      // By size, as the order of members does not matter.
      #expect(rows[0].values[metric] == pairs.sorted().reduce(0, +) / 3)
    }
    // Members 0 and 1 are always right, so nothing is known of how their being right goes together.
    let logits = try LabeledLogits(
      [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1], memberCount: 3, classCount: 2, labels: [0, 0])
    let partly = try Scorer(threadCount: 1).score(logits).diversity
    #expect(partly.map { $0.values[.conditionalAccuracy] } == [5 / 6.0, 1, 0.5, 0.5])
    #expect(partly.map { $0.values[.correlation] } == [nil, nil, nil, nil])
    #expect(partly.map { $0.values[.kappa] } == [nil, nil, 0, 0])
  }

  @Test func `equal members have no distance`() throws {
    let row: [Float] = [0.3, -2, 1.7, 0.1]
    let logits = try LabeledLogits(row + row, memberCount: 2, classCount: 4, labels: [2])
    let values = try Scorer(threadCount: 1).score(logits).diversity[0].values
    #expect(values[.divergence] == 0)
    #expect(values[.cosine] == 1)
    #expect(values[.ensembleGain] == 0)
    #expect(values[.jensenShannon] == 0)
    #expect(values[.mutualInformation] == 0)
  }

  @Test func `opposite certainties have closed forms, where probabilities underflow`() throws {
    let logits = try LabeledLogits(
      [5000, 0, 0, 5000], memberCount: 2, classCount: 2, labels: [0])
    let values = try Scorer(threadCount: 1).score(logits).diversity[0].values
    // (1 − 0)(0 − −5000) twice, halved.
    #expect(values[.divergence] == 5000)
    #expect(values[.cosine] == 0)
    #expect(values[.jensenShannon] == log(2))
    #expect(values[.mutualInformation] == log(2))
  }
}
