import Formats
import Foundation
import Reports
import Scoring
import TestSupport
import Testing

@Suite struct ComparisonRefusalTests {
  /// The reason why two runs cannot be compared; empty where they can.
  private func problem(
    _ first: StoredRun, _ second: StoredRun, predictor: String? = nil,
    calibration: Calibration = .none,
    change: (URL) throws -> Void = { _ in }
  ) throws -> String {
    let folder = try TemporaryFolder()
    let folders = try [first.write(to: folder, "a"), second.write(to: folder, "b")]
    try change(folders[1])
    var comparer = RunComparer(threadCount: 1)
    (comparer.predictor, comparer.drawCount) = (predictor, 8)
    comparer.calibration = calibration
    do {
      _ = try comparer.compare(folders)
      return ""
    } catch {
      return "\(error)".replacing(folder.url.path, with: "")
    }
  }

  @Test(arguments: [
    Difference<StoredRun>(
      testDescription: "data set", change: { $0.dataset = "cifar" },
      message: "dataset: digits and cifar"),
    Difference(testDescription: "count", change: { $0.images = 25 }, message: "images: 24 and 25"),
    Difference(testDescription: "data", change: { $0.data = "e" }, message: "data: d and e"),
    Difference(
      testDescription: "label", change: { $0.labels[7] = 0 }, message: "label in row 7: 1 and 0"),
    Difference(
      testDescription: "classes",
      change: { run in
        run.classCount = 4
        run.cells = run.cells.mapValues { _ in [Float](repeating: 0, count: 96) }
      }, message: "classes: 3 and 4"),
    Difference(
      testDescription: "cells", change: { $0.cells["fog-2"] = nil },
      message: "cells: only /a has fog-2; finish both evaluations"),
    Difference(
      testDescription: "bins", change: { $0.bins = 20 },
      message: "bins of ece (--bins): 15 and 20"),
    Difference(
      testDescription: "norm", change: { $0.norm = "l2" },
      message: "norm of ece (--norm): l1 and l2"),
    Difference(
      testDescription: "suite", change: { $0.suite = "files" }, message: "suite: s and files"),
    Difference(
      testDescription: "no suite", change: { $0.suite = nil }, message: "suite: s and none"),
    Difference(
      testDescription: "files", change: { $0.hashes["fog-1"] = "h" },
      message: "images of fog-1: none and h"),
    Difference(
      testDescription: "seed", change: { $0.seed = 4 },
      message: "seed of the corruptions: 3 and 4"),
  ])
  func otherImagesAreRefused(difference: Difference<StoredRun>) throws {
    var other = StoredRun(seed: 1)
    difference.change(&other)
    let found = try problem(StoredRun(), other)
    #expect(found.hasPrefix("/a and /b cannot be put side by side: "))
    #expect(found.contains(difference.message))
  }

  @Test func `numbers of two kinds are refused, and those of older versions computed anew`() throws
  {
    var (rows, halves) = (StoredRun(), StoredRun(seed: 1))
    (rows.figures, halves.figures, halves.fitting) = ("all rows", "means of halves", "mixmo-halves")
    #expect(
      try problem(rows, halves)
        .hasSuffix("numbers of the tables (--fitting): all rows and means of halves"))
    #expect(try problem(halves, halves) == "" && problem(rows, rows) == "")
    #expect(try problem(StoredRun(), rows) == "" && problem(halves, StoredRun()) == "")
    var other = rows
    other.fitting = "validation"
    #expect(try problem(rows, other) == "")
    #expect(
      try problem(rows, other, calibration: .temperature)
        .hasSuffix("calibrations fitted on (--fitting): clean-halves and validation"))
  }

  @Test func `numbers are of all images, or means of halves where the runs' are`() throws {
    let folder = try TemporaryFolder()
    func values(_ figures: String) throws -> [Double] {
      var (first, second) = (StoredRun(), StoredRun(seed: 1))
      (first.figures, second.figures) = (figures, figures)
      let folders = try [
        first.write(to: folder, "a \(figures)"), second.write(to: folder, "b \(figures)"),
      ]
      var comparer = RunComparer(threadCount: 1)
      comparer.drawCount = 0
      let table = try comparer.compare(folders).table
      let metrics = try #require(table.column("metric"))
      return try zip(metrics, #require(table.column("value"))).filter { $0.0 == "ece" }
        .compactMap { Double($0.1) }
    }
    // The triangle inequality, bin by bin.
    for (rows, halves) in try zip(values("all rows"), values("means of halves")) {
      #expect(rows < halves)
    }
  }

  @Test func seedsMayDifferWhereNothingWasMadeWithThem() throws {
    for suite in ["files", nil] {
      var (first, second) = (StoredRun(), StoredRun(seed: 1))
      (first.suite, second.suite, second.seed) = (suite, suite, 4)
      #expect(try problem(first, second) == "")
    }
  }

  @Test func membersMayDiffer() throws {
    var second = StoredRun()
    second.memberCount = 2
    second.cells = second.cells.mapValues { $0 + $0 }
    for predictor in [nil, "network", "ensemble", "ensemble-probs"] {
      #expect(try problem(StoredRun(), second, predictor: predictor) == "")
    }
    let found = try problem(second, StoredRun(), predictor: "member-1")
    #expect(found == "/b: expected a predictor of network, found \"member-1\"")
  }

  @Test func scoredPredictionsNeedTheSameLabelsAlone() throws {
    var scored = StoredRun(seed: 1)
    (scored.dataset, scored.data, scored.suite) = ("predictions", "l", nil)
    #expect(try problem(StoredRun(), scored) == "")
    scored.labels[2] = 0
    #expect(try problem(StoredRun(), scored).contains("label in row 2: 2 and 0"))
  }

  @Test func halfARunIsRefused() throws {
    let run = StoredRun()
    func without(_ name: String) throws -> String {
      try problem(run, run) { try FileManager.default.removeItem(at: $0.appending(path: name)) }
    }
    let advice = "run mixmo evaluate or mixmo score again with this folder as its output"
    for name in ["predictions/labels.npy", "predictions/clean-0.npy"] {
      #expect(try without(name) == "/b: expected stored predictions, found no \(name); \(advice)")
    }
    #expect(try without("run.json").contains("found no run.json"))
    #expect(try without("predictions/fog-1.npy").contains("only /a has fog-1"))
    let cut = try problem(run, run) { folder in
      let file = folder.appending(path: "predictions/fog-2.npy")
      try Data(contentsOf: file).dropLast(4).write(to: file)
    }
    #expect(cut.contains("fog-2.npy"))
  }

  @Test(arguments: [Float.nan, .infinity])
  func whatIsNoNumberIsRefused(value: Float) throws {
    var second = StoredRun()
    second.cells["fog-2"]?[10] = value
    let found = try problem(StoredRun(), second)
    #expect(found.hasPrefix("/b/predictions/fog-2.npy: 1 logits are NaN or infinite"))
    #expect(found.hasSuffix("row 3, member 0, class 1"))
  }

  @Test func cellsOfARunHaveOneShape() throws {
    var second = StoredRun()
    second.cells["fog-1"] = nil
    let found = try problem(second, second) { folder in
      try NumPyArray.write(
        [Float](repeating: 0, count: 144), shape: [24, 2, 3],
        to: folder.appending(path: "predictions/fog-2.npy"))
    }
    #expect(
      found
        == "/b/predictions/fog-2.npy: expected shape [24, 1, 3], found [24, 2, 3]; remove the file "
        + "and evaluate again")
  }

  @Test func aBoundIsNoPredictor() throws {
    let folder = try TemporaryFolder()
    var comparer = RunComparer(threadCount: 1)
    comparer.calibration = .oracle
    let folders = try ["a", "b"].map { try StoredRun().write(to: folder, $0) }
    #expect(throws: ScoringError.notFitted(Calibration.oracle.name)) {
      try comparer.compare(folders)
    }
  }

  @Test func aTemperatureWithoutALimitIsNoted() throws {
    let folder = try TemporaryFolder()
    var sure = StoredRun(cells: ["clean-0"])
    sure.name = "sure"
    sure.cells["clean-0"] = sure.labels.flatMap { label in (0..<3).map { $0 == label ? 1 : 0 } }
    let folders = try [StoredRun(cells: ["clean-0"]), sure].map {
      try $0.write(to: folder, $0.name)
    }
    var comparer = RunComparer(threadCount: 1)
    comparer.calibration = .temperature
    let notes = try comparer.compare(folders).notes
    #expect(notes.contains { $0.hasPrefix("sure: a temperature is at its bound") })
  }

  @Test func hostileNamesStayNames() throws {
    let folder = try TemporaryFolder()
    let cells = ["clean-0", "<script>-1", "a\nb-1", "$(rm x)-2", "\u{1B}[2J,\"-3"]
    let names = ["<script>alert(1)</script>", "two\nlines\r$(reboot)\u{1B}[31m"]
    let folders = try names.enumerated().map { index, name in
      var run = StoredRun(seed: UInt64(index), cells: cells)
      run.name = name
      return try run.write(to: folder, "\(index)")
    }
    let comparison = try RunComparer(threadCount: 1).compare(folders)
    let text = ComparisonText(comparison).text
    #expect(!text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
    #expect(comparison.conclusions.allSatisfy { !$0.contains("\n") })
    // A CSV file has names unchanged, in quotes.
    let file = folder.file("comparison.csv")
    try AtomicFile.write(comparison.table.text, to: file)
    let table = try CSVTable(contentsOf: file)
    #expect(Set(table.column("run") ?? []) == [names[1]])
    #expect(
      Set(table.column("corruption") ?? []) == [
        "mean", "clean", "<script>", "a\nb", "$(rm x)", "\u{1B}[2J,\"",
      ])
  }

  @Test func otherFilesAreNoCells() throws {
    let folder = try TemporaryFolder()
    let folders = try ["a", "b"].map { try StoredRun().write(to: folder, $0) }
    for name in [
      ".fog-3.npy.partial", "fog-03.npy", "fog-0.npy", "-1.npy", "fog.npy", "clean-0.txt",
    ] {
      try Data().write(to: folders[0].appending(path: "predictions/\(name)"))
    }
    let comparison = try RunComparer(threadCount: 1).compare(folders)
    #expect(comparison.cells.map(\.severity) == [0, 1, 2])
  }
}
