import Foundation
import Scoring
import TestSupport
import Testing

/// What each calibrator fits, against SciPy, scikit-learn and NumPy, which `make_calibrator_fixtures.py`
/// compares with other calibration software.
struct CalibratorFitTests {
  struct Reference: Decodable, Sendable, CustomStringConvertible {
    let problem: Problem
    let predictor: String
    let temperature: Double
    /// The least penalized losses.
    let matrix: Double
    let dirichlet: Double
    /// The least loss of a mixture, and its weights.
    let ets: Double
    let weights: [Double]
    let asked: [Double]
    let bbq: [Double]
    /// Nil where all rows are right, or all wrong.
    let platt: [Double]?
    let beta: [Double]?
    let plattValues: [Double]?
    let betaValues: [Double]?

    private enum CodingKeys: String, CodingKey {
      case problem, predictor, temperature, matrix, dirichlet, ets, weights, asked, bbq, platt, beta
      case plattValues = "platt_values"
      case betaValues = "beta_values"
    }

    var description: String { "\(problem) \(predictor)" }

    func fitted<Fit>(_ body: (Predictor, FittingRows) throws -> Fit) throws -> Fit {
      let logits = try problem.draw()
      let predictors = Predictor.predicting(memberCount: logits.memberCount)
      let predictor = try #require(predictors.first { $0.fixtureName == self.predictor })
      return try body(predictor, FittingRows(logits, threadCount: 2))
    }
  }

  private static let scorer = Scorer(threadCount: 2)

  private static func loss(
    _ predictor: Predictor, _ logits: LabeledLogits, _ map: CalibrationMap
  ) throws -> Double {
    let rows = try scorer.rowScores(of: predictor, in: logits, calibration: map)
    return rows.reduce(0) { $0 + $1.negativeLogLikelihood } / Double(rows.count)
  }

  private static func penalty(_ scaling: MatrixScaling) -> Double {
    let count = Double(scaling.classCount)
    let squares = scaling.weights.enumerated().reduce(0.0) { sum, element in
      element.offset % (scaling.classCount + 1) == 0
        ? sum : sum + element.element * element.element
    }
    return 0.01 * squares / (count * (count - 1))
      + 0.01 * scaling.biases.reduce(0) { $0 + $1 * $1 } / count
  }

  @Test(arguments: try fixtureValue("calibrators.json", as: [Reference].self))
  func `matrix and dirichlet reach the least loss of SciPy`(reference: Reference) throws {
    try reference.fitted { predictor, rows in
      let matrix = try MatrixCalibrator().scaling(of: predictor, on: rows)
      let dirichlet = try DirichletCalibrator().scaling(of: predictor, on: rows)
      // Newton's method, which ends where rounding hides any descent; sums of some thousand terms.
      expectClose(
        try Self.loss(predictor, rows.logits, .logits(matrix)) + Self.penalty(matrix),
        reference.matrix, absolute: 1e-9 * reference.matrix)
      expectClose(
        try Self.loss(predictor, rows.logits, .logarithms(dirichlet)) + Self.penalty(dirichlet),
        reference.dirichlet, absolute: 1e-9 * reference.dirichlet)
      for length in [matrix.gradientLength, dirichlet.gradientLength] {
        let length = try #require(length)
        #expect(length < 1e-4)
      }
    }
  }

  @Test(arguments: try fixtureValue("calibrators.json", as: [Reference].self))
  func `mixtures have the weights of SciPy`(reference: Reference) throws {
    try reference.fitted { predictor, rows in
      let map = try EnsembleTemperatureCalibrator().fit(predictor, on: rows)
      guard case .distribution(let distribution) = map,
        let mixture = distribution as? TemperatureMixture
      else {
        Issue.record("no mixture")
        return
      }
      expectClose(map.temperature ?? .nan, reference.temperature, absolute: 1e-9)
      // SLSQP ends where steps change the loss by less than 1e-16.
      let loss = try Self.loss(predictor, rows.logits, map)
      let bound = reference.ets + 1e-12
      #expect(loss <= bound)
      expectClose(loss, reference.ets, absolute: 1e-7)
      expectClose(mixture.weights.reduce(0, +), 1, absolute: 1e-15)
    }
  }

  @Test(arguments: try fixtureValue("calibrators.json", as: [Reference].self))
  func `curves of the confidence are scikit-learn's and NumPy's`(reference: Reference) throws {
    try reference.fitted { predictor, rows in
      func values(_ calibrator: some Calibrator) throws -> [Double] {
        guard case .confidence(let map) = try calibrator.fit(predictor, on: rows) else { return [] }
        return reference.asked.map(map.value)
      }
      // A sum of some hundred logarithms of gamma functions, as an exponent.
      expectClose(try values(BayesianBinningCalibrator()), reference.bbq, absolute: 1e-9)
      if let platt = reference.plattValues, let beta = reference.betaValues {
        // The penalty of 1e-10 moves parameters by 1e-10 over the curvature.
        expectClose(try values(PlattCalibrator()), platt, absolute: 1e-6)
        expectClose(try values(BetaCalibrator()), beta, absolute: 1e-6)
      }
    }
  }

  @Test func `no loss on the rows that were fitted rises`() throws {
    let calibrators: [any Calibrator] = [
      MatrixCalibrator(), DirichletCalibrator(), EnsembleTemperatureCalibrator(),
    ]
    for seed in UInt64(0)..<24 {
      var problem = Problem(
        seed: seed, labelSeed: 30 + seed, rows: 25, members: 1 + Int(seed % 3), classes: 4)
      problem.exponent = -40 + 5 * Int(seed % 9)
      problem.skill = seed % 17
      problem.labels = ["random", "single", "right", "wrong"][Int(seed % 4)]
      let logits = try problem.draw()
      for predictor in Predictor.predicting(memberCount: logits.memberCount) {
        let before = try Self.loss(predictor, logits, .identity)
        for calibrator in calibrators {
          let map = try calibrator.fit(predictor, on: FittingRows(logits))
          let after = try Self.loss(predictor, logits, map)
          // Sums of 25 terms, differently rounded.
          let bound = before + 1e-13 * max(1, before)
          #expect(after <= bound, "\(problem) \(predictor.name) \(calibrator.name)")
        }
      }
    }
  }

  @Test(arguments: [MatrixCalibrator() as any Calibrator, DirichletCalibrator()])
  func `rows many times over have nearly the minimum of those rows`(
    calibrator: any Calibrator
  ) throws {
    let few = try Problem(seed: 3, labelSeed: 4, rows: 7000, members: 1, classes: 5).draw()
    let many = try few.selecting(rows: (0..<10).flatMap { _ in Array(0..<7000) })
    let losses = try [few, many].map { logits in
      try Self.loss(.network, few, calibrator.fit(.network, on: FittingRows(logits)))
    }
    // The search of more rows ends where a step promises 1e-6 of the loss.
    expectClose(losses[1], losses[0], absolute: 1e-5 * losses[0])
  }

  @Test func `any number of threads gives the same fits`() throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 2500, members: 2, classes: 5).draw()
    for predictor in [Predictor.ensembleProbabilities, .ensemble] {
      let fits = try [1, 2, 3].map { threads in
        let rows = FittingRows(logits, threadCount: threads)
        let matrix = try MatrixCalibrator().scaling(of: predictor, on: rows)
        let dirichlet = try DirichletCalibrator().scaling(of: predictor, on: rows)
        return [matrix.weights, matrix.biases, dirichlet.weights, dirichlet.biases]
      }
      #expect(fits[1] == fits[0])
      #expect(fits[2] == fits[0])
      let curves = try [1, 3].map { threads -> [Double] in
        let rows = FittingRows(logits, threadCount: threads)
        return try [
          PlattCalibrator() as any Calibrator, BetaCalibrator(), BayesianBinningCalibrator(),
        ].flatMap { calibrator -> [Double] in
          guard case .confidence(let map) = try calibrator.fit(predictor, on: rows) else {
            return []
          }
          return [0.3, 0.5, 0.9, 1].map(map.value)
        }
      }
      #expect(curves[0] == curves[1])
      #expect(curves[0].count == 12)
    }
  }

  @Test(arguments: ["right", "wrong"])
  func `where all rows are right, or all wrong, curves say so`(labels: String) throws {
    let logits = try Problem(
      seed: 5, labelSeed: 6, rows: 200, members: 1, classes: 3, labels: labels
    ).draw()
    let expected = labels == "right" ? 1.0 : 0
    for calibrator in [PlattCalibrator() as any Calibrator, BetaCalibrator()] {
      guard case .confidence(let map) = try calibrator.fit(.network, on: FittingRows(logits))
      else { continue }
      // The penalty of 1e-10 keeps some logarithms from infinity.
      for confidence in [0.4, 0.7, 1] {
        expectClose(map.value(at: confidence), expected, absolute: 1e-6)
      }
    }
    guard
      case .confidence(let binning) = try BayesianBinningCalibrator().fit(
        .network, on: FittingRows(logits))
    else { return }
    // The prior counts for two rows.
    expectClose(binning.value(at: 0.7), expected, absolute: 2.0 / 200)
  }

  @Test func `binning of one row is the middle, drawn to the row`() {
    // One bin of one row: (1 + 2 · ½) / (1 + 2).
    let binning = BayesianBinning([(0.7, true)])
    #expect(binning.edges == [1])
    expectClose(binning.value(at: 0.2), 2.0 / 3, absolute: 1e-15)
    #expect(BayesianBinning([]).value(at: 0.3) == 0.3)
  }

  @Test(arguments: [Calibration.classwiseIsotonic, .classwiseHistogram, .ensembleTemperature])
  func `calibrated rows sum to 1`(calibration: Calibration) throws {
    for (seed, members, classes) in [(UInt64(1), 1, 2), (2, 2, 5), (3, 3, 30)] {
      let logits = try Problem(
        seed: seed, labelSeed: seed, rows: 150, members: members, classes: classes, quantum: 16
      ).draw()
      for predictor in Predictor.predicting(memberCount: members) {
        let map = try calibration.calibrator.fit(predictor, on: FittingRows(logits))
        guard case .distribution(let distribution) = map else { continue }
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
          let drawn = (0..<classes).map { _ in Double.random(in: 0...1, using: &generator) }
          let sum = drawn.reduce(0, +)
          var (row, logs) = (drawn.map { $0 / sum }, [Double](repeating: 0, count: classes))
          let tempered = row
          row.withUnsafeMutableBufferPointer { row in
            logs.withUnsafeMutableBufferPointer { logs in
              tempered.withUnsafeBufferPointer { tempered in
                guard let start = tempered.baseAddress else { return }
                distribution.apply(
                  to: DistributionRow(
                    probabilities: row, logarithms: logs, temperedProbabilities: start,
                    temperedLogarithms: start))
              }
            }
          }
          // K quotients.
          expectClose(row.reduce(0, +), 1, absolute: 1e-14)
          for (probability, logarithm) in zip(row, logs) where probability > 0 {
            expectClose(exp(logarithm), probability, absolute: 1e-14)
          }
        }
      }
    }
  }

  @Test func `a row whose classes all become 0 is uniform`() {
    let curve = ClassCurve(probabilities: [0.5, 1], values: [0, 1], hasSteps: true)
    let map = ClasswiseCurves([curve, curve, curve])
    var (row, logs) = ([0.3, 0.3, 0.4], [0.0, 0, 0])
    row.withUnsafeMutableBufferPointer { row in
      logs.withUnsafeMutableBufferPointer { logs in
        guard let start = logs.baseAddress else { return }
        map.apply(
          to: DistributionRow(
            probabilities: row, logarithms: logs, temperedProbabilities: start,
            temperedLogarithms: start))
      }
    }
    let third = 1.0 / 3
    #expect(row == [third, third, third])
  }

  @Test func `matrices have no rows of more than 1000 classes`() throws {
    let logits = try LabeledLogits(
      (0..<3003).map { Float($0 % 7) }, memberCount: 1, classCount: 1001, labels: [1, 2, 3])
    let fitted = try Self.scorer.fit([.none, .matrix, .dirichlet], on: logits)
    let scores = try Self.scorer.score(logits, with: fitted)
    #expect(scores.map(\.predictors.count) == [1, 0, 0])
  }

  @Test func `a thousand classes of few rows, ties and infinite temperatures are fitted`() throws {
    for (scale, classes) in [(Float(1), 1000), (1e30, 60), (1e-30, 60), (0, 60)] {
      let values = (0..<6 * classes).map { scale * Float(($0 * 7919) % 13) }
      let logits = try LabeledLogits(
        values, memberCount: 1, classCount: classes, labels: [0, 1, 2, 3, 4, 5])
      for calibrator in [MatrixCalibrator() as any Calibrator, DirichletCalibrator()] {
        let map = try calibrator.fit(.network, on: FittingRows(logits, threadCount: 2))
        let loss = try Self.loss(.network, logits, map)
        let before = try Self.loss(.network, logits, .identity)
        #expect(loss <= before)
      }
    }
  }
}
