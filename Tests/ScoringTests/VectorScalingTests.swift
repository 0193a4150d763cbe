import Foundation
import Scoring
import TestSupport
import Testing

struct VectorScalingTests {
  struct Reference: Decodable, Sendable, CustomStringConvertible {
    let problem: Problem
    let predictor: String
    /// K scales, then K biases.
    let parameters: [Double]
    let loss: Double

    var description: String { "\(problem) \(predictor)" }
  }

  private static let scorer = Scorer(threadCount: 2)

  private static func loss(
    _ predictor: Predictor, _ logits: LabeledLogits, _ calibration: CalibrationMap = .identity
  ) throws -> Double {
    let rows = try scorer.rows(of: predictor, in: logits, calibration: calibration)
    return rows.values()[.negativeLogLikelihood] ?? .nan
  }

  private static func scaling(
    of predictor: Predictor, on logits: LabeledLogits, threads: Int = 2,
    by calibrator: VectorCalibrator = VectorCalibrator()
  ) throws -> VectorScaling {
    try calibrator.scaling(of: predictor, on: FittingRows(logits, threadCount: threads))
  }

  private static func penalty(_ scaling: VectorScaling) -> Double {
    let excess = scaling.scales.map { $0 - 1 } + scaling.biases
    return 1e-4 * excess.reduce(0) { $0 + $1 * $1 }
  }

  @Test(arguments: try fixtureValue("vectors.json", as: [Reference].self))
  func `scales and biases are SciPy's`(reference: Reference) throws {
    let logits = try reference.problem.draw()
    let predictors = Predictor.predicting(memberCount: logits.memberCount)
    let predictor = try #require(predictors.first { $0.fixtureName == reference.predictor })
    let scaling = try Self.scaling(of: predictor, on: logits)
    // A gradient of 1e-8 where the curvature is at least 2e-4.
    expectClose(scaling.scales + scaling.biases, reference.parameters, absolute: 5e-5)
    // And half its square over the curvature, 2.5e-13, with the rounding of the sum.
    let loss = try Self.loss(predictor, logits, .logits(scaling)) + Self.penalty(scaling)
    expectClose(loss, reference.loss, absolute: 1e-12)
  }

  @Test func `the loss on the rows that were fitted never rises`() throws {
    for seed in UInt64(0)..<30 {
      var problem = Problem(
        seed: seed, labelSeed: 30 + seed, rows: 25, members: 1 + Int(seed % 3), classes: 4)
      problem.exponent = -24 + Int(seed % 14)
      problem.skill = seed % 17
      problem.labels = ["random", "single", "right", "wrong"][Int(seed % 4)]
      let logits = try problem.draw()
      for predictor in Predictor.predicting(memberCount: logits.memberCount) {
        let scaling = try Self.scaling(of: predictor, on: logits)
        let before = try Self.loss(predictor, logits)
        let after = try Self.loss(predictor, logits, .logits(scaling))
        // The penalty only adds; both are sums of 25 terms, differently rounded.
        #expect(after + Self.penalty(scaling) <= before + 1e-14 * before, "\(problem) \(predictor)")
      }
    }
  }

  @Test func `equal logits learn the shares of the classes`() throws {
    // Scales of logits 0 have no effect; biases b solve p_c − share_c + 2e-4·b_c = 0.
    let logits = try LabeledLogits(
      [Float](repeating: 0, count: 40), memberCount: 1, classCount: 4,
      labels: [0, 0, 0, 0, 1, 1, 1, 2, 2, 3])
    let scaling = try Self.scaling(of: .ensemble, on: logits)
    #expect(scaling.scales == [1, 1, 1, 1])
    let zero = try LabeledLogits([0, 0, 0, 0], memberCount: 1, classCount: 4, labels: [0])
    for (label, share) in [0.4, 0.3, 0.2, 0.1].enumerated() {
      let row = try LabeledLogits(zero.values, memberCount: 1, classCount: 4, labels: [label])
      let scored = try Self.scorer.rows(of: .ensemble, in: row, calibration: .logits(scaling)).rows[
        0]
      let probability = share - 2e-4 * scaling.biases[label]
      // The gradient ends below 1e-8.
      expectClose(scored.confidence, 0.4 - 2e-4 * scaling.biases[0], absolute: 1e-8)
      expectClose(exp(-scored.negativeLogLikelihood), probability, absolute: 1e-8)
    }
  }

  // Every eighth of 70,000 rows, where the search begins, are an eighth of the 7,000.
  @Test(arguments: [Predictor.ensemble, .ensembleProbabilities])
  func `rows ten times over have the minimum of those rows`(predictor: Predictor) throws {
    let few = try Problem(seed: 3, labelSeed: 4, rows: 7000, members: 2, classes: 5).draw()
    let many = try few.selecting(rows: (0..<10).flatMap { _ in Array(0..<7000) })
    let expected = try Self.scaling(of: predictor, on: few)
    let found = try Self.scaling(of: predictor, on: many)
    #expect(found != expected)
    // A gradient of 1e-6 where the curvature is at least 2e-4, and half its square over the curvature.
    expectClose(
      found.scales + found.biases, expected.scales + expected.biases, absolute: 5e-3)
    let losses = try [found, expected].map {
      try Self.loss(predictor, few, .logits($0)) + Self.penalty($0)
    }
    expectClose(losses[0], losses[1], absolute: 2.5e-9)
  }

  // None, and as much as three matrices of 20 classes take: of 1000 rows, not of 3000.
  @Test(arguments: [0, 3 * 32 * 20 * 20])
  func `with little memory for the curvature the minimum is the same`(bytes: Int) throws {
    let logits = try Problem(seed: 5, labelSeed: 6, rows: 3000, members: 2, classes: 20).draw()
    let frugal = VectorCalibrator(curvatureMemoryLimit: bytes)
    let expected = try Self.scaling(of: .ensemble, on: logits)
    let found = try Self.scaling(of: .ensemble, on: logits, by: frugal)
    #expect(found != expected)
    // A gradient of 1e-8 on either side, where the curvature is at least 2e-4.
    expectClose(
      found.scales + found.biases, expected.scales + expected.biases, absolute: 1e-4)
  }

  @Test func `any number of threads gives the same bits`() throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 2500, members: 2, classes: 5).draw()
    let single = try Self.scaling(of: .ensembleProbabilities, on: logits, threads: 1)
    for threads in [2, 3] {
      #expect(
        try Self.scaling(of: .ensembleProbabilities, on: logits, threads: threads) == single)
    }
  }
}
