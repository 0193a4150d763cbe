import Foundation
import Scoring
import TestSupport
import Testing

/// What holds between the figures, whatever the rows (Kuncheva and Whitaker 2003, section 4).
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
      let disagreement = try #require(row.figures[.disagreement])
      let variance = try #require(row.figures[.kohaviWolpert])
      // A mean of at most 21 pairs, each below 1 and rounded twice.
      expectClose(variance, (count - 1) / (2 * count) * disagreement, absolute: 1e-15)
    }
  }

  @Test(arguments: problems)
  func `the variance of being right is that within rows and that between them`(
    problem: Problem
  ) throws {
    let scores = try Scorer(threadCount: 2).score(problem.draw())
    let accuracy = try #require(scores.predictors.last?.figures[.accuracy])
    let mean = scores.diversity[0].figures
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
      guard let correlation = row.figures[.correlation] else {
        #expect(row.figures[.chiSquare] == nil)
        continue
      }
      let expected = Double(row.sampleCount) * correlation * correlation
      // Six roundings on either side.
      expectClose(try #require(row.figures[.chiSquare]), expected, absolute: 1e-14 * expected)
    }
  }

  @Test(arguments: problems)
  func `mutual information is bounded by the logarithm of the members`(problem: Problem) throws {
    for row in try Self.rows(problem) {
      let count = row.pair == .mean ? problem.members : 2
      let information = try #require(row.figures[.mutualInformation])
      #expect((0...log(Double(count))).contains(information))
      guard row.pair != .mean || problem.members == 2 else { continue }
      #expect(information == row.figures[.jensenShannon])
    }
  }

  @Test func `the mean over pairs is their mean, undefined where one is`() throws {
    let rows = try Self.rows(Self.problems[1])
    for figure in [DiversityFigure.kappa, .divergence, .cosine, .jensenShannon, .qStatistic] {
      let pairs = try rows.dropFirst().map { try #require($0.figures[figure]) }
      #expect(rows[0].figures[figure] == pairs.reduce(0, +) / 3)
    }
    // Members 0 and 1 are always right, so nothing is known of how their being right goes together.
    let logits = try LabeledLogits(
      [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1], memberCount: 3, classCount: 2, labels: [0, 0])
    let partly = try Scorer(threadCount: 1).score(logits).diversity
    #expect(partly.map { $0.figures[.conditionalAccuracy] } == [2 / 3.0, 1, 0.5, 0.5])
    #expect(partly.map { $0.figures[.correlation] } == [nil, nil, nil, nil])
    #expect(partly.map { $0.figures[.kappa] } == [nil, nil, 0, 0])
  }

  @Test func `equal members have no distance`() throws {
    let row: [Float] = [0.3, -2, 1.7, 0.1]
    let logits = try LabeledLogits(row + row, memberCount: 2, classCount: 4, labels: [2])
    let figures = try Scorer(threadCount: 1).score(logits).diversity[0].figures
    #expect(figures[.divergence] == 0)
    #expect(figures[.cosine] == 1)
    #expect(figures[.ensembleGain] == 0)
    #expect(figures[.jensenShannon] == 0)
    #expect(figures[.mutualInformation] == 0)
  }

  @Test func `opposite certainties have closed forms, where probabilities underflow`() throws {
    let logits = try LabeledLogits(
      [5000, 0, 0, 5000], memberCount: 2, classCount: 2, labels: [0])
    let figures = try Scorer(threadCount: 1).score(logits).diversity[0].figures
    // (1 − 0)(0 − −5000) twice, halved.
    #expect(figures[.divergence] == 5000)
    #expect(figures[.cosine] == 0)
    #expect(figures[.jensenShannon] == log(2))
    #expect(figures[.mutualInformation] == log(2))
  }
}
