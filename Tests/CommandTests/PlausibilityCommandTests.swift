import Formats
import Foundation
import TestSupport
import Testing

/// What `mixmo score` says of implausible predictions, records and shows again.
struct PlausibilityCommandTests {
  private static let (rows, classes) = (300, 10)

  /// The class of each row, in no order.
  private static let labels = (0..<rows).map { ($0 * 7 + $0 / classes) % classes }

  /// Random logits, that of the label raised.
  private static func logits(_ seed: UInt64, strength: Float = 4) -> [[Float]] {
    var generator = SeededGenerator(seed: seed)
    return labels.map { label in
      (0..<classes).map {
        Float.random(in: -1.5...1.5, using: &generator) + ($0 == label ? strength : 0)
      }
    }
  }

  private static func softmax(_ row: [Float]) -> [Float] {
    let sum = row.reduce(0) { $0 + exp($1) }
    return row.map { exp($0) / sum }
  }

  /// Predictions of the clean images, by file, and what is said of them.
  struct Case: Sendable, CustomTestStringConvertible {
    let rule: String
    let files: [[[Float]]]
    let says: String

    var testDescription: String { rule }
  }

  static let cases = [
    Case(
      rule: "chance", files: [logits(1, strength: 0)],
      says:
        "is not above chance, 10.0 %: the order of classes or the preparation of images may be wrong."
    ),
    Case(
      rule: "renamed-classes", files: [logits(2, strength: 8).map { Array($0[3...] + $0[..<3]) }],
      says: "may be wrong; with 10 of 10 classes in another order it would be 100.0 %."),
    Case(
      rule: "probabilities", files: [logits(3).map(softmax)],
      says: "are they probabilities? --probabilities takes them as such"),
    Case(
      rule: "equal-rows", files: [logits(4).map { _ in logits(4)[0] }],
      says: "All rows of the clean images are alike: the model ignores its input."),
    Case(
      rule: "equal-members", files: [logits(5), logits(5)],
      says: "The predictions of all 2 members are byte-identical: it is an ensemble of one."),
    Case(
      rule: "flat-confidence", files: [logits(6).map { $0.map { $0 / 100 } }],
      says: "logits may have been scaled, or normalized twice."),
  ]

  private func write(_ rows: [[Float]], to url: URL) throws {
    try FolderCreation.create(url.deletingLastPathComponent())
    try NumPyArray.write(rows.flatMap(\.self), shape: [Self.rows, Self.classes], to: url)
  }

  private func writeLabels(_ folder: borrowing TemporaryFolder) throws {
    try NumPyArray.write(
      Self.labels.map(Int64.init), shape: [Self.rows], to: folder.file("y.npy"))
  }

  /// Runs a command that must succeed.
  private func run(_ folder: borrowing TemporaryFolder, _ arguments: [String]) throws
    -> MixmoProcess
  {
    let process = try MixmoProcess(arguments, folder: folder.url)
    try #require(process.status == 0, "\(arguments): \(process.errors)")
    return process
  }

  private func score(
    _ folder: borrowing TemporaryFolder, _ arguments: String..., output: String = "run"
  ) throws -> MixmoProcess {
    try run(
      folder, ["score"] + arguments + ["--labels", "y.npy", "--bootstrap", "5", "--output", output])
  }

  private func json(_ url: URL) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
    return try #require(object as? [String: Any])
  }

  /// The rules and sentences of doubts in the run's record.
  private func recorded(
    _ folder: borrowing TemporaryFolder, _ run: String = "run"
  ) throws -> [[String]] {
    let record = try json(folder.file("\(run)/run.json"))
    return (record["doubts"] as? [[String: String]] ?? []).map {
      [$0["rule"] ?? "", $0["sentence"] ?? ""]
    }
  }

  /// The same in its findings.
  private func found(
    _ folder: borrowing TemporaryFolder, _ path: String = "run"
  ) throws -> [[String]] {
    let file = try json(folder.file("\(path)/findings.json"))
    let runs = try #require(file["runs"] as? [[String: Any]])
    let findings = try #require(runs[0]["findings"] as? [[String: Any]])
    return findings.filter { $0["topic"] as? String == "doubt" }.map {
      [$0["rule"] as? String ?? "", $0["sentence"] as? String ?? ""]
    }
  }

  @Test(arguments: cases)
  func `doubts are said, recorded and shown`(of expected: Case) throws {
    let folder = try TemporaryFolder()
    try writeLabels(folder)
    let names = expected.files.indices.map { "p\($0).npy" }
    for (name, rows) in zip(names, expected.files) { try write(rows, to: folder.file(name)) }
    let process = try run(
      folder,
      ["score", "--logits"] + names + ["--labels", "y.npy", "--bootstrap", "5", "--output", "run"])
    let doubts = try recorded(folder)
    let doubt = try #require(doubts.first { $0[0] == expected.rule }, "\(doubts)")
    #expect(doubt[1].contains(expected.says), "\(doubt)")
    // Equal rows are no better than chance; nothing else is implausible.
    #expect(
      Set(doubts.map { $0[0] }).subtracting(["chance"])
        == Set([expected.rule]).subtracting(["chance"]))
    #expect(try found(folder).prefix(doubts.count) == doubts[...])
    for doubt in doubts {
      #expect(process.errors.ranges(of: "warning: \(doubt[1])\n").count == 1, "\(process.errors)")
    }
    let notes = try json(folder.file("run/run.json"))["notes"] as? [String] ?? []
    #expect(!notes.contains { note in doubts.contains { $0[1] == note } })

    // The same from the folder: nothing is added up, and nothing said twice.
    let again = try run(folder, ["score", "run", "--bootstrap", "5"])
    #expect(try recorded(folder) == doubts)
    for doubt in doubts {
      #expect(again.errors.ranges(of: "warning: \(doubt[1])\n").count == 1, "\(again.errors)")
    }
    _ = try run(folder, ["report", "run", "--quiet"])
    let page = try String(contentsOf: folder.file("run/report.html"), encoding: .utf8)
    #expect(page.ranges(of: expected.says).count == 1)
    _ = try run(folder, ["verify", "run", "--quiet"])
  }

  @Test func `what the numbers are is asked once, and not where it is said`() throws {
    let folder = try TemporaryFolder()
    try writeLabels(folder)
    for cell in ["clean", "fog-1", "fog-2"] {
      try write(
        Self.logits(UInt64(cell.count) + UInt64(cell.utf8.last ?? 0)).map(Self.softmax),
        to: folder.file("cells/\(cell).npy"))
    }
    let asked = try score(folder, "--cells", "cells")
    #expect(asked.errors.ranges(of: "are they probabilities?").count == 1, "\(asked.errors)")
    #expect(try recorded(folder).map { $0[0] } == ["probabilities"])
    #expect(try recorded(folder)[0][1].hasSuffix("(the same holds for 2 other files)"))
    let told = try score(folder, "--cells", "cells", "--no-probabilities", output: "told")
    #expect(!told.errors.contains("are they probabilities?"))
    #expect(try recorded(folder, "told").isEmpty)
    _ = try run(folder, ["score", "told", "--bootstrap", "5"])
    #expect(try recorded(folder, "told").isEmpty)
  }

  /// Cells of an honest model, and what is changed.
  private func writeCells(
    _ folder: borrowing TemporaryFolder, _ name: String, _ changes: [String: [[Float]]] = [:]
  ) throws {
    for (index, cell) in ["clean", "fog-1", "fog-5", "snow-5"].enumerated() {
      let rows = Self.logits(
        UInt64(index + 20), strength: cell == "clean" ? 4 : cell == "fog-1" ? 3 : 1.5)
      try write(changes[cell] ?? rows, to: folder.file("\(name)/\(cell).npy"))
    }
  }

  @Test func `cells are compared with one another`() throws {
    let folder = try TemporaryFolder()
    try writeLabels(folder)
    try writeCells(folder, "honest")
    let honest = try score(folder, "--cells", "honest")
    #expect(try recorded(folder).isEmpty && found(folder).isEmpty, "\(honest.errors)")

    try writeCells(folder, "same", ["snow-5": Self.logits(20)])
    let same = try score(folder, "--cells", "same", output: "same-run")
    let sentences = [
      "The predictions of clean-0 and snow-5 are byte-identical: were corrupted images used?"
    ]
    #expect(try recorded(folder, "same-run").map { $0[1] } == sentences)
    #expect(same.errors.contains("warning: \(sentences[0])\n"))
    _ = try run(folder, ["report", "same-run", "run", "--output", "page"])
    #expect(
      try String(contentsOf: folder.file("page/report.html"), encoding: .utf8)
        .contains("same: \(sentences[0])"))

    var generator = SeededGenerator(seed: 9)
    try writeCells(folder, "shuffled", ["clean": Self.logits(20).shuffled(using: &generator)])
    let shuffled = try score(folder, "--cells", "shuffled", output: "shuffled-run")
    let rules = try recorded(folder, "shuffled-run").map { $0[0] }
    #expect(rules == ["chance", "better-at-severity-5"], "\(shuffled.errors)")
    #expect(shuffled.errors.contains("%): are images and labels in the same order?\n"))
    #expect(
      try found(folder, "shuffled-run").map { $0[0] } == rules, "one sentence for each meaning")
  }

  @Test func `merged cells keep what is said of their files, and are judged together`() throws {
    let folder = try TemporaryFolder()
    try writeLabels(folder)
    let clean = Self.logits(31).map(Self.softmax)
    for (name, cell) in [("a", "fog-1"), ("b", "fog-2")] {
      try write(clean, to: folder.file("\(name)/clean.npy"))
      try write(Self.logits(32).map(Self.softmax), to: folder.file("\(name)/\(cell).npy"))
      _ = try score(folder, "--cells", name, "--name", "m", output: "run-\(name)")
    }
    let merged = try run(folder, ["merge", "run-a", "run-b", "--output", "merged"])
    let doubts = try recorded(folder, "merged")
    #expect(doubts.map { $0[0] } == ["probabilities", "probabilities", "equal-cells"])
    for doubt in doubts {
      #expect(merged.errors.ranges(of: "warning: \(doubt[1])\n").count == 1, "\(merged.errors)")
    }
    _ = try run(folder, ["verify", "merged", "--quiet"])
  }

  @Test func `a run of an older version has the doubts of its tables`() throws {
    let folder = try TemporaryFolder()
    try writeLabels(folder)
    try write(Self.cases[1].files[0], to: folder.file("p.npy"))
    _ = try score(folder, "--logits", "p.npy")
    var record = try json(folder.file("run/run.json"))
    #expect(record.removeValue(forKey: "doubts") != nil)
    try JSONSerialization.data(withJSONObject: record).write(to: folder.file("run/run.json"))
    _ = try run(folder, ["report", "run", "--quiet"])
    #expect(try found(folder).map { $0[0] } == ["renamed-classes", "chance"])
    _ = try run(folder, ["verify", "run", "--quiet"])
  }
}
