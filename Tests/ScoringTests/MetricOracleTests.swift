import Scoring
import TestSupport
import Testing

/// The metrics of calibration and failure detection against independent software: see
/// Fixtures/make_metric_fixtures.py.
struct MetricOracleTests {
  // Both sides work in Float64 and sum at most 3000 terms of at most 1.
  private static let relativeError = 1e-11
  // The references integrate on a grid of at least 4000 steps, 200 to a bandwidth.
  private static let integrationError = 1e-6

  struct Cell: Decodable, Sendable, CustomStringConvertible {
    let problem: Problem
    let predictors: [String: [String: Double?]]

    var description: String { problem.description }
  }

  @Test(arguments: try fixtureValue("distributions.json", as: [Cell].self))
  func `metrics of predictors are those of independent software`(cell: Cell) throws {
    let logits = try cell.problem.draw()
    for predictor in Predictor.predicting(memberCount: logits.memberCount) {
      let expected = try #require(cell.predictors[predictor.fixtureName])
      let values = try Scorer().rows(of: predictor, in: logits).values()
      Self.expect(values, expected, "\(cell) \(predictor.name)")
    }
  }

  struct Case: Decodable, Sendable, CustomStringConvertible {
    let ranking: DrawnRanking
    let values: [String: Double?]
    let relplot: Double?

    var description: String { "\(ranking)" }
  }

  @Test(arguments: try fixtureValue("rankings.json", as: [Case].self))
  func `metrics of confidences are those of independent software`(example: Case) throws {
    let rows = example.ranking.draw()
    var table = ReliabilityTable()
    for row in rows { table.add(confidence: row.confidence, isRight: row.isRight) }
    let ranking = ConfidenceRanking(rows)
    var values = MetricValues<Metric>()
    values[.calibrationError] = table.expectedCalibrationError
    values[.maximumCalibrationError] = table.maximumCalibrationError
    values[.debiasedCalibrationError] = table.debiasedCalibrationError
    values[.adaptiveCalibrationError] = ranking.adaptiveCalibrationError
    values[.smoothCalibrationError] = ranking.smoothCalibrationError
    values[.misclassificationAUROC] = ranking.areaUnderROC
    values[.errorAveragePrecision] = ranking.errorAveragePrecision
    values[.successAveragePrecision] = ranking.successAveragePrecision
    values[.falsePositiveRateAt95] = ranking.falsePositiveRateAt95
    values[.riskCoverageArea] = ranking.riskCoverageArea
    values[.excessRiskCoverageArea] = ranking.excessRiskCoverageArea
    values[.generalizedRiskCoverageArea] = ranking.generalizedRiskCoverageArea
    Self.expect(values, example.values, "\(example)")
    // relplot searches bandwidths in steps of 2⁻¹⁰, and the error at the last moves less.
    if let relplot = example.relplot {
      let smooth = try #require(ranking.smoothCalibrationError)
      expectClose(smooth, relplot, absolute: 0x1p-10, "\(example)")
    }
  }

  private static func expect(
    _ values: MetricValues<Metric>, _ expected: [String: Double?], _ name: String
  ) {
    var others = expected
    let smooth = others.removeValue(forKey: Metric.smoothCalibrationError.name)
    expectValues(values, others, relative: relativeError, name)
    if let value = smooth ?? nil {
      let actual = values[.smoothCalibrationError] ?? .nan
      expectClose(actual, value, absolute: integrationError, "\(name) ece_smooth")
    }
  }
}

/// Reproducible confidences and outcomes, the same that Fixtures/make_metric_fixtures.py draws.
struct DrawnRanking: Decodable, Sendable, CustomStringConvertible {
  let seed: UInt64
  let rows: Int
  let confidences: String
  let labels: String

  var description: String { "\(rows) \(confidences) \(labels)" }

  func draw() -> [(confidence: Double, isRight: Bool)] {
    var source = SeededGenerator(seed: seed)
    return (0..<rows).map { _ in
      let unit = source.nextUnit()
      let confidence =
        switch confidences {
        case "uniform": unit
        case "skewed": 1 - unit * unit * unit
        case "edges": (unit * 16).rounded(.down) / 15
        case "levels": (unit * 9).rounded(.down) / 8
        default: (unit * 2).rounded(.down)
        }
      let outcome = source.nextUnit()
      let isRight =
        switch labels {
        case "calibrated": outcome < confidence
        case "random": outcome < 0.6
        default: labels == "right"
        }
      return (confidence, isRight)
    }
  }
}
