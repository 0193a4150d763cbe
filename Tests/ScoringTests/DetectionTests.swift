import Foundation
import Scoring
import TestSupport
import Testing

struct DetectionTests {
  private struct Reference: Decodable {
    struct Case: Decodable {
      struct Figures: Decodable {
        let auroc, auprIn, auprOut, fpr95: Double

        enum CodingKeys: String, CodingKey {
          case auroc, fpr95
          case auprIn = "aupr_in"
          case auprOut = "aupr_out"
        }
      }

      let temperature: Double
      let predictor, score: String
      let inside, outside: [Double]
      let figures: Figures
    }

    let inside, outside: Problem
    let cases: [Case]
  }

  private static func value(_ figure: DetectionFigure, _ figures: Reference.Case.Figures) -> Double
  {
    switch figure {
    case .auroc: figures.auroc
    case .insideAveragePrecision: figures.auprIn
    case .outsideAveragePrecision: figures.auprOut
    case .falsePositiveRateAt95: figures.fpr95
    }
  }

  private static func references() throws -> [Reference] {
    try fixtureValue("detections.json", as: [Reference].self)
  }

  /// The uncalibrated detections of `inside` from `outside`.
  private static func detections(
    _ inside: LabeledLogits, _ outside: LabeledLogits, threads: Int = 2, drawCount: Int = 0
  ) throws -> [Detection] {
    let scorer = Scorer(threadCount: threads)
    let draws =
      drawCount > 0
      ? try DetectionDraws(
        of: Bootstrap(imageCount: inside.rowCount, drawCount: drawCount, threadCount: threads),
        outsideCount: outside.rowCount, threadCount: threads) : nil
    return try scorer.detections(
      under: scorer.score(inside), of: inside, from: outside, by: draws)
  }

  @Test func `scores are those of NumPy and pytorch-ood`() throws {
    for reference in try Self.references() {
      let (inside, outside) = (try reference.inside.draw(), try reference.outside.draw())
      for predictor in Predictor.predicting(memberCount: inside.memberCount) {
        for temperature in [1, 2.5] {
          let calibrations = RowCalibrations(
            temperature == 1 ? .identity : .temperature(temperature))
          let columns = try [inside, outside].map {
            try Scorer(threadCount: 2).detectionScores(
              of: predictor, in: $0, calibrations: calibrations)
          }
          let cases = reference.cases.filter {
            $0.predictor == predictor.fixtureName && $0.temperature == temperature
          }
          #expect(cases.count == columns[0].count)
          for expected in cases {
            let score = try #require(DetectionScore(rawValue: expected.score))
            for (column, values) in zip(columns, [expected.inside, expected.outside]) {
              // From 1 − 2⁻¹⁰ on the confidence is ranked by what is left for other classes.
              let found = try #require(column[score]).prefix(values.count)
              let isConfidence =
                score == .maximumProbability
                || score == .maximumLogit && predictor == .ensembleProbabilities
              let pairs = zip(found, values).filter { $1 < 0.999 || !isConfidence }
              // Sums of K exponentials of logits below 10 in magnitude.
              expectClose(
                pairs.map(\.0), pairs.map(\.1), absolute: 1e-12,
                "\(reference.inside) \(predictor.name) \(expected.score) at T = \(temperature)")
            }
          }
        }
      }
    }
  }

  @Test func `figures are scikit-learn's, and pytorch-ood's where definitions meet`() throws {
    let references = try Self.references()
    #expect(references.count == 8)
    for reference in references {
      let found = try Self.detections(reference.inside.draw(), reference.outside.draw())
      let cases = reference.cases.filter { $0.temperature == 1 }
      #expect(found.count == cases.count)
      for detection in found {
        let expected = try #require(
          cases.first {
            $0.predictor == detection.predictor.fixtureName && $0.score == detection.score.name
          })
        for figure in DetectionFigure.allCases {
          let value = try #require(detection.values[figure])
          // Quotients of whole numbers, and sums of at most 200 of them.
          expectClose(
            value, Self.value(figure, expected.figures), absolute: 1e-12,
            "\(reference.inside) \(detection.predictor.name) \(detection.score.name) \(figure.name)"
          )
        }
      }
    }
  }

  @Test func `the vector of the documentation`() throws {
    // Confidences of two classes: logits are their log odds.
    func logits(_ confidences: [Double]) throws -> LabeledLogits {
      try LabeledLogits(
        float64: confidences.flatMap { [$0, 1 - $0] }, as: .probabilities, memberCount: 1,
        classCount: 2, labels: confidences.map { _ in 0 })
    }
    let found = try Self.detections(logits([0.9, 0.8, 0.8, 0.6]), logits([0.8, 0.7, 0.55]))
    #expect(found.map(\.score) == [.maximumProbability, .maximumLogit, .entropy])
    for detection in found {
      let expected: [DetectionFigure: Double] = [
        .auroc: 0.75, .insideAveragePrecision: 19 / 24.0, .outsideAveragePrecision: 13 / 18.0,
        .falsePositiveRateAt95: 2 / 3.0,
      ]
      for (figure, value) in expected {
        // Sums of four quotients.
        expectClose(detection.values[figure] ?? -1, value, absolute: 1e-15, figure.name)
      }
    }
  }

  @Test func `images that are all tied are not told apart`() throws {
    for (inside, outside) in [(1, 1), (5, 3), (40, 1)] {
      func equal(_ count: Int) throws -> LabeledLogits {
        try LabeledLogits(
          [Float](repeating: 0.25, count: count * 6), memberCount: 2, classCount: 3,
          labels: [Int](repeating: 0, count: count))
      }
      let found = try Self.detections(equal(inside), equal(outside), drawCount: 9)
      // Those of `ensemble`, without energy those of `ensemble-probs`, and of two members.
      #expect(found.count == 6 + 5 + 4 + 4)
      for detection in found {
        let shares = [inside, outside].map { Double($0) / Double(inside + outside) }
        #expect(detection.values[.auroc] == 0.5)
        #expect(detection.values[.falsePositiveRateAt95] == 1)
        // A quotient times a number, divided by it.
        expectClose(
          [DetectionFigure.insideAveragePrecision, .outsideAveragePrecision].map {
            detection.values[$0] ?? -1
          },
          shares, absolute: 1e-15)
        #expect(detection.interval(of: .auroc)?.low == 0.5)
        #expect(detection.interval(of: .falsePositiveRateAt95)?.high == 1)
      }
    }
  }

  @Test func `draws are those of both sets of images, on any number of threads`() throws {
    let inside = try Problem(seed: 1401, labelSeed: 1402, rows: 60, members: 2, classes: 4).draw()
    let outside = try Problem(
      seed: 1403, labelSeed: 1404, rows: 45, members: 2, classes: 4, skill: 2
    ).draw()
    let found = try Self.detections(inside, outside, threads: 1, drawCount: 20)
    let others = try Self.detections(inside, outside, threads: 3, drawCount: 20)
    let bootstrap = try Bootstrap(imageCount: 60, drawCount: 20, threadCount: 1)
    for (detection, other) in zip(found, others) {
      #expect(detection.distributions == other.distributions)
      let auroc = try #require(detection.distributions[.auroc])
      #expect(Set(auroc.values).count > 10, "draws differ")
    }
    // With one image of no class its draws are all the same, and the rest is a plain bootstrap.
    let one = try outside.selecting(rows: [3])
    for detection in try Self.detections(inside, one, threads: 2, drawCount: 20) {
      for draw in 0..<20 {
        let again = try Self.detections(
          inside.selecting(rows: bootstrap.images(ofDraw: draw)), one, threads: 1)
        let plain = try #require(
          again.first { $0.predictor == detection.predictor && $0.score == detection.score })
        for figure in DetectionFigure.allCases {
          // Sums of 60 quotients in another order.
          expectClose(
            detection.distributions[figure]?.values[draw] ?? -1, plain.values[figure] ?? -2,
            absolute: 1e-13, figure.name)
        }
      }
    }
  }

  @Test func `images of no class take the fits of the halves in turn`() throws {
    let inside = try Problem(seed: 1411, labelSeed: 1412, rows: 80, members: 1, classes: 4).draw()
    let outside = try Problem(
      seed: 1413, labelSeed: 1414, rows: 31, members: 1, classes: 4, skill: 2
    ).draw()
    let scorer = Scorer(threadCount: 2)
    let fitted = try scorer.fit([.temperature], on: inside, halves: nil)
    let scores = try scorer.score(inside, with: fitted)[0]
    let found = try scorer.detections(under: scores, of: inside, from: outside)
    let maps = fitted.maps(of: .temperature, for: .network)
    #expect(maps.count == 2)
    let columns = try maps.map {
      try scorer.detectionScores(of: .network, in: outside, calibrations: RowCalibrations($0))
    }
    let mine = try scorer.detectionScores(
      of: .network, in: inside,
      calibrations: #require(fitted.rowCalibrations(of: .temperature, for: .network)))
    for detection in found {
      let score = detection.score
      let others = columns.map { $0[score] ?? [] }
      let ranking = ConfidenceRanking(
        try #require(mine[score]).map { (confidence: $0, isRight: true) }
          + (0..<31).map { (confidence: others[$0 % 2][$0], isRight: false) })
      #expect(detection.values[.auroc] == ranking.areaUnderROC)
      #expect(detection.values[.falsePositiveRateAt95] == ranking.falsePositiveRateAt95)
    }
  }

  @Test func `a predictor has the scores that its calibration leaves defined`() throws {
    let logits = try Problem(seed: 1421, labelSeed: 1422, rows: 90, members: 2, classes: 4).draw()
    let scorer = Scorer(threadCount: 2)
    let all = Set(DetectionScore.allCases)
    let calibrations: [(Calibration, Predictor, Set<DetectionScore>)] = [
      (.none, .ensemble, all), (.none, .ensembleProbabilities, all.subtracting([.energy])),
      (.none, .member(0), [.maximumProbability, .maximumLogit, .energy, .entropy]),
      (.temperature, .ensemble, all), (.vector, .ensemble, all),
      (.isotonic, .ensemble, [.maximumProbability]),
      (.classwiseHistogram, .ensemble, [.maximumProbability, .maximumLogit, .entropy]),
      (
        .dirichlet, .ensembleProbabilities, [.maximumProbability, .maximumLogit, .entropy]
      ),
    ]
    for (calibration, predictor, expected) in calibrations {
      let fitted = try scorer.fit([calibration], on: logits, halves: nil)
      let scores = try scorer.score(logits, with: fitted)[0]
      let found = try scorer.detections(under: scores, of: logits, from: logits)
      let names = found.filter { $0.predictor == predictor }.map(\.score)
      #expect(Set(names) == expected, "\(calibration.name) \(predictor.name)")
    }
  }

  @Test func `logits of another shape are refused`() throws {
    let logits = try Problem(seed: 1431, labelSeed: 1432, rows: 9, members: 2, classes: 4).draw()
    let other = try Problem(seed: 1431, labelSeed: 1432, rows: 9, members: 2, classes: 3).draw()
    #expect(throws: ScoringError.otherShape(expected: [9, 2, 4], found: [9, 2, 3])) {
      try Self.detections(logits, other)
    }
  }
}
