import Evaluation
import Foundation
import Runs
import Scoring
import TestSupport
import Testing

/// Averages over a run's own cells, and differences with paired intervals.
struct SummaryRowsTests {
  private static let kinds = [
    CorruptionKind(name: "fog", family: "weather", isBenchmark: true),
    CorruptionKind(name: "snow", family: "weather", isBenchmark: true),
    CorruptionKind(name: "shot_noise", family: "noise", isBenchmark: true),
  ]
  private static let cells =
    [Cell.clean]
    + ["fog", "snow", "shot_noise"].flatMap { name in
      [1, 3].map { Cell(corruption: name, severity: $0) }
    }

  /// The scores of two members' predictions of 80 images, worse at higher severities.
  private static func cube(
    cells: [Cell] = cells, drawCount: Int = 200, memberCount: Int = 2
  ) throws -> ScoreCube {
    let settings = ScoringSettings(
      calibrations: [.none, .temperature, .oracle], drawCount: drawCount, kinds: kinds)
    return try CubeScorer(settings, threadCount: 2).score(cells) { cell in
      let seed = cell.name.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) }
      var generator = SeededGenerator(seed: seed)
      let labels = (0..<80).map { $0 % 5 }
      let strength = 2 - 0.4 * Float(cell.severity)
      var values: [Float] = []
      for label in labels {
        for index in 0..<memberCount * 5 {
          let noise = Float.random(in: -1.5...1.5, using: &generator)
          values.append(index % 5 == label ? noise + strength : noise)
        }
      }
      return try LabeledLogits(values, memberCount: memberCount, classCount: 5, labels: labels)
    } report: { _ in
    }
  }

  private static func row(
    _ cube: ScoreCube, _ place: String, _ metric: String, _ predictor: Predictor = .ensemble,
    _ calibration: Calibration = .none
  ) -> SummaryValue? {
    cube.summary.first {
      "\($0.protocolName)/\($0.aggregate)" == place && $0.metric == metric
        && $0.predictor == predictor && $0.calibration == calibration
    }
  }

  @Test func `cells that are no whole protocol have averages of their own`() throws {
    let cube = try Self.cube()
    func accuracy(_ cells: [Cell]) throws -> Double {
      let values = try cells.map { cell in
        let result = try #require(cube.cells.first { $0.cell == cell })
        return try #require(result.scores[0].predictors[0].values[.accuracy])
      }
      return values.reduce(0, +) / Double(values.count)
    }
    for (place, isIn) in [
      ("macro", { _ in true }), ("weather", { $0.corruption != "shot_noise" }),
      ("snow", { $0.corruption == "snow" }), ("severity-3", { $0.severity == 3 }),
    ] as [(String, (Cell) -> Bool)] {
      let row = try #require(Self.row(cube, "cells/\(place)", "accuracy"))
      let value = try #require(row.value)
      // Means of at most six quotients, in two orders.
      expectClose(value, try accuracy(Self.cells.dropFirst().filter(isIn)), absolute: 1e-15)
      let interval = try #require(row.interval)
      #expect(interval.low < value && value < interval.high)
    }
  }

  @Test func `differences are those of two rows, with intervals no wider than both suggest`() throws
  {
    let cube = try Self.cube()
    for place in ["clean/clean", "cells/macro"] {
      for metric in [Metric.negativeLogLikelihood, .calibrationError, .overconfidence] {
        let difference = try #require(
          Self.row(
            cube, place, PairedMetric(metric, minus: "none").name, .ensemble, .temperature))
        let pair = try [Calibration.temperature, .none].map {
          try #require(Self.row(cube, place, metric.name, .ensemble, $0))
        }
        #expect(difference.value == (pair[0].value ?? .nan) - (pair[1].value ?? .nan))
        let interval = try #require(difference.interval)
        let (first, second) = try (#require(pair[0].interval), #require(pair[1].interval))
        #expect(interval.high - interval.low <= first.high - second.low - first.low + second.high)
      }
      let gain = try #require(
        Self.row(cube, place, PairedMetric(.accuracy, minus: "members-mean").name))
      let members = try #require(Self.row(cube, place, "accuracy", .membersMean))
      #expect(
        gain.value == (try #require(Self.row(cube, place, "accuracy")).value ?? .nan)
          - (members.value ?? .nan))
    }
    // The oracle is a bound: what it changes is not asked.
    #expect(Self.row(cube, "clean/clean", "nll_minus(none)", .ensemble, .oracle) == nil)
  }

  @Test func `each part is compared with the worst of its kind, and corrupted with clean`() throws {
    let cube = try Self.cube()
    func accuracy(_ place: String) throws -> Double {
      try #require(Self.row(cube, place, "accuracy")?.value)
    }
    for parts in [
      ["weather", "noise"], ["fog", "snow", "shot_noise"], ["severity-1", "severity-3"],
    ] {
      let worst = try #require(
        try parts.min { try accuracy("cells/\($0)") < accuracy("cells/\($1)") })
      for part in parts where part != worst {
        let lead = try #require(
          Self.row(cube, "cells/\(part)", PairedMetric(.accuracy, minus: worst).name))
        #expect(
          lead.value == (try accuracy("cells/\(part)")) - (try accuracy("cells/\(worst)")))
      }
    }
    let loss = try #require(Self.row(cube, "cells/macro", "accuracy_minus(clean)"))
    #expect(loss.value == (try accuracy("cells/macro")) - (try accuracy("clean/clean")))
  }

  @Test func `without draws there are differences without intervals`() throws {
    let cube = try Self.cube(drawCount: 0)
    let difference = try #require(
      Self.row(cube, "cells/macro", "nll_minus(none)", .ensemble, .temperature))
    #expect(difference.value != nil && difference.interval == nil)
  }

  @Test func `one network has no differences to members, and clean images none to corrupted ones`()
    throws
  {
    let cube = try Self.cube(cells: [.clean], memberCount: 1)
    let names = Set(cube.summary.map(\.metric))
    #expect(names.contains("nll_minus(none)"))
    #expect(
      !names.contains { $0.hasSuffix("_minus(members-mean)") || $0.hasSuffix("_minus(clean)") })
    #expect(!cube.summary.contains { $0.protocolName == "cells" })
  }

  @Test func `a name of a difference is read back`() {
    let metric = PairedMetric(.negativeLogLikelihood, minus: "frost(substitute)")
    #expect(metric.name == "nll_minus(frost(substitute))")
    #expect(PairedMetric(name: metric.name) == metric)
    #expect(PairedMetric(name: "nll") == nil && PairedMetric(name: "mce_relative_to(a)") == nil)
  }
}
