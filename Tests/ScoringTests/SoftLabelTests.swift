import Foundation
import Scoring
import TestSupport
import Testing

/// Predictions against what people say of the images.
struct SoftLabelTests {
  private struct Reference: Decodable {
    let problem: Problem
    let form: String
    let votes: [Double]
    let predictors: [String: [String: Double]]

    func labels() throws -> SoftLabels { try SoftLabels(votes, classCount: problem.classes) }
  }

  private static let metrics = MetricGroup.softLabels.metrics
  private static let drawn = Problem(seed: 981, labelSeed: 982, rows: 120, members: 2, classes: 5)

  private static func scorer(_ labels: SoftLabels?) -> Scorer {
    var scorer = Scorer(threadCount: 2, metrics: Metric.all + metrics)
    scorer.softLabels = labels
    return scorer
  }

  /// Votes for random classes, at least one for each of `rowCount` images.
  private static func votes(rowCount: Int, classCount: Int, seed: UInt64) throws -> SoftLabels {
    var source = SeededGenerator(seed: seed)
    var values = [Double](repeating: 0, count: rowCount * classCount)
    for row in 0..<rowCount {
      for _ in 0...source.next() % 9 {
        values[row * classCount + Int(source.next() % UInt64(classCount))] += 1
      }
    }
    return try SoftLabels(values, classCount: classCount)
  }

  @Test func `figures are those of SciPy and scikit-learn`() throws {
    let references = try fixtureValue("soft.json", as: [Reference].self)
    #expect(references.count == 7)
    for reference in references {
      let scores = try Self.scorer(reference.labels()).score(reference.problem.draw())
      for row in scores.predictors where row.predictor != .membersMean {
        let expected = try #require(reference.predictors[row.predictor.fixtureName])
        for metric in Self.metrics {
          let name = "\(reference.problem) \(reference.form) \(row.predictor) \(metric)"
          guard let value = expected[metric.name] else {
            #expect(row.values[metric] == nil, "\(name)")
            continue
          }
          // Means of at most 300 numbers of size 10.
          expectClose(try #require(row.values[metric], "\(name)"), value, absolute: 1e-11, name)
        }
      }
    }
  }

  /// The vector of the article Conformance.
  @Test func `the golden vector has its values`() throws {
    let cell = try LabeledLogits(
      float64: [0.7, 0.2, 0.1, 0.4, 0.5, 0.1, 0.05, 0.9, 0.05, 0.3, 0.3, 0.4], as: .probabilities,
      memberCount: 1, classCount: 3, labels: [0, 1, 1, 0])
    let labels = try SoftLabels([3, 1, 0, 0, 1, 1, 0, 4, 0, 1, 1, 0], classCount: 3)
    let row = try #require(Self.scorer(labels).score(cell).predictors.first)
    let values = try Self.metrics.map { try #require(row.values[$0]) }
    // Means of four numbers of size 1.
    expectClose(
      values, [0.8692662857058331, 0.38210890927115826, 0.1475, 0.25, 0.9486832980505139],
      absolute: 2e-15)
  }

  @Test func `one-hot soft labels are labels`() throws {
    let cell = try Self.drawn.draw()
    let oneHot = cell.labels.flatMap { label in (0..<5).map { $0 == label ? 3.0 : 0 } }
    let scores = try Self.scorer(SoftLabels(oneHot, classCount: 5)).score(cell)
    for row in scores.predictors {
      let values = Self.metrics.map { row.values[$0] }
      #expect(values[1] == values[0], "people who agree have the entropy 0")
      for (value, metric) in zip(
        [values[0], values[2]], [Metric.negativeLogLikelihood, .brierScore])
      {
        // Sums over classes are rounded to 2⁻⁵² of the largest term, 8.
        expectClose(
          try #require(value), try #require(row.values[metric]), absolute: 1e-14, "\(metric)")
      }
      #expect(values[4] == nil, "people who always agree have constant entropies")
    }
  }

  @Test func `the divergence is the cross entropy less the entropy of people`() throws {
    let cell = try Self.drawn.draw()
    let labels = try Self.votes(rowCount: 120, classCount: 5, seed: 3)
    let entropy = labels.entropies.reduce(0, +) / 120
    for row in try Self.scorer(labels).score(cell).predictors {
      let cross = try #require(row.values[Self.metrics[0]])
      let divergence = try #require(row.values[Self.metrics[1]])
      // Means of 120 numbers of size 1, in two orders.
      expectClose(divergence, cross - entropy, absolute: 1e-14, "\(row.predictor)")
    }
  }

  @Test func `people who say what is predicted leave nothing`() throws {
    let cell = try Self.drawn.draw()
    let scorer = Self.scorer(nil)
    let predicted = try scorer.probabilities(
      of: .ensemble, in: cell, calibration: .identity, rows: 0..<cell.rowCount)
    let soft = try scorer.softScores(
      of: .ensemble, in: cell, against: SoftLabels(predicted, classCount: 5))
    for score in soft {
      // Probabilities that sum to 1 but for 5 roundings.
      #expect(abs(score.divergence) < 1e-14 && score.totalVariation < 1e-14)
      #expect(score.brierScore < 1e-28 && abs(score.entropy - score.peopleEntropy) < 1e-14)
    }
  }

  @Test func `rows are normalized, and neither their scale nor the order of classes counts`() throws
  {
    let votes: [Double] = [3, 0, 1, 0, 4, 12, 1, 0, 3]
    let labels = try SoftLabels(votes, classCount: 3)
    let scaled = try SoftLabels(votes.map { $0 * 1024 }, classCount: 3)
    #expect(labels.entropies == scaled.entropies && labels.values == votes)
    #expect(
      labels.entropies[0] == labels.entropies[2] && labels.entropies[0] == labels.entropies[1])
    let certain = try SoftLabels([0, 5, 0], classCount: 3)
    #expect(certain.entropies == [0] && certain.entropies[0].sign == .plus)
    let uniform = try SoftLabels([2, 2, 2, 2], classCount: 4)
    #expect(uniform.entropies == [log(4)])
    #expect(try labels.selecting(rows: [2, 0]).values == [1, 0, 3, 3, 0, 1])
    #expect(throws: ScoringError.noSuchRow(3, rows: 3)) { try labels.selecting(rows: [3]) }
  }

  private static let refused: [([Double], String)] = [
    ([1, 0, 0, 0], "row 1: expected votes or probabilities of which one is above 0, found zeros"),
    ([1, 0, 2, -1], "row 1, class 1: expected votes or a probability"),
    ([1, .nan, .infinity, 1], "found nan, the first of 2 such numbers; are they logits?"),
    ([1, 1, 1], "need whole rows, and at least one, not 3 values"), ([], "not 0 values"),
  ]

  @Test(arguments: refused)
  func `what are no votes is refused`(values: [Double], message: String) throws {
    let error = try #require(throws: ScoringError.self) { try SoftLabels(values, classCount: 2) }
    #expect(error.description.contains(message), "\(error)")
  }

  @Test func `labels of other classes or images are refused`() throws {
    let cell = try Self.drawn.draw()
    #expect(throws: ScoringError.softLabelsOfOtherClasses(expected: 5, found: 4)) {
      try Self.scorer(Self.votes(rowCount: 120, classCount: 4, seed: 1)).score(cell)
    }
    #expect(throws: ScoringError.softLabelsOfOtherRows(expected: 120, found: 50)) {
      try Self.scorer(Self.votes(rowCount: 50, classCount: 5, seed: 1)).score(cell)
    }
  }

  @Test func `without soft labels, and where the confidence alone is calibrated, they are empty`()
    throws
  {
    let cell = try Self.drawn.draw()
    for row in try Self.scorer(nil).score(cell).predictors {
      #expect(Self.metrics.allSatisfy { row.values[$0] == nil })
    }
    let scorer = Self.scorer(try Self.votes(rowCount: 120, classCount: 5, seed: 1))
    let fitted = try scorer.fit([.none, .temperature, .isotonic], on: cell)
    for scores in try scorer.score(cell, with: fitted) {
      let isDefined = scores.calibration != .isotonic
      for row in scores.predictors {
        #expect(Self.metrics.allSatisfy { (row.values[$0] != nil) == isDefined })
      }
      let spreads = try scorer.resample(
        scores, of: cell, by: Bootstrap(imageCount: 120, drawCount: 20))
      #expect(spreads.values.allSatisfy { ($0[.entropyCorrelation] != nil) == isDefined })
    }
  }

  @Test func `a probability of 0 that people do not share has an infinite cross entropy`() throws {
    let cell = try LabeledLogits(
      float64: [0.5, 0.5, 0, 0.25, 0, 0.75], as: .probabilities, memberCount: 1, classCount: 3,
      labels: [0, 2])
    func values(_ votes: [Double]) throws -> [Double?] {
      let scores = try Self.scorer(SoftLabels(votes, classCount: 3)).score(cell)
      return Self.metrics.map { scores.predictors[0].values[$0] }
    }
    let shared = try values([1, 1, 0, 1, 0, 3])
    #expect(shared[2] == 0 && shared[3] == 0)
    // The cross entropy less the same number, summed in another order.
    expectClose(try #require(shared[1]), 0, absolute: 1e-15)
    let other = try values([1, 1, 2, 1, 0, 3])
    #expect(other[0] == nil && other[1] == nil && other[2] != nil && other[3] == 0.25)
  }

  @Test func `the names of classes change no number`() throws {
    let cell = try Self.drawn.draw()
    let labels = try Self.votes(rowCount: 120, classCount: 5, seed: 12)
    func renamed<Number>(_ numbers: [Number]) -> [Number] {
      stride(from: 0, to: numbers.count, by: 5).flatMap { numbers[$0..<$0 + 5].reversed() }
    }
    let other = try LabeledLogits(
      renamed(cell.values), memberCount: 2, classCount: 5, labels: cell.labels.map { 4 - $0 })
    let mine = try Self.scorer(labels).score(cell)
    let its = try Self.scorer(SoftLabels(renamed(labels.values), classCount: 5)).score(other)
    for (first, second) in zip(mine.predictors, its.predictors) {
      for metric in Self.metrics {
        #expect(first.values[metric] == second.values[metric], "\(first.predictor) \(metric)")
      }
    }
  }

  @Test func `draws are the values of drawn rows`() throws {
    let cell = try Self.drawn.draw()
    let labels = try Self.votes(rowCount: 120, classCount: 5, seed: 8)
    let scorer = Self.scorer(labels)
    let bootstrap = try Bootstrap(imageCount: 120, drawCount: 21, seed: 5)
    let scores = try scorer.score(cell)
    let spreads = try scorer.resample(scores, of: cell, by: bootstrap)
    for draw in [0, 7, 20] {
      let rows = bootstrap.images(ofDraw: draw)
      let drawn = try Self.scorer(labels.selecting(rows: rows)).score(cell.selecting(rows: rows))
      for row in drawn.predictors {
        for metric in Self.metrics {
          let values = try #require(spreads[row.predictor]?[metric]?.distribution).values
          // Sums of 120 numbers of size 1, in two orders.
          expectClose(
            values[draw], try #require(row.values[metric]), absolute: 1e-12,
            "\(draw) \(row.predictor) \(metric)")
        }
      }
    }
  }

  @Test func `cells of the same images one after the other have the labels of these images`() throws
  {
    let cell = try Self.drawn.draw()
    let labels = try Self.votes(rowCount: 120, classCount: 5, seed: 9)
    let scorer = Self.scorer(labels)
    let pooled = try LabeledLogits(concatenating: [cell, cell])
    let (once, twice) = (try scorer.score(cell), try scorer.score(pooled))
    let bootstrap = try Bootstrap(imageCount: 120, drawCount: 16, seed: 1)
    let images = Array(0..<120) + Array(0..<120)
    let all = (
      try scorer.resample(once, of: cell, by: bootstrap),
      try scorer.resample(twice, of: pooled, images: images, by: bootstrap)
    )
    for (first, second) in zip(once.predictors, twice.predictors) {
      for metric in Self.metrics {
        // Sums of 240 numbers of size 1 against half as many.
        expectClose(
          try #require(first.values[metric]), try #require(second.values[metric]), absolute: 1e-13,
          "\(metric)")
        expectClose(
          try #require(all.0[first.predictor]?[metric]?.distribution).values,
          try #require(all.1[first.predictor]?[metric]?.distribution).values, absolute: 1e-12,
          "\(metric)")
      }
    }
  }

  @Test func `halves that are averaged have their own images' labels`() throws {
    let cell = try Self.drawn.draw()
    let labels = try Self.votes(rowCount: 120, classCount: 5, seed: 10)
    let halves = try CleanHalves(rowCount: 120)
    let scorer = Self.scorer(labels)
    let fitted = try scorer.fit([.none], on: cell, halves: halves, combination: .averaged)
    let scores = try #require(scorer.score(cell, with: fitted).first)
    let parts = try halves.rows.map { rows in
      try Self.scorer(labels.selecting(rows: rows)).score(cell.selecting(rows: rows))
    }
    for (index, row) in scores.predictors.enumerated() where row.predictor != .membersMean {
      for metric in Self.metrics {
        let means = try parts.map { try #require($0.predictors[index].values[metric]) }
        // A mean of two numbers.
        expectClose(
          try #require(row.values[metric]), (means[0] + means[1]) / 2, absolute: 1e-15, "\(metric)")
      }
    }
  }
}
