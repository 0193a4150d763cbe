import Scoring
import TestSupport
import Testing

/// What calibrations are for, how they are applied, and what ties them together.
struct CalibrationTests {
  private static let scorer = Scorer(threadCount: 2)

  private static func fitted(
    _ calibration: Calibration, on logits: LabeledLogits
  ) throws -> CellScores {
    let fits = try scorer.fit([calibration], onValidationSet: logits)
    return try scorer.score(logits, with: fits)[0]
  }

  private static func row(_ predictor: Predictor, _ scores: CellScores) throws -> PredictorScores {
    try #require(scores.predictors.first { $0.predictor == predictor })
  }

  @Test func `calibrations are named as in the tables`() {
    #expect(
      Calibration.all.map(\.name) == [
        "none", "temperature", "temperature-members", "temperature-after", "vector", "isotonic",
        "histogram", "oracle", "matrix", "dirichlet", "ets", "beta", "platt", "bbq",
        "isotonic-classwise", "histogram-classwise",
      ])
  }

  /// Eight rows of two members and three classes, small enough to be worked out by hand.
  private static func example() throws -> LabeledLogits {
    let rows: [[Float]] = [
      [4, 1, 0, 2, 0, 1], [0, 3, 1, 1, 2, 0], [1, 0, 2, 0, 3, 1], [2, 3, 0, 3, 1, 0],
      [0, 1, 5, 0, 0, 1], [3, 2, 0, 2, 4, 1], [1, 1, 4, 0, 2, 3], [5, 0, 0, 1, 2, 0],
    ]
    return try LabeledLogits(
      Array(rows.joined()), memberCount: 2, classCount: 3, labels: [0, 1, 2, 1, 2, 0, 1, 0])
  }

  @Test(
    arguments: [
      (Calibration.none, Predictor.ensemble, nil, 0.720616383064128),
      (.temperature, .ensemble, 1.10397628322002, 0.717949469397476),
      (.temperature, .ensembleProbabilities, 0.869867367083877, 0.729677480543364),
      (.temperature, .member(0), 1.19541183282305, 0.550142870532745),
      (.temperature, .member(1), 4.23408459267170, 1.06915640470857),
      (.memberTemperatures, .ensemble, 2.71474821274737, 0.655012380226882),
      (.memberTemperatures, .ensembleProbabilities, 2.71474821274737, 0.699960455109183),
      (.temperatureAfterAveraging, .ensembleProbabilities, 0.937504148110513, 0.730383314095513),
      (.vector, .ensemble, nil, 0.534490619500692),
      (.vector, .ensembleProbabilities, nil, 0.391030747922479),
    ] as [(Calibration, Predictor, Double?, Double)])
  func `an example gives SciPy's temperature and loss`(
    calibration: Calibration, predictor: Predictor, temperature: Double?, loss: Double
  ) throws {
    let row = try Self.row(predictor, Self.fitted(calibration, on: Self.example()))
    #expect((row.temperature == nil) == (temperature == nil))
    // 15 digits are written. Vector scaling ends with a gradient of 1e-8, which leaves parameters to
    // 5e-5, and the loss slopes there as the penalty does, by 2e-4 · 12.
    let bound = calibration == .vector ? 1.2e-7 : 1e-13
    expectClose(row.temperature ?? 1, temperature ?? 1, absolute: 1e-12)
    expectClose(row.values[.negativeLogLikelihood] ?? .nan, loss, absolute: bound)
  }

  @Test(arguments: Calibration.all)
  func `only the predictors that a calibration is for have rows`(calibration: Calibration) throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 60, members: 2, classes: 3).draw()
    let names = try Self.fitted(calibration, on: logits).predictors.map(\.predictor.name)
    switch calibration {
    case .memberTemperatures: #expect(names == ["ensemble", "ensemble-probs"])
    case .temperatureAfterAveraging: #expect(names == ["ensemble-probs"])
    default:
      #expect(names == ["ensemble", "ensemble-probs", "member-0", "member-1", "members-mean"])
    }
    let single = try Problem(seed: 1, labelSeed: 2, rows: 60, members: 1, classes: 3).draw()
    let scores = try Self.fitted(calibration, on: single)
    let ofSeveral = [Calibration.temperatureAfterAveraging, .memberTemperatures]
    #expect(
      scores.predictors.map(\.predictor) == (ofSeveral.contains(calibration) ? [] : [.network]))
  }

  @Test(arguments: [1, 2, 4], Calibration.all)
  func `accuracy changes by maps between classes and by pooling alone`(
    members: Int, calibration: Calibration
  ) throws {
    let logits = try Problem(
      seed: 3, labelSeed: 4, rows: 80, members: members, classes: 4, exponent: -16
    ).draw()
    let plain = try Self.scorer.score(logits)
    for row in try Self.fitted(calibration, on: logits).predictors {
      let isPooled = row.predictor == .ensembleProbabilities
      let mixesClasses: [Calibration] = [
        .vector, .matrix, .dirichlet, .classwiseIsotonic, .classwiseHistogram, .memberTemperatures,
      ]
      let poolsAgain: [Calibration] = [.temperature, .oracle, .ensembleTemperature]
      let keepsOrder =
        !mixesClasses.contains(calibration) && !(isPooled && poolsAgain.contains(calibration))
      let before = try Self.row(row.predictor, plain)
      #expect(!keepsOrder || row.values[.accuracy] == before.values[.accuracy])
      #expect(!keepsOrder || row.values[.topFiveAccuracy] == before.values[.topFiveAccuracy])
    }
  }

  @Test func `members of one temperature are pooled as by one temperature`() throws {
    let logits = try Problem(seed: 5, labelSeed: 6, rows: 50, members: 3, classes: 4).draw()
    for predictor in [Predictor.ensemble, .ensembleProbabilities] {
      let shared = try Self.scorer.rows(of: predictor, in: logits, calibration: .temperature(1.7))
      let own = try Self.scorer.rows(
        of: predictor, in: logits, calibration: .memberTemperatures([1.7, 1.7, 1.7]))
      expectClose(
        own.rows.map(\.negativeLogLikelihood), shared.rows.map(\.negativeLogLikelihood),
        // Logits below 20 divided before or after they are averaged.
        absolute: 1e-14)
    }
  }

  @Test func `each member's temperature is that of the member alone`() throws {
    let logits = try Problem(
      seed: 7, labelSeed: 8, rows: 90, members: 3, classes: 4, exponent: -16
    ).draw()
    let fits = try Self.scorer.fit([.temperature, .memberTemperatures], onValidationSet: logits)
    let alone = (0..<3).map { fits.maps(of: .temperature, for: .member($0))[0] }
    let temperatures = alone.compactMap(\.temperature)
    for predictor in [Predictor.ensemble, .ensembleProbabilities] {
      let maps = fits.maps(of: .memberTemperatures, for: predictor)
      guard case .memberTemperatures(let own, _)? = maps.first else {
        Issue.record("no temperatures of members")
        continue
      }
      #expect(own == temperatures && maps.count == 1)
      // A mean of three numbers.
      expectClose(
        maps[0].temperature ?? .nan, temperatures.reduce(0, +) / 3, absolute: 1e-15)
    }
    #expect(fits.maps(of: .memberTemperatures, for: .member(0)).isEmpty)
  }

  @Test func `the oracle is a temperature fitted on the cell, and no other is better`() throws {
    let clean = try Problem(seed: 9, labelSeed: 10, rows: 100, members: 2, classes: 4).draw()
    var problem = Problem(seed: 11, labelSeed: 10, rows: 100, members: 2, classes: 4)
    problem.skill = 6
    let cell = try problem.draw()
    let fits = try Self.scorer.fit([.none, .temperature, .oracle], onValidationSet: clean)
    let scores = try Self.scorer.score(cell, with: fits)
    for predictor in Predictor.predicting(memberCount: 2) {
      let rows = try scores.map { try Self.row(predictor, $0) }
      let losses = rows.compactMap { $0.values[.negativeLogLikelihood] }
      #expect(losses[2] <= losses[0] && losses[2] <= losses[1])
      let fitted = try TemperatureCalibrator().fittedTemperature(
        of: predictor, on: FittingRows(cell))
      #expect(rows[2].temperature == fitted.value)
    }
  }

  @Test func `on the clean rows the refinement loss is what a halved temperature leaves`() throws {
    let logits = try Problem(
      seed: 13, labelSeed: 14, rows: 120, members: 2, classes: 5, exponent: -16
    ).draw()
    let fits = try Self.scorer.fit([.temperature, .temperatureAfterAveraging], on: logits)
    let scores = try Self.scorer.score(logits, with: fits)
    let plain = try Self.scorer.score(logits)
    for predictor in Predictor.predicting(memberCount: 2) {
      let calibrated = predictor == .ensembleProbabilities ? scores[1] : scores[0]
      let left = try Self.row(predictor, plain).values[.refinementLoss]
      let loss = try Self.row(predictor, calibrated).values[.negativeLogLikelihood]
      // The same temperatures, summed by halves of equal size.
      expectClose(try #require(left), try #require(loss), absolute: 1e-13)
    }
  }

  @Test func `what a temperature has taken off is gone`() throws {
    let logits = try Problem(
      seed: 15, labelSeed: 16, rows: 2000, members: 1, classes: 5, exponent: -14
    ).draw()
    let before = try Self.row(.network, Self.scorer.score(logits)).values
    let after = try Self.row(.network, Self.fitted(.temperature, on: logits)).values
    #expect(try #require(before[.calibrationLoss]) > 0.1)
    // Cross-validation pays about one over twice its rows for a parameter.
    expectClose(try #require(after[.calibrationLoss]), 0, absolute: 1e-3)
    expectClose(
      try #require(after[.refinementLoss]), try #require(before[.refinementLoss]), absolute: 1e-12)
  }

  @Test func `a half that is all right leaves no refinement loss, one row neither`() throws {
    let right = try Problem(
      seed: 1, labelSeed: 2, rows: 40, members: 1, classes: 3, labels: "right"
    ).draw()
    for logits in [right, try right.selecting(rows: [0])] {
      let values = try Self.row(.network, Self.scorer.score(logits)).values
      #expect(values[.refinementLoss] == nil && values[.calibrationLoss] == nil)
      #expect(values[.negativeLogLikelihood] != nil)
    }
  }

  @Test(arguments: Calibration.all, ["random", "single", "right", "wrong"])
  func `degenerate rows are calibrated and scored`(
    calibration: Calibration, labels: String
  ) throws {
    for (rows, members, classes) in [(2, 1, 2), (2, 2, 3), (3, 4, 2), (9, 2, 1)] {
      let problem = Problem(
        seed: 17, labelSeed: 18, rows: rows, members: members, classes: classes, quantum: 17,
        labels: labels)
      let logits = try problem.draw()
      let fits = try Self.scorer.fit([calibration], on: logits)
      for row in try Self.scorer.score(logits, with: fits)[0].predictors {
        #expect(row.sampleCount == rows)
        let values = Metric.all.compactMap { row.values[$0] }
        // A curve of a class may give the label of another half the probability 0.
        #expect(row.infiniteLossCount == 0 || calibration.name.hasSuffix("-classwise"))
        #expect(values.allSatisfy { $0.isFinite } && row.values[.accuracy] != nil)
      }
    }
  }

  @Test func `nothing to fit needs no halves, unless numbers are those of halves`() throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 1, members: 2, classes: 3).draw()
    let fits = try Self.scorer.fit([.oracle, .none, .none], on: logits)
    #expect(fits.calibrations == [.none, .oracle])
    #expect(try Self.scorer.score(logits, with: fits).map(\.calibration) == [.none, .oracle])
    #expect(throws: ScoringError.tooFewRowsToHalve(1)) {
      try Self.scorer.crossValidate(logits, under: [.none])
    }
    #expect(throws: ScoringError.tooFewRowsToHalve(1)) {
      try Self.scorer.fit([.none], on: logits, combination: .averaged)
    }
  }

  @Test func `what is fitted for others, or not known, is refused`() throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 20, members: 2, classes: 3).draw()
    let others = try Problem(seed: 1, labelSeed: 2, rows: 17, members: 2, classes: 4).draw()
    let fits = try Self.scorer.fit([.vector], onValidationSet: others)
    #expect(throws: ScoringError.unknownCalibration("isotonic")) {
      try Scorer(calibrations: [.none, .vector]).fit([.isotonic], on: logits)
    }
    #expect(throws: ScoringError.otherValidationSet(expected: [20, 2, 3], found: [17, 2, 4])) {
      try Self.scorer.score(logits, with: fits)
    }
    let vector = fits.maps(of: .vector, for: .ensemble)[0]
    #expect(throws: ScoringError.wrongParameterCount(expected: 3, found: 4)) {
      try Self.scorer.rows(of: .ensemble, in: logits, calibration: vector)
    }
    #expect(throws: ScoringError.wrongParameterCount(expected: 2, found: 1)) {
      try Self.scorer.rows(of: .ensemble, in: logits, calibration: .memberTemperatures([1]))
    }
    #expect(throws: ScoringError.unusableTemperature(0)) {
      try Self.scorer.rows(of: .ensemble, in: logits, calibration: .memberTemperatures([1, 0]))
    }
    #expect(throws: ScoringError.fittedForOtherPredictor("member-0")) {
      try Self.scorer.rows(of: .member(0), in: logits, calibration: .temperatureAfterAveraging(2))
    }
    #expect(throws: ScoringError.fittedForOtherPredictor("member-0")) {
      try Self.scorer.rows(of: .member(0), in: logits, calibration: .memberTemperatures([1, 1]))
    }
  }

  @Test func `any number of threads gives the same bits under every calibration`() throws {
    let logits = try Problem(seed: 1, labelSeed: 2, rows: 2500, members: 2, classes: 5).draw()
    func numbers(_ threads: Int) throws -> [[Double?]] {
      let scorer = Scorer(threadCount: threads)
      let fits = try scorer.fit(Calibration.all, on: logits)
      return try scorer.score(logits, with: fits).flatMap { scores in
        scores.predictors.map { row in
          [row.temperature] + Metric.all.map { row.values[$0] }
        }
      }
    }
    let single = try numbers(1)
    #expect(try numbers(2) == single)
    #expect(try numbers(3) == single)
  }
}
