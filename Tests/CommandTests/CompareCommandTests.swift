import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo compare` as a user meets it, on runs of `mixmo score`.
@Suite struct CompareCommandTests {
  private static let rowCount = 60

  /// Scores predictions of a strength into the folder `name`.
  private func score(
    _ folder: borrowing TemporaryFolder, _ name: String, seed: UInt64, strength: Float,
    more: [String] = []
  ) throws {
    let (logits, labels) = (folder.file("\(name).npy"), folder.file("labels.npy"))
    try RandomLogits(rowCount: Self.rowCount, seed: seed, strength: strength).write(logits, labels)
    let process = try MixmoProcess(
      [
        "score", "--logits", logits.path, "--labels", labels.path, "--output",
        folder.file("runs/\(name)").path, "--quiet",
      ] + more)
    try #require(process.status == 0, "\(process.errors)")
  }

  @Test func `a better run is said to be better, in words, tables and JSON`() throws {
    let folder = try TemporaryFolder()
    try score(folder, "weak", seed: 1, strength: 0.2)
    try score(folder, "strong", seed: 2, strength: 1.5)
    let runs = ["weak", "strong"].map { folder.file("runs/\($0)").path }
    let output = folder.file("comparison").path
    let process = try MixmoProcess(["compare"] + runs + ["--output", output, "--quiet"])
    #expect(process.status == 0, "\(process.errors)")
    #expect(
      process.output.contains(
        "On clean images strong is better than weak in accuracy (+"))
    #expect(process.output.contains("not about the methods that trained them"))
    #expect(process.errors.contains("is taken from their labels"))
    let table = try CSVTable(contentsOf: folder.file("comparison/comparison.csv"))
    #expect(
      table.column("metric") == ["accuracy", "nll", "brier", "ece", "overconfidence"])
    #expect(table.column("verdict")?.prefix(3) == ["win", "win", "win"])
    let json = try MixmoProcess(["compare"] + runs + ["--json", "--quiet", "--threads", "1"])
    #expect(json.output.contains(#""p_holm":"#) && json.output.contains(#""verdict":"win""#))
    let again = try MixmoProcess(
      ["compare"] + runs + ["--output", folder.file("again").path, "--threads", "1", "--quiet"])
    #expect(again.output == process.output)
    #expect(
      try FileContents.read(folder.file("again/comparison.csv"), limit: 1 << 20)
        == FileContents.read(folder.file("comparison/comparison.csv"), limit: 1 << 20))
  }

  @Test func `metrics that are asked for are compared by the draws of both runs`() throws {
    let folder = try TemporaryFolder()
    let groups = ["--selective", "--decompositions"]
    try score(folder, "weak", seed: 1, strength: 0.2, more: groups)
    try score(folder, "strong", seed: 2, strength: 2.5, more: groups)
    let runs = ["weak", "strong"].map { folder.file("runs/\($0)") }
    let output = folder.file("comparison")
    let process = try MixmoProcess(
      ["compare"] + runs.map(\.path) + groups + ["--output", output.path, "--quiet"])
    try #require(process.status == 0, "\(process.errors)")
    let table = try CSVTable(contentsOf: output.appending(path: "comparison.csv"))
    let cells = try runs.map { try CSVTable(contentsOf: $0.appending(path: "cells.csv")) }
    let untested = [
      "coverage_at_risk_1", "coverage_at_risk_5", "brier_mcb", "brier_unc", "log_mcb", "log_unc",
    ]
    let metrics = try #require(table.column("metric"))
    #expect(metrics.count == 5 + 4 + 6)
    for (row, metric) in metrics.enumerated().dropFirst(5) {
      for (column, cells) in zip(["reference_value", "value"], cells) {
        #expect(try #require(table.column(column))[row] == cells.column(metric)?.first, "\(metric)")
      }
      let isTested = try #require(table.column("p"))[row] != ""
      #expect(isTested == !untested.contains(metric), "\(metric)")
    }
    // The stronger run has fewer errors among the answers that it is surest of.
    let risk = try #require(metrics.firstIndex(of: "risk_at_80"))
    #expect(table.column("verdict")?[risk] == "win")
    let differences = try ["low", "difference", "high"].map { name in
      Double(try #require(table.column(name))[risk]) ?? .nan
    }
    #expect(differences == differences.sorted() && differences[2] < 0)
  }

  @Test func `classes are compared on their images`() throws {
    let folder = try TemporaryFolder()
    try score(folder, "weak", seed: 1, strength: 0.2, more: ["--per-class"])
    try score(folder, "strong", seed: 2, strength: 2.5, more: ["--per-class"])
    let runs = ["weak", "strong"].map { folder.file("runs/\($0)") }
    let process = try MixmoProcess(
      ["compare"] + runs.map(\.path)
        + ["--per-class", "--class", "2", "--output", folder.file("c").path, "--quiet"])
    try #require(process.status == 0, "\(process.errors)")
    let table = try CSVTable(contentsOf: folder.file("c/comparison.csv"))
    let metrics = try #require(table.column("metric"))
    #expect(metrics.suffix(2) == ["accuracy_balanced", "accuracy(2)"])
    func number(_ column: String, _ row: Int) throws -> Double {
      let texts = try #require(table.column(column))
      return try #require(Double(texts[row]))
    }
    for (column, run) in zip(["reference_value", "value"], runs) {
      let classes = try CSVTable(contentsOf: run.appending(path: "classes.csv"))
      let accuracies = try #require(classes.column("accuracy")).compactMap(Double.init)
      // Weights of a class sum up to 1 but for rounding.
      #expect(abs(try number(column, 5) - accuracies.reduce(0, +) / 3) < 1e-12)
      #expect(abs(try number(column, 6) - accuracies[2]) < 1e-12)
    }
    // Classes have as many images each, so that the mean accuracy of classes is the accuracy.
    #expect(try number("p", 5) == number("p", 0))
    let rights = try runs.map { try Self.rights(of: $0) }
    let pairs = zip(rights[0], rights[1]).enumerated().filter { $0.offset % 3 == 2 }.map(\.element)
    let (lost, won) = (pairs.count { $0 && !$1 }, pairs.count { !$0 && $1 })
    #expect(try abs(number("p", 6) - Self.signTest(lost, won)) < 1e-9, "\(lost) \(won)")
  }

  /// Which rows of a run's predictions of one member are right.
  private static func rights(of run: URL) throws -> [Bool] {
    let logits = try NumPyArray(contentsOf: run.appending(path: "predictions/clean-0.npy"))
      .values(of: Float.self)
    return (0..<rowCount).map { row in
      let own = logits[row * 3..<row * 3 + 3]
      return own.firstIndex(of: own.max() ?? 0) == row * 3 + row % 3
    }
  }

  /// The two-sided p-value of so many losses and wins, each as likely as the other.
  private static func signTest(_ lost: Int, _ won: Int) -> Double {
    let count = lost + won
    var (term, sum) = (pow(0.5, Double(count)), 0.0)
    for hits in 0...min(lost, won) {
      sum += term
      term *= Double(count - hits) / Double(hits + 1)
    }
    return min(1, 2 * sum)
  }

  @Test func `score stores what it scored, once`() throws {
    let folder = try TemporaryFolder()
    let stored = folder.file("runs/a/predictions/clean-0.npy")
    try score(folder, "a", seed: 1, strength: 1)
    let array = try NumPyArray(contentsOf: stored)
    #expect(array.shape == [Self.rowCount, 1, 3])
    #expect(
      try array.values(of: Float.self)
        == NumPyArray(contentsOf: folder.file("a.npy")).values(of: Float.self))
    let labels = try NumPyArray(contentsOf: folder.file("runs/a/predictions/labels.npy"))
    #expect(try labels.values(of: Int.self) == (0..<Self.rowCount).map { $0 % 3 })
    let before = try inode(stored)
    try score(folder, "a", seed: 1, strength: 1, more: ["--calibration", "temperature"])
    #expect(try inode(stored) == before)
    // Another logit under the same name is not what was scored: it is refused, and made again where
    // it is moved away.
    var bytes = try FileContents.read(stored, limit: 1 << 20)
    bytes[bytes.count - 1] ^= 1
    try Data(bytes).write(to: stored)
    let refused = try MixmoProcess([
      "score", "--logits", folder.file("a.npy").path, "--labels", folder.file("labels.npy").path,
      "--output", folder.file("runs/a").path, "--quiet",
    ])
    #expect(refused.status == 1 && refused.errors.contains("\(stored.path): not this run's file"))
    try FileManager.default.moveItem(at: stored, to: folder.file("other.npy"))
    try score(folder, "a", seed: 1, strength: 1)
    bytes[bytes.count - 1] ^= 1
    #expect(try FileContents.read(stored, limit: 1 << 20) == bytes)
  }

  private func inode(_ url: URL) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
    return try #require(attributes[.systemFileNumber] as? Int)
  }

  @Test(arguments: [
    (["compare", "a"], "Give two or more run folders."),
    (["compare", "a", "./a"], "is given twice"),
    (["compare", "a", "b", "--calibration", "oracle"], "unknown \"oracle\""),
    (["compare", "a", "b", "--calibration", "vectr"], "did you mean \"vector\"?"),
    (["compare", "a", "b", "--bootstrap", "-1"], "--bootstrap"),
    (["compare", "a", "b", "--class", "1", "--class", "1"], "--class: 1 is given twice"),
  ])
  func `misuse exits with 64`(arguments: [String], message: String) throws {
    let process = try MixmoProcess(arguments)
    #expect(process.status == 64 && process.errors.contains(message), "\(process.errors)")
  }

  @Test func `a folder that is no run is named`() throws {
    let folder = try TemporaryFolder()
    let process = try MixmoProcess("compare", folder.file("x").path, folder.file("y").path)
    #expect(process.status == 1 && process.errors.contains("/x: expected the folder of a finished"))
  }
}
