import Evaluation
import Formats
import Foundation
import Runs
import Scoring
import TestSupport
import Testing

/// Aggregates over all cells of a made-up benchmark.
struct CubeScorerTests {
  static let kinds = (0..<19).map {
    CorruptionKind(
      name: $0 == 0 ? "frost" : "c\($0)", family: ["noise", "blur", "weather"][$0 % 3],
      isBenchmark: $0 < 15)
  }

  /// 12 rows by two members over four classes, the same labels in every cell.
  static func logits(_ cell: Cell) throws -> LabeledLogits {
    var generator = SeededGenerator(
      seed: UInt64(cell.name.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xFFFF }))
    let labels = (0..<12).map { $0 % 4 }
    let values = (0..<12 * 2 * 4).map { place in
      Float.random(in: -1...1, using: &generator)
        + (place % 4 == labels[place / 8] ? 2 - 0.4 * Float(cell.severity) : 0)
    }
    return try LabeledLogits(values, memberCount: 2, classCount: 4, labels: labels)
  }

  static func cells(_ kinds: [CorruptionKind] = kinds, frost: String = "frost") -> [Cell] {
    [.clean]
      + kinds.flatMap { kind in
        (1...5).map {
          Cell(corruption: kind.name == "frost" ? frost : kind.name, severity: $0)
        }
      }
  }

  static func cube(
    _ cells: [Cell] = cells(), calibrations: [Calibration] = [.none, .temperature],
    threads: Int = 2, baseline: ScoringSettings.Baseline? = nil, runName: String = "own"
  ) throws -> ScoreCube {
    try CubeScorer(
      ScoringSettings(
        calibrations: calibrations, drawCount: 20, seed: 3, kinds: kinds, baseline: baseline),
      threadCount: threads
    ).score(cells, ofRun: runName, logits: logits, report: { _ in })
  }

  static func value(
    _ cube: ScoreCube, _ name: String, _ aggregate: String, _ metric: String,
    _ calibration: Calibration = .none, _ predictor: Predictor = .ensemble
  ) -> SummaryValue? {
    cube.summary.first {
      $0.protocolName == name && $0.aggregate == aggregate && $0.metric == metric
        && $0.predictor == predictor && $0.calibration == calibration
    }
  }

  static func ensemble(_ cube: ScoreCube, _ cell: Cell, _ metric: Metric) -> Double? {
    cube.cells.first { $0.cell == cell }?.scores[0].predictors[0].values[metric]
  }

  @Test func `macro is the mean over cells, with the errors and intervals of the same`() throws {
    let cube = try Self.cube()
    for (name, count) in [("c15", 15), ("c19", 19)] {
      let accuracies = Self.cells(Array(Self.kinds.prefix(count))).dropFirst().compactMap {
        Self.ensemble(cube, $0, .accuracy)
      }
      let mean = accuracies.reduce(0, +) / Double(5 * count)
      let macro = try #require(Self.value(cube, name, "macro", "accuracy"))
      // A sum of 95 numbers below 1.
      expectClose(macro.value ?? .nan, mean, absolute: 1e-14)
      let interval = try #require(macro.interval)
      #expect(interval.low < mean && mean < interval.high)
      let error = try #require(Self.value(cube, name, "macro", "mean_corruption_error"))
      expectClose(error.value ?? .nan, 1 - mean, absolute: 1e-14)
      let clean = try #require(Self.ensemble(cube, .clean, .accuracy))
      let relative = Self.value(cube, name, "macro", "relative_mean_corruption_error")?.value
      expectClose(relative ?? .nan, clean - mean, absolute: 1e-14)
    }
    #expect(cube.notes.allSatisfy { !$0.contains("missing") })
  }

  @Test(arguments: [Calibration.none, .temperature])
  func `pooled is the metric of all rows together`(calibration: Calibration) throws {
    let cube = try Self.cube(calibrations: [calibration])
    let scorer = Scorer(threadCount: 1)
    let fitted = try scorer.fit([calibration], on: Self.logits(.clean))
    let sets = try Self.cells().dropFirst().map(Self.logits)
    let values = sets.flatMap(\.values)
    let labels = sets.flatMap(\.labels)
    let all = try LabeledLogits(values, memberCount: 2, classCount: 4, labels: labels)
    let expected = try #require(try scorer.score(all, with: fitted.repeated(95)).first)
    for metric in Metric.all {
      for name in ["c19", "mixmo"] {
        let pooled = try #require(
          Self.value(cube, name, "pooled", metric.name, calibration))
        #expect(pooled.value == expected.predictors[0].values[metric], "\(metric)")
      }
    }
    let accuracy = Self.value(cube, "mixmo", "pooled", "accuracy", calibration)
    #expect(accuracy?.interval != nil)
  }

  /// Protocols, aggregates and metrics of rows, without differences to the part of lowest accuracy.
  private static func names(_ cube: ScoreCube) -> [[String]] {
    let lasting = [nil, "none", "members-mean", "clean"]
    return cube.summary.filter { lasting.contains(PairedMetric(name: $0.metric)?.reference) }
      .map { [$0.protocolName, $0.aggregate, $0.metric] }
  }

  @Test func `protocols keep their names with a substitute, and rows that have it say so`() throws {
    let marked = try Self.cube(Self.cells(frost: "frost(substitute)"))
    let cube = try Self.cube()
    #expect(marked.cells.map(\.cell.corruption).contains("frost(substitute)"))
    #expect(Self.names(marked) == Self.names(cube))
    #expect(cube.summary.allSatisfy { $0.substitutes.isEmpty })
    // Frost is of the family noise here.
    let free = ["clean", "blur", "weather"] + (1..<19).map { "c\($0)" }
    for row in marked.summary {
      let isFree = ([row.aggregate] + (PairedMetric(name: row.metric).map { [$0.reference] } ?? []))
        .allSatisfy { free.contains($0) || ["none", "members-mean"].contains($0) }
      #expect(row.substitutes == (isFree ? [] : ["frost"]), "\(row)")
    }
    for metric in ["nll", "mean_corruption_error"] {
      #expect(Self.value(marked, "c15", "macro", metric)?.value != nil)
    }
    let table = ResultTables(
      runName: "r", datasetName: "d", fitting: "clean-halves", cube: marked
    ).summary
    #expect(table.header.last == "substitute")
    #expect(Set(table.column("substitute") ?? []) == ["", "frost"])
  }

  @Test func `a missing cell leaves out what needs it`() throws {
    let partial = try Self.cube(Array(Self.cells().dropLast()))
    #expect(partial.notes.contains { $0.hasPrefix("c19 is undefined: 1 of 95 cells are missing") })
    #expect(Self.value(partial, "c19", "macro", "nll") == nil)
    #expect(Self.value(partial, "c19", "c18", "nll") == nil)
    #expect(Self.value(partial, "c19", "c17", "nll")?.value != nil)
    #expect(Self.value(partial, "c15", "macro", "nll")?.value != nil)
  }

  @Test func `errors are relative to another run's`() throws {
    let folder = try TemporaryFolder()
    let cube = try Self.cube()
    try ResultTables(runName: "other", datasetName: "d", fitting: "clean-halves", cube: cube)
      .write(to: RunFolder(folder.url))
    let again = try Self.cube(baseline: .init(folder.url.path))
    // Against itself: every ratio is 1, and so is the mean of 15 to its last digits.
    let metric = "mean_corruption_error_relative_to(other)"
    let ratio = Self.value(again, "c15", "macro", metric)?.value
    expectClose(ratio ?? .nan, 1, absolute: 1e-14)
    // Like with like: each predictor and calibration against itself.
    for (calibration, predictor) in [(Calibration.temperature, Predictor.member(1))] {
      let own = Self.value(again, "c15", "macro", metric, calibration, predictor)?.value
      expectClose(own ?? .nan, 1, absolute: 1e-14)
    }
    try AtomicFile.write("run,predictor\r\n", to: folder.file("cells.csv"))
    #expect {
      try ScoringSettings.Baseline(folder.url.path)
    } throws: {
      "\($0)".hasSuffix(
        "cells.csv: expected the columns corruption, severity, calibration, accuracy, found none of these names"
      )
    }
  }

  @Test func `a baseline without the row lends its ensemble, and of the same name its folder`()
    throws
  {
    let folder = try TemporaryFolder()
    let plain = try Self.cube(calibrations: [.none])
    try ResultTables(runName: "own", datasetName: "d", fitting: "clean-halves", cube: plain)
      .write(to: RunFolder(folder.url))
    let path = folder.url.path
    let again = try Self.cube(baseline: .init(path))
    let name = "mean_corruption_error_relative_to"
    let ratio = Self.value(again, "c15", "macro", "\(name)(\(path))")?.value
    expectClose(ratio ?? .nan, 1, absolute: 1e-14)
    let metric = "\(name)(\(path): ensemble, none)"
    let lent = try #require(Self.value(again, "c15", "macro", metric, .temperature, .member(0)))
    func errors(_ calibration: Calibration, _ predictor: Predictor) -> [Double] {
      Self.kinds.prefix(15).map { kind in
        again.cells.filter { $0.cell.corruption == kind.name }.reduce(0) { sum, cell in
          let rows = cell.scores.first { $0.calibration == calibration }?.predictors ?? []
          return sum + 1
            - (rows.first { $0.predictor == predictor }?.values[.accuracy] ?? .nan)
        }
      }
    }
    let ratios = zip(errors(.temperature, .member(0)), errors(.none, .ensemble)).map { $0 / $1 }
    // Two sums of 15 quotients.
    expectClose(lent.value ?? .nan, ratios.reduce(0, +) / 15, absolute: 1e-12)
  }

  @Test func `the same bytes on any number of threads`() throws {
    let texts = try [1, 3].map { threads in
      ResultTables(
        runName: "r", datasetName: "d", fitting: "clean-halves",
        cube: try Self.cube(threads: threads))
    }
    #expect(texts[0].summary.text == texts[1].summary.text)
    #expect(texts[0].cells.text == texts[1].cells.text)
  }

  @Test func `before each calibration's intervals a caller can stop`() throws {
    struct Stop: Error {}
    let logits = try LabeledLogits(
      [3, 0, 0, 3, 1, 2, 2, 1], memberCount: 1, classCount: 2, labels: [0, 1, 0, 1])
    let settings = ScoringSettings(calibrations: [.none, .temperature, .oracle], drawCount: 10)
    for limit in 1...4 {
      var counts: [Int] = []
      func score() throws {
        _ = try CubeScorer(settings, threadCount: 1).score([.clean], logits: { _ in logits }) {
          counts.append($0)
          if counts.count == limit { throw Stop() }
        }
      }
      #expect(throws: Stop.self) { try score() }
      #expect(counts == Array([0, 0, 0, 1].prefix(limit)))
    }
  }

  @Test func `undefined scores are empty, and a note says which`() throws {
    let logits = try LabeledLogits([3, 0, 0, 3], memberCount: 1, classCount: 2, labels: [0, 1])
    let cube = try CubeScorer(ScoringSettings(calibrations: [.none]), threadCount: 1)
      .score([.clean], logits: { _ in logits }, report: { _ in })
    let files = ResultTables(runName: "r", datasetName: "d", fitting: "clean-halves", cube: cube)
    #expect(files.cells.column("auroc_misclassification") == [""])
    #expect(cube.notes.count == 1 && cube.notes[0].hasPrefix("undefined, left empty: "))
    #expect(cube.notes[0].contains("auroc_misclassification in 1 rows"))
    #expect(!cube.notes[0].contains("accuracy"))
  }
}
