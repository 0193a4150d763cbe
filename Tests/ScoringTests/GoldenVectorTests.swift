import Foundation
import Scoring
import TestSupport
import Testing

/// The golden vectors of the documentation: one file, which other libraries can test themselves with.
struct GoldenVectorTests {
  typealias Values = [String: Double?]

  /// Predictions and their figures; null is undefined, what is missing is not given.
  struct Case: Decodable, Sendable, CustomStringConvertible {
    let name: String
    let logits: [[[Double]]]?  // [N, M, K]
    let probabilities: [[[Double]]]?  // [N, M, K]
    let labels: [Int]  // [N]
    let metrics: [String: Values]
    let diversity: [String: Values]?
    let bins: [String: Values]
    let classes: [String: [Values]]
    let conformal: [String: [String: Values]]?
    let calibrations: [String: [String: Values]]?
    let softLabels: SoftLabelFigures
    let detections: DetectionFigures?

    /// What predictions are worth against people's votes.
    struct SoftLabelFigures: Decodable {
      let votes: [[Double]]  // [N, K]
      let predictors: [String: Values]
    }

    /// By predictor and score, how well rows are told from others.
    struct DetectionFigures: Decodable {
      let outside: [[[Double]]]  // [N', M, K]
      let predictors: [String: [String: Values]]
    }

    private enum CodingKeys: String, CodingKey {
      case name, logits, probabilities, labels, metrics, diversity, bins, classes, conformal
      case calibrations, detections
      case softLabels = "soft labels"
    }

    var description: String { name }

    func labeledLogits() throws -> LabeledLogits {
      let numbers = try #require(logits ?? probabilities)
      return try LabeledLogits(
        float64: numbers.flatMap { $0.flatMap { $0 } },
        as: logits == nil ? .probabilities : .logits, memberCount: numbers[0].count,
        classCount: numbers[0][0].count, labels: labels)
    }
  }

  private struct File: Decodable {
    let cases: [Case]
  }

  private static func cases() throws -> [Case] {
    let path = "Sources/Scoring/Documentation.docc/golden-vectors.json"
    let data = try Data(contentsOf: TestPackage.url.appending(path: path))
    return try JSONDecoder().decode(File.self, from: data).cases
  }

  private static let metrics =
    Metric.all + [MetricGroup.selective, .decompositions].flatMap(\.metrics)

  /// Float64 on both sides, and sums of some hundred terms.
  private static let bound = 1e-9

  /// Of the smooth error the file has what 8000 nodes give.
  private static let smoothBound = 1e-6

  /// As in `CalibrationReferenceTests`: fits end where their own rules say.
  private static func bound(_ calibration: Calibration) -> Double {
    switch calibration {
    case .vector: 1e-7
    case .matrix, .dirichlet: 1e-4
    case .beta, .platt, .ensembleTemperature: 1e-6
    default: bound
    }
  }

  private func expectValues(
    _ found: (String) -> Double?, _ expected: Values, within bound: Double, _ place: String
  ) {
    for (name, value) in expected {
      guard let value, let number = found(name) else {
        #expect((found(name) == nil) == (value == nil), "\(place) \(name): \(value ?? .nan)")
        continue
      }
      let bound = name == "ece_smooth" ? max(bound, Self.smoothBound) : bound
      expectClose(number, value, absolute: bound * max(1, abs(value)), "\(place) \(name)")
    }
  }

  private func expectRow(
    _ row: PredictorScores, _ expected: Values, within bound: Double, _ place: String
  ) {
    var expected = expected
    if let atBound = expected.removeValue(forKey: "temperature_at_bound") ?? nil {
      #expect(row.isTemperatureAtBound == (atBound > 0), "\(place)")
    }
    expectValues(
      { name in
        if name == "temperature" { return row.temperature }
        return Self.metrics.first { $0.name == name }.flatMap { row.values[$0] }
      }, expected, within: bound, place)
  }

  @Test(arguments: try cases())
  func `metrics and diversity are those of the file`(golden: Case) throws {
    let scorer = Scorer(threadCount: 2, metrics: Self.metrics)
    let scores = try scorer.score(golden.labeledLogits())
    #expect(Set(scores.predictors.map(\.predictor.fixtureName)) == Set(golden.metrics.keys))
    for row in scores.predictors {
      let expected = try #require(golden.metrics[row.predictor.fixtureName])
      expectRow(row, expected, within: Self.bound, "\(golden), \(row.predictor.name)")
    }
    for row in scores.diversity {
      guard let expected = golden.diversity?[row.pair.name] else { continue }
      expectValues(
        { name in DiversityMetric(name: name).flatMap { row.values[$0] } }, expected,
        within: Self.bound, "\(golden), \(row.pair.name)")
    }
  }

  @Test(arguments: try cases())
  func `calibrated figures are those of the file`(golden: Case) throws {
    guard let expected = golden.calibrations else { return }
    let scorer = Scorer(threadCount: 2, metrics: Self.metrics)
    let logits = try golden.labeledLogits()
    let fitted = try scorer.fit(Calibration.all, on: logits)
    for scores in try scorer.score(logits, with: fitted) {
      guard let rows = expected[scores.calibration.name] else { continue }
      for row in scores.predictors {
        expectRow(
          row, try #require(rows[row.predictor.fixtureName]),
          within: Self.bound(scores.calibration),
          "\(golden), \(scores.calibration.name), \(row.predictor.name)")
      }
    }
    #expect(Set(expected.keys).isSubset(of: Calibration.all.map(\.name)))
  }

  @Test(arguments: try cases())
  func `other bins give the errors of the file`(golden: Case) throws {
    for (name, expected) in golden.bins {
      let parts = name.split(separator: "-").map(String.init)
      let binning = Binning(
        count: try #require(Int(parts[0])), norm: try #require(Binning.Norm(rawValue: parts[1])))
      let scores = try Scorer(threadCount: 2, binning: binning).score(golden.labeledLogits())
      expectRow(scores.predictors[0], expected, within: Self.bound, "\(golden), \(name)")
    }
  }

  @Test(arguments: try cases())
  func `classes are those of the file`(golden: Case) throws {
    var scorer = Scorer(threadCount: 2)
    scorer.scoresClasses = true
    for scores in try scorer.score(golden.labeledLogits()).predictors {
      let predictor = scores.predictor
      guard predictor != .membersMean else { continue }
      let classes = try #require(scores.classes)
      let expected = try #require(golden.classes[predictor.fixtureName])
      #expect(classes.count == expected.count)
      for (row, expected) in zip(classes, expected) {
        let found: [String: Double?] = [
          "samples": Double(row.sampleCount), "accuracy": row.accuracy,
          "precision": row.precision, "nll": row.negativeLogLikelihood, "brier": row.brierScore,
          "ece": row.calibrationError, "most_confused_share": row.confusion?.share,
          "most_confused_with": row.confusion.map { Double($0.predicted) },
        ]
        expectValues(
          { found[$0] ?? nil }, expected, within: Self.bound,
          "\(golden), \(predictor.name), class \(row.index)")
      }
    }
  }

  @Test(arguments: try cases())
  func `prediction sets are those of the file`(golden: Case) throws {
    guard let expected = golden.conformal else { return }
    let scorer = Scorer(threadCount: 2)
    let logits = try golden.labeledLogits()
    let kinds = SetKind.all(alphas: [0.1, 0.05])
    let fitted = try scorer.fitSets(
      kinds, on: logits, halves: [CleanHalves(rowCount: logits.rowCount)])
    for predictor in Predictor.predicting(memberCount: logits.memberCount) {
      let ofPredictor = try #require(expected[predictor.fixtureName])
      for set in try scorer.sets(of: predictor, in: logits, by: fitted) {
        let scores = PredictionSetScores(set)
        let thresholds = set.thresholds.map { $0 == .infinity ? nil : $0 }
        let found: [String: Double?] = [
          "coverage": scores.coverage?.value, "size_mean": scores.meanSize,
          "size_median": scores.medianSize, "empty": scores.emptyShare,
          "singleton": scores.singletonShare,
          "coverage_singleton": scores.singletonCoverage?.value,
          "threshold_first": thresholds[0], "threshold_second": thresholds[1],
        ]
        let key = "\(set.kind.method.rawValue) \(set.kind.alpha)"
        expectValues(
          { found[$0] ?? nil }, try #require(ofPredictor[key]), within: Self.bound,
          "\(golden), \(predictor.name), \(key)")
      }
    }
  }

  @Test(arguments: try cases())
  func `figures of soft labels are those of the file`(golden: Case) throws {
    let logits = try golden.labeledLogits()
    var scorer = Scorer(threadCount: 2, metrics: MetricGroup.softLabels.metrics)
    scorer.softLabels = try SoftLabels(
      golden.softLabels.votes.flatMap { $0 }, classCount: logits.classCount)
    let scores = try scorer.score(logits)
    #expect(scores.predictors.count == golden.softLabels.predictors.count)
    for row in scores.predictors {
      let expected = try #require(golden.softLabels.predictors[row.predictor.fixtureName])
      expectValues(
        { name in
          MetricGroup.softLabels.metrics.first { $0.name == name }.flatMap { row.values[$0] }
        }, expected, within: Self.bound, "\(golden), \(row.predictor.name)")
    }
  }

  @Test(arguments: try cases())
  func `images of no class are told as in the file`(golden: Case) throws {
    guard let expected = golden.detections else { return }
    let logits = try golden.labeledLogits()
    let outside = try LabeledLogits(
      float64: expected.outside.flatMap { $0.flatMap { $0 } }, memberCount: logits.memberCount,
      classCount: logits.classCount, labels: expected.outside.map { _ in 0 })
    let scorer = Scorer(threadCount: 2)
    let found = try scorer.detections(under: scorer.score(logits), of: logits, from: outside)
    #expect(found.count == expected.predictors.values.reduce(0) { $0 + $1.count })
    for detection in found {
      let figures = try #require(
        expected.predictors[detection.predictor.fixtureName]?[detection.score.name])
      expectValues(
        { name in DetectionFigure(rawValue: name).flatMap { detection.values[$0] } }, figures,
        within: Self.bound, "\(golden), \(detection.predictor.name), \(detection.score.name)")
    }
  }

  @Test func `every column is in the file`() throws {
    let cases = try Self.cases()
    let ordinary = try #require(cases.first)
    for metric in Self.metrics {
      #expect(ordinary.metrics["ensemble"]?.keys.contains(metric.name) == true, "\(metric.name)")
    }
    for metric in DiversityMetric.all {
      #expect(ordinary.diversity?["mean"]?.keys.contains(metric.name) == true, "\(metric.name)")
    }
    for metric in MetricGroup.softLabels.metrics {
      let found = ordinary.softLabels.predictors["ensemble"]?.keys.contains(metric.name)
      #expect(found == true, "\(metric.name)")
    }
    let fitted = Calibration.all.filter { ![.none, .oracle].contains($0) }
    #expect(Set((ordinary.calibrations ?? [:]).keys) == Set(fitted.map(\.name)))
  }
}
