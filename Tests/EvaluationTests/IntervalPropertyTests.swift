import Evaluation
import Runs
import Scoring
import TestSupport
import Testing

/// Intervals of random predictions: tied, all right, all wrong, certain, of one row and of few.
struct IntervalPropertyTests {
  enum Kind: CaseIterable {
    case random, tied, right, wrong, certain, equal
  }

  private static let cells = [Cell.clean] + (1...5).map { Cell(corruption: "c1", severity: $0) }

  /// Logits of each cell, with the same labels.
  private static func predictions(
    _ kind: Kind, rows: Int, members: Int, classes: Int, seed: UInt64
  ) throws -> [Cell: LabeledLogits] {
    var random = SeededGenerator(seed: seed)
    let labels = (0..<rows).map { _ in Int.random(in: 0..<classes, using: &random) }
    return try cells.reduce(into: [:]) { all, cell in
      let values = (0..<rows * members * classes).map { place -> Float in
        let (label, c) = (labels[place / (members * classes)], place % classes)
        let noise = Float.random(in: -2...2, using: &random)
        switch kind {
        case .random: return noise + (c == label ? 1 : 0)
        case .tied: return noise.rounded()
        case .right: return noise + (c == label ? 5 : 0)
        case .wrong: return noise + (c == (label + 1) % classes ? 5 : 0)
        case .certain: return 1000 * noise.rounded()
        case .equal: return 1
        }
      }
      all[cell] = try LabeledLogits(
        values, memberCount: members, classCount: classes, labels: labels)
    }
  }

  @Test(arguments: Kind.allCases, Binning.Norm.allCases)
  func `every value lies in its interval`(kind: Kind, norm: Binning.Norm) throws {
    for (trial, rows) in [1, 2, 3, 8, 30].enumerated() {
      let (members, classes) = (1 + trial % 3, [2, 3, 7][trial % 3])
      let predictions = try Self.predictions(
        kind, rows: rows, members: members, classes: classes, seed: UInt64(10 + trial))
      let settings = ScoringSettings(
        calibrations: rows > 1 ? [.none, .temperature, .isotonic] : [.none], drawCount: 40,
        binning: Binning(count: [1, 4, 15][trial % 3], norm: norm), seed: 3,
        kinds: [CorruptionKind(name: "c1", family: "noise", isBenchmark: true)])
      let cube = try CubeScorer(settings, threadCount: 1).score(
        Self.cells, logits: { try #require(predictions[$0]) }, report: { _ in })
      var intervals = 0
      for row in cube.summary {
        guard let interval = row.interval, let value = row.value else {
          #expect(row.interval == nil)
          continue
        }
        intervals += 1
        let place =
          "\(rows) rows, \(row.aggregate), \(row.predictor), \(row.calibration.name), \(row.metric)"
        #expect(interval.low <= value && value <= interval.high, "\(place)")
        #expect(interval.low.isFinite && interval.high.isFinite, "\(place)")
        #expect(interval.kind == Self.kind(of: row, norm), "\(place)")
      }
      #expect(intervals > cube.summary.count / 3)
    }
  }

  /// How the interval of a row of `summary.csv` is made.
  private static func kind(of row: SummaryValue, _ norm: Binning.Norm) -> Interval.Kind {
    switch PairedMetric(name: row.metric)?.metric ?? row.metric {
    case "ece", "ece_adaptive": norm == .max ? .clopperPearson : .signedErrors
    case "ece_debiased", "ece_smooth": .signedErrors
    case "mce": .clopperPearson
    case "ece_classwise", "tace": .binomial
    case "calibration_loss": .signedRoot
    case "accuracy"
    where row.metric == "accuracy" && row.protocolName == "clean" && row.predictor != .membersMean:
      .wilson
    default: .percentile
    }
  }
}
