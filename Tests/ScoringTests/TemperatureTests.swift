import Foundation
import Scoring
import TestSupport
import Testing

struct TemperatureTests {
  struct Reference: Decodable, Sendable {
    let problem: Problem
    let temperatures: [String: Double]
  }

  private static let scorer = Scorer(threadCount: 2)

  private static func fit(
    _ predictor: Predictor, on logits: LabeledLogits
  ) throws -> FittedTemperature {
    try TemperatureCalibrator().fittedTemperature(
      of: predictor, on: FittingRows(logits, threadCount: 2))
  }

  @Test func `temperatures are SciPy's on more than a hundred problems`() throws {
    let references = try fixtureValue("temperatures.json", as: [Reference].self)
    #expect(references.count >= 100)
    for reference in references {
      let logits = try reference.problem.draw()
      for predictor in Predictor.predicting(memberCount: 2) {
        guard let expected = reference.temperatures[predictor.name] else { continue }
        let fitted = try Self.fit(predictor, on: logits)
        // A minimum found by values alone is known to √2⁻⁵³ · √(loss / curvature), 1e-6 here.
        expectClose(
          fitted.value, expected, absolute: 1e-5 * expected, "\(reference.problem)")
        #expect(!fitted.isAtBound)
      }
    }
  }

  @Test func `temperatures are the roots of the slope in extended precision`() throws {
    let references = try fixtureValue("roots.json", as: [Reference].self)
    #expect(references.count >= 200)
    for reference in references {
      let logits = try reference.problem.draw()
      for (name, expected) in reference.temperatures {
        let fitted = try Self.fit(name, on: logits)
        // The search ends at a step below 1e-4, which leaves about its fourth power, 1e-16, beside
        // what rounding makes of a slope over its curvature.
        expectClose(
          fitted.value, expected, absolute: 1e-12 * expected, "\(reference.problem) \(name)")
        #expect(fitted.lossAfter <= fitted.lossBefore)
      }
    }
  }

  private static func fit(_ name: String, on logits: LabeledLogits) throws -> FittedTemperature {
    if name == "temperature-after" {
      return try TemperatureAfterAveragingCalibrator().fittedTemperature(
        on: FittingRows(logits, threadCount: 2))
    }
    let predictors = Predictor.predicting(memberCount: logits.memberCount)
    let predictor = try #require(predictors.first { $0.fixtureName == name })
    return try fit(predictor, on: logits)
  }

  @Test func `a sample of many rows only tells where to start`() throws {
    // Every sixteenth row is right, and these alone would give the bound.
    var rows: [[Float]] = []
    for i in 0..<20_000 {
      let isRight = i % 16 == 0 || i % 5 != 0
      rows.append(isRight ? [2, 0, 1] : [0, 2, 1])
    }
    let logits = try Self.twoMembers(rows, labels: [Int](repeating: 0, count: rows.count))
    for predictor in Predictor.predicting(memberCount: 2) {
      let fitted = try Self.fit(predictor, on: logits)
      for factor in [0.999, 1.001] {
        let other = try Self.loss(predictor, logits, at: fitted.value * factor)
        #expect(other > fitted.lossAfter)
      }
    }
  }

  @Test(arguments: [5000, 20_000], [Predictor.ensemble, .ensembleProbabilities])
  func `temperatures of many rows are those of bisection`(
    rows: Int, predictor: Predictor
  ) throws {
    let logits = try Problem(seed: 21, labelSeed: 22, rows: rows, members: 2, classes: 4).draw()
    let expected = Self.bisected(predictor, logits)
    let fitted = try Self.fit(predictor, on: logits)
    // A step below 1e-2 leaves about its fourth power, a hundredth of what is asked for.
    expectClose(fitted.value, expected, absolute: 1e-8 * expected)
  }

  @Test func `where the slope bends, a short step does not end the search`() throws {
    // Losses of right rows fall as exp(−90/T), and slopes of wrong rows are as small. Every
    // sixteenth row, where the search starts, is more often right.
    let values = (0..<5000).flatMap { row -> [Float] in
      let isWrong = row % 16 == 0 ? row % 48 == 0 : row % 2 == 0
      return isWrong ? [0, 1e-37] : [90, 0]
    }
    let logits = try LabeledLogits(
      values, memberCount: 1, classCount: 2, labels: [Int](repeating: 0, count: 5000))
    let expected = Self.bisected(.ensemble, logits)
    let fitted = try Self.fit(.ensemble, on: logits)
    // As above; the step of 0.006 from where the search starts leaves 2e-6.
    expectClose(fitted.value, expected, absolute: 1e-8 * expected)
  }

  /// The temperature in 1/20...20 at which the derivative of the loss changes its sign.
  private static func bisected(_ predictor: Predictor, _ logits: LabeledLogits) -> Double {
    let (members, classes) = (logits.memberCount, logits.classCount)
    let values = logits.values.map { Double($0) }
    let isAveraged = predictor == .ensembleProbabilities
    // Logits less the label's, of each distribution that is pooled.
    let deviations = logits.labels.enumerated().flatMap { row, label -> [Double] in
      let own = (0..<members).map { member -> [Double] in
        let start = (row * members + member) * classes
        return (0..<classes).map { values[start + $0] - values[start + label] }
      }
      let mean = (0..<classes).map { c in own.reduce(0.0) { $0 + $1[c] } / Double(members) }
      return isAveraged ? own.flatMap { $0 } : mean
    }
    var (lower, upper) = (-log(20.0), log(20.0))
    // 6 / 2³⁴ is less than 1e-9.
    for _ in 0..<34 {
      let middle = (lower + upper) / 2
      let slope = slope(
        deviations, pooled: isAveraged ? members : 1, classes: classes, scale: exp(middle))
      if slope > 0 { upper = middle } else { lower = middle }
    }
    return exp(-(lower + upper) / 2)
  }

  /// Σ over rows of d/dβ of −log of the mean of 1 / Σ exp(β·deviation), in Kahan's sum.
  private static func slope(
    _ deviations: [Double], pooled: Int, classes: Int, scale: Double
  ) -> Double {
    var (sum, excess) = (0.0, 0.0)
    for row in stride(from: 0, to: deviations.count, by: pooled * classes) {
      var (likelihood, fall) = (0.0, 0.0)
      for start in stride(from: row, to: row + pooled * classes, by: classes) {
        var (total, change) = (0.0, 0.0)
        for deviation in deviations[start..<start + classes] {
          let term = exp(scale * deviation)
          total += term
          change += term * deviation
        }
        likelihood += 1 / total
        fall += change / (total * total)
      }
      let term = fall / likelihood - excess
      let next = sum + term
      excess = (next - sum) - term
      sum = next
    }
    return sum
  }

  @Test func `rows in another order give the same temperature`() throws {
    let logits = try Problem(
      seed: 5, labelSeed: 6, rows: 3000, members: 2, classes: 4, exponent: -16
    ).draw()
    let reversed = try logits.selecting(rows: Array((0..<3000).reversed()))
    for name in ["ensemble", "ensemble-probs", "member-1", "temperature-after"] {
      let expected = try Self.fit(name, on: logits).value
      // Sums of 3000 terms in another order, over a curvature near their size.
      expectClose(try Self.fit(name, on: reversed).value, expected, absolute: 1e-13 * expected)
    }
  }

  @Test func `the loss after fitting is never above the loss before`() throws {
    for seed in UInt64(0)..<60 {
      var problem = Problem(seed: seed, labelSeed: 900 + seed, rows: 30, members: 2, classes: 5)
      problem.exponent = -24 + Int(seed % 20)
      problem.skill = seed % 17
      let logits = try problem.draw()
      for predictor in Predictor.predicting(memberCount: 2) {
        let fitted = try Self.fit(predictor, on: logits)
        let after = try Self.loss(predictor, logits, at: fitted.value)
        #expect(after <= (try Self.loss(predictor, logits, at: 1)), "\(problem) \(predictor)")
        #expect(fitted.lossAfter <= fitted.lossBefore)
        // Two sums of the same 30 terms, differently grouped.
        expectClose(after, fitted.lossAfter, absolute: 1e-14 * max(1, after))
      }
    }
  }

  @Test func `logits that are calibrated already are not made worse`() throws {
    for seed in UInt64(0)..<100 {
      let logits = try Problem(
        seed: seed, labelSeed: 500 + seed, rows: 30, members: 2, classes: 3
      ).draw()
      let first = try Self.fit(.ensembleProbabilities, on: logits)
      // Rounded to Float32 these have their optimum near 1 ± 1e-8, where rounding decides.
      let calibrated = try LabeledLogits(
        logits.values.map { Float(Double($0) / first.value) }, memberCount: 2, classCount: 3,
        labels: logits.labels)
      let second = try Self.fit(.ensembleProbabilities, on: calibrated)
      #expect(second.lossAfter <= second.lossBefore)
      expectClose(second.value, 1, absolute: 1e-6)
    }
  }

  @Test func `no temperature near the fitted one has a lower loss`() throws {
    for seed in UInt64(0)..<20 {
      let problem = Problem(
        seed: seed, labelSeed: 700 + seed, rows: 40, members: 3, classes: 6, exponent: -18)
      let logits = try problem.draw()
      for predictor in Predictor.predicting(memberCount: 3) {
        let fitted = try Self.fit(predictor, on: logits)
        for factor in [0.01, 0.1, 0.5, 0.99, 1.01, 2, 10, 100] {
          let other = try Self.loss(predictor, logits, at: fitted.value * factor)
          #expect(other > fitted.lossAfter, "\(problem) \(predictor) × \(factor)")
        }
      }
    }
  }

  @Test(arguments: [0.25, 1, 8] as [Float])
  func `equal margins give the temperature of the logistic closed form`(margin: Float) throws {
    // Of 10 rows with the same margin 8 are right: p = 0.8 = 1 / (1 + exp(−margin/T)).
    let values = (0..<10).flatMap { $0 < 8 ? [margin, 0] : [0, margin] as [Float] }
    let logits = try LabeledLogits(
      values, memberCount: 1, classCount: 2, labels: [Int](repeating: 0, count: 10))
    let fitted = try Self.fit(.ensemble, on: logits)
    let expected = Double(margin) / log(4)
    // The search ends at a step below 1e-4, which leaves about its fourth power; a slope rounded to
    // 1e-16 leaves a few 1e-16.
    expectClose(fitted.value, expected, absolute: 1e-14 * expected)
  }

  @Test func `averaged probabilities find the lower of two valleys`() throws {
    // Member 0 is mostly right by small margins, member 1 often wrong by large ones: as T falls
    // member 1 makes the loss rise, and later member 0 makes it fall again.
    let logits = try Self.valleys()
    let fitted = try Self.fit(.ensembleProbabilities, on: logits)
    let grid = try stride(from: -6.9, through: 6.9, by: 0.05).map {
      try Self.loss(.ensembleProbabilities, logits, at: exp($0))
    }
    let valleys = grid.indices.dropFirst().dropLast().filter {
      grid[$0] < grid[$0 - 1] && grid[$0] < grid[$0 + 1]
    }
    #expect(valleys.count == 2)
    #expect(fitted.lossAfter <= (try #require(grid.min())))
  }

  private static func valleys() throws -> LabeledLogits {
    let rows: [[Float]] = (0..<20).map {
      ($0 < 18 ? [0.02, 0] : [0, 0.02]) + ($0 < 12 ? [20, 0] : [0, 20])
    }
    return try LabeledLogits(
      Array(rows.joined()), memberCount: 2, classCount: 2, labels: rows.map { _ in 0 })
  }

  private static func twoMembers(_ rows: [[Float]], labels: [Int]) throws -> LabeledLogits {
    try LabeledLogits(
      rows.flatMap { $0 + $0 }, memberCount: 2, classCount: rows[0].count, labels: labels)
  }

  private static func loss(
    _ predictor: Predictor, _ logits: LabeledLogits, at temperature: Double
  ) throws -> Double {
    let rows = try scorer.rows(
      of: predictor, in: logits, calibration: .temperature(temperature))
    return rows.values()[.negativeLogLikelihood] ?? .nan
  }
}
