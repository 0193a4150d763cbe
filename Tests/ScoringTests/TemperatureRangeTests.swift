import Foundation
import Scoring
import TestSupport
import Testing

struct TemperatureRangeTests {
  private static let scorer = Scorer(threadCount: 2)

  private static func fit(
    _ predictor: Predictor, on logits: LabeledLogits
  ) throws -> FittedTemperature {
    try TemperatureCalibrator().fittedTemperature(
      of: predictor, on: FittingRows(logits, threadCount: 2))
  }

  private static func scaled(_ logits: LabeledLogits, by factor: Float) throws -> LabeledLogits {
    try LabeledLogits(
      logits.values.map { $0 * factor }, memberCount: logits.memberCount,
      classCount: logits.classCount, labels: logits.labels)
  }

  private static func twoMembers(_ rows: [[Float]], labels: [Int]) throws -> LabeledLogits {
    try LabeledLogits(
      rows.flatMap { $0 + $0 }, memberCount: 2, classCount: rows[0].count, labels: labels)
  }

  /// s by its definition, in the order of the formula.
  private static func scale(_ rows: [[Float]]) -> Double {
    let squares = rows.map { row -> Double in
      let mean = row.reduce(0) { $0 + Double($1) } / Double(row.count)
      let spread = Double(row.max() ?? 0) - mean
      return spread * spread
    }
    return (squares.reduce(0, +) / Double(rows.count)).squareRoot()
  }

  @Test(arguments: [-100, -50, -20, -9, 9, 20, 50, 100])
  func `scaled logits have the scaled roots of extended precision`(exponent: Int) throws {
    let factor = Float(sign: .plus, exponent: exponent, significand: 1)
    for reference in try fixtureValue("roots.json", as: [TemperatureTests.Reference].self)[..<60] {
      let logits = try Self.scaled(reference.problem.draw(), by: factor)
      // Averaged probabilities are not those of the scaled logits, scaled.
      for (name, root) in reference.temperatures where name != "temperature-after" {
        let expected = root * Double(factor)
        let predictors = Predictor.predicting(memberCount: logits.memberCount)
        let predictor = try #require(predictors.first { $0.fixtureName == name })
        let fitted = try Self.fit(predictor, on: logits)
        // Powers of two scale without rounding, so the tolerance is that of the unscaled problem.
        expectClose(
          fitted.value, expected, absolute: 1e-12 * expected, "\(reference.problem) \(name)")
        #expect(!fitted.isAtBound)
      }
    }
  }

  @Test(arguments: [30, 4100])
  func `logits times any number have the temperature times that number`(rows: Int) throws {
    var source = SeededGenerator(seed: 40)
    for seed in UInt64(0)..<(rows > 4096 ? 2 : 20) {
      var problem = Problem(
        seed: seed, labelSeed: 60 + seed, rows: rows, members: 2, classes: 5, exponent: -16)
      problem.skill = 4 + seed % 9
      let logits = try problem.draw()
      for predictor in Predictor.predicting(memberCount: 2) {
        let expected = try Self.fit(predictor, on: logits)
        let factor = Float(pow(10, 24 * source.nextUnit() - 12))
        let fitted = try Self.fit(predictor, on: Self.scaled(logits, by: factor))
        // Float32 rounds each scaled logit by a relative 6e-8, which the fit averages.
        expectClose(
          fitted.value / Double(factor), expected.value, absolute: 1e-6 * expected.value,
          "\(problem) \(predictor) × \(factor)")
        #expect(fitted.bound == expected.bound)
      }
    }
  }

  /// Logits a hundred thousand times as large as usual, with what SciPy fits.
  private struct ScaledReference: Decodable {
    let labels: [Int]
    let temperature: Double
    let nll: Double
  }

  @Test func `logits in other units lose as little as in usual ones`() throws {
    let reference = try fixtureValue("scaled.json", as: ScaledReference.self)
    let values = try fixtureFloats("scaled-logits.bin")
    for factor in [1, 1e-5, 1e-8] as [Float] {
      let logits = try LabeledLogits(
        values.map { $0 * factor }, memberCount: 1, classCount: 10, labels: reference.labels)
      let fits = try Self.scorer.fit([.none, .temperature, .oracle], onValidationSet: logits)
      let scores = try Self.scorer.score(logits, with: fits)
      for row in scores.dropFirst().map({ $0.predictors[0] }) {
        let expected = reference.temperature * Double(factor)
        // Float32 rounds each scaled logit by a relative 6e-8; unscaled ones are the reference's.
        let rounding = factor == 1 ? 1e-12 : 1e-7
        expectClose(try #require(row.temperature), expected, absolute: rounding * expected)
        expectClose(
          try #require(row.values[.negativeLogLikelihood]), reference.nll, absolute: rounding)
        #expect(!row.isTemperatureAtBound)
      }
      // What a temperature removes does not depend on the unit either.
      expectClose(
        try #require(scores[2].predictors[0].values[.refinementLoss]),
        try #require(scores[0].predictors[0].values[.refinementLoss]), absolute: 1e-7)
    }
  }

  @Test func `the range is that of the root mean square of largest less mean`() throws {
    for (rows, labels) in [
      ([[2, 1, 0], [3, 0, 1]], [0, 1]), ([[0, 0.25], [8, 2]], [1, 1]), ([[1e5, 0, 0]], [0]),
    ] as [([[Float]], [Int])] {
      let logits = try Self.twoMembers(rows, labels: labels)
      for predictor in Predictor.predicting(memberCount: 2) {
        let range = try Self.fit(predictor, on: logits).range
        let scale = Self.scale(rows)
        // A sum of a few terms.
        expectClose(range.scale, scale, absolute: 1e-15 * scale)
        #expect(range.lowest == range.scale * 1e-3 && range.highest == range.scale * 1e3)
      }
    }
    // The two distributions that are averaged have spreads of 1 and 3, the mean logits one of 2.
    let members = try LabeledLogits([2, 0, 6, 0], memberCount: 2, classCount: 2, labels: [0])
    expectClose(
      try Self.fit(.ensembleProbabilities, on: members).range.scale, sqrt(5), absolute: 1e-15)
    #expect(try Self.fit(.ensemble, on: members).range.scale == 2)
    #expect(try Self.fit(.member(1), on: members).range.scale == 3)
  }

  @Test(
    arguments: [1e-30, 1e-5, 1, 1e5, 1e30] as [Float],
    [Predictor.ensemble, .ensembleProbabilities, .member(1)])
  func `all right pushes the temperature to its lower bound`(
    factor: Float, predictor: Predictor
  ) throws {
    let rows = [[2, 1, 0], [3, 0, 1]].map { $0.map { factor * $0 } } as [[Float]]
    let fitted = try Self.fit(predictor, on: Self.twoMembers(rows, labels: [0, 0]))
    #expect(fitted.value == fitted.range.lowest)
    // A sum of a few terms.
    let scale = Self.scale(rows)
    expectClose(fitted.value, scale * 1e-3, absolute: 1e-18 * scale)
    #expect(fitted.bound == .lowest(isAllRight: true))
    // At a thousandth of the scale the smaller margin is 730 nats.
    #expect(fitted.lossAfter < 1e-300)
  }

  @Test(arguments: [Predictor.ensemble, .ensembleProbabilities])
  func `all right by far does so too, where T = 1 leaves no loss`(
    predictor: Predictor
  ) throws {
    for margin in [5000, 1e20] as [Float] {
      let fitted = try Self.fit(predictor, on: Self.twoMembers([[margin, 0]], labels: [0]))
      #expect(fitted.value == Double(margin) / 2 * 1e-3)
      #expect(fitted.bound == .lowest(isAllRight: true))
    }
  }

  @Test(
    arguments: [1e-30, 1e-5, 1, 1e5, 1e30] as [Float],
    [Predictor.ensemble, .ensembleProbabilities, .member(1)])
  func `confidence in the wrong pushes the temperature to its upper bound`(
    factor: Float, predictor: Predictor
  ) throws {
    let rows = [[2, 1, 0], [3, 2, 1]].map { $0.map { factor * $0 } } as [[Float]]
    let fitted = try Self.fit(predictor, on: Self.twoMembers(rows, labels: [2, 2]))
    let scale = Double(factor)
    // Rounded products of 1e-30 and 3.
    expectClose(fitted.value, 1e3 * scale, absolute: 1e-3 * scale)
    #expect(fitted.value == fitted.range.highest)
    #expect(fitted.bound == .highest(isNoBetterThanChance: true))
    // At T = 1 tiny logits have less loss than at the bound, which is still colder.
    if factor >= 1 { #expect(fitted.lossAfter < fitted.lossBefore) }
  }

  @Test func `a bound that few large logits set has no reason`() throws {
    // One row of a hundred has logits a million times as large as the others, 80 of which are right.
    let rows: [[Float]] = (0..<100).map { $0 == 0 ? [1e6, 0] : [1, 0] }
    let labels = (0..<100).map { $0 > 80 ? 1 : 0 }
    let low = try Self.fit(.ensemble, on: Self.twoMembers(rows, labels: labels))
    #expect(low.value == low.range.lowest)
    #expect(low.bound == .lowest(isAllRight: false))
    // A label that leads by a thousandth: just better than chance.
    let slight: [[Float]] = (0..<10_001).map { $0 < 5001 ? [1, 0] : [0, 1] }
    let high = try Self.fit(
      .ensemble, on: Self.twoMembers(slight, labels: slight.map { _ in 0 }))
    #expect(high.value == high.range.highest)
    #expect(high.bound == .highest(isNoBetterThanChance: false))
    #expect(TemperatureBound.lowest(isAllRight: false).reason == nil)
    #expect(TemperatureBound.highest(isNoBetterThanChance: false).reason == nil)
  }

  @Test(arguments: [-1e4, -1e9, -Float.greatestFiniteMagnitude])
  func `masked classes change no temperature`(mask: Float) throws {
    let problem = Problem(seed: 3, labelSeed: 4, rows: 80, members: 2, classes: 4)
    let logits = try problem.draw()
    let masked = try LabeledLogits(
      logits.values.indices.flatMap { i in
        [logits.values[i]] + (i % 4 == 3 ? [Float](repeating: mask, count: 20) : [])
      }, memberCount: 2, classCount: 24, labels: logits.labels)
    for predictor in Predictor.predicting(memberCount: 2) {
      let (expected, found) = (
        try Self.fit(predictor, on: logits), try Self.fit(predictor, on: masked)
      )
      // Sums over other numbers of lanes.
      expectClose(found.value, expected.value, absolute: 1e-12 * expected.value)
      expectClose(found.range.scale, expected.range.scale, absolute: 1e-12)
    }
  }

  @Test func `labels as good as chance exactly are no better`() throws {
    let rows: [[Float]] = (0..<30).map { $0 % 3 == 0 ? [0.1, 0.7] : [0.7, 0.1] }
    let labels = (0..<30).map { $0 % 2 }
    let fitted = try Self.fit(.ensemble, on: Self.twoMembers(rows, labels: labels))
    #expect(fitted.bound == .highest(isNoBetterThanChance: true))
  }

  @Test(arguments: [Predictor.ensemble, .ensembleProbabilities, .member(1)])
  func `where no temperature matters it is one`(predictor: Predictor) throws {
    for classes in [1, 2, 3, 5, 7, 10, 49, 100] {
      for value in [0.1, 0, 1e30] as [Float] {
        let row = [Float](repeating: value, count: classes)
        let fitted = try Self.fit(predictor, on: Self.twoMembers([row, row], labels: [0, 0]))
        #expect(fitted.value == 1)
        #expect(!fitted.isAtBound)
        #expect(fitted.range.scale == 0)
      }
    }
  }

  @Test func `reasons are said as they are`() {
    let (right, chance) = (
      TemperatureBound.lowest(isAllRight: true),
      TemperatureBound.highest(isNoBetterThanChance: true)
    )
    #expect(TemperatureBound.reasons([right], of: "rows") == "rows were all right")
    #expect(TemperatureBound.reasons([chance], of: "rows") == "rows were no better than chance")
    let both = TemperatureBound.reasons([chance, right], of: "rows")
    #expect(both == "rows were all right, and in another fit rows were no better than chance")
    let neither = TemperatureBound.reasons([.lowest(isAllRight: false)], of: "rows")
    #expect(!neither.contains("right") && !neither.contains("chance"))
  }

  @Test func `losses that remain follow the scale of the calibrated logits`() throws {
    // A half no better than chance under a temperature of 1000 once left no refinement loss.
    for seed in UInt64(0)..<40 {
      let logits = try Problem(
        seed: seed, labelSeed: 100 + seed, rows: 10, members: 1, classes: 3, skill: 0
      ).draw()
      let right = try Self.scorer.rows(of: .ensemble, in: logits).rows.map(\.isRight)
      let fits = try Self.scorer.fit([.none, .oracle], on: logits)
      let rows = try Self.scorer.score(logits, with: fits)
      let isHalfRight = try CleanHalves(rowCount: 10).rows.contains { half in
        half.allSatisfy { right[$0] }
      }
      let losses = rows.map { $0.predictors[0].values[.refinementLoss] }
      #expect(losses.allSatisfy { ($0 == nil) == isHalfRight }, "seed \(seed)")
      // A temperature divides what a temperature divides: the same loss is left, to the fits' error.
      if let first = losses[0], let second = losses[1] {
        expectClose(first, second, absolute: 1e-9 * first)
      }
    }
  }
}
