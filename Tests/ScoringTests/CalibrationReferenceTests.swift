import Scoring
import TestSupport
import Testing

/// Every calibration and protocol against NumPy, SciPy and scikit-learn.
struct CalibrationReferenceTests {
  struct Reference: Decodable, Sendable, CustomStringConvertible {
    let `protocol`: String
    let fitted: Problem
    let scored: Problem
    /// Values and `temperature` by calibration and predictor.
    let rows: [String: [String: [String: Double?]]]

    var description: String { "\(`protocol`), \(fitted) to \(scored)" }

    func scores(_ scorer: Scorer) throws -> [CellScores] {
      let cell = try scored.draw()
      switch `protocol` {
      case "cv": return try scorer.crossValidate(cell, under: Calibration.all)
      case "validation":
        let fits = try scorer.fit(Calibration.all, onValidationSet: fitted.draw())
        return try scorer.score(cell, with: fits)
      default:
        let fits = try scorer.fit(
          Calibration.all, on: fitted.draw(),
          combination: `protocol` == "mixmo-halves" ? .averaged : .pooled)
        return try scorer.score(cell, with: fits)
      }
    }
  }

  struct Refinement: Decodable, Sendable, CustomStringConvertible {
    let problem: Problem
    let predictors: [String: [String: Double?]]

    var description: String { problem.description }
  }

  /// The bound on a value under a calibration, relative to it, and absolute below 1.
  private static func bound(_ calibration: Calibration) -> Double {
    // Vector scaling ends with a gradient of 1e-8, which leaves parameters to 5e-5 where the
    // curvature is least, 2e-4; losses slope there as the penalty does, by some 1e-3. Temperatures
    // are solved to 1e-12.
    // Matrices of separable rows have long valleys; a logistic curve's penalty moves it by 1e-10 over
    // the curvature; SLSQP ends near the best mixture.
    switch calibration {
    case .vector: 1e-7
    case .matrix, .dirichlet: 1e-4
    case .beta, .platt, .ensembleTemperature: 1e-6
    case .bayesianBinning: 1e-9
    default: 1e-10
    }
  }

  @Test(arguments: try fixtureValue("calibrations.json", as: [Reference].self))
  func `values and temperatures are those of independent fits`(reference: Reference) throws {
    let scores = try reference.scores(Scorer(threadCount: 2))
    #expect(scores.map(\.calibration) == Calibration.all)
    for scores in scores {
      let name = scores.calibration.name
      let expected = try #require(reference.rows[name])
      #expect(Set(scores.predictors.map(\.predictor.fixtureName)) == Set(expected.keys), "\(name)")
      for row in scores.predictors {
        var values = try #require(expected[row.predictor.fixtureName])
        let temperature = values.removeValue(forKey: "temperature") ?? nil
        #expect((row.temperature == nil) == (temperature == nil))
        let bound = Self.bound(scores.calibration)
        expectClose(row.temperature ?? 1, temperature ?? 1, absolute: bound * (temperature ?? 1))
        expectValues(
          row.values, values, relative: bound, "\(reference) \(name) \(row.predictor.name)")
        #expect(row.sampleCount == reference.scored.rows)
        guard row.predictor != .membersMean else { continue }
        let passes = reference.protocol == "cv" ? 5 : 1
        #expect(row.reliability.reduce(0) { $0 + $1.count } == passes * reference.scored.rows)
      }
    }
  }

  @Test(arguments: try fixtureValue("refinement.json", as: [Refinement].self))
  func `calibration and refinement losses are those of probmetrics`(
    reference: Refinement
  ) throws {
    let scores = try Scorer(threadCount: 2).score(reference.problem.draw())
    for row in scores.predictors where row.predictor != .membersMean {
      // probmetrics fits to 1e-15 here, and takes logarithms of probabilities, near 1 to 1e-16.
      expectValues(
        row.values, try #require(reference.predictors[row.predictor.fixtureName]), relative: 1e-10,
        "\(reference) \(row.predictor.name)")
    }
  }
}
