import Formats
import Foundation
import TestSupport
import Testing

/// `--soft-labels` as a user meets it.
struct SoftLabelCommandTests {
  private static let columns = [
    "cross_entropy_soft", "kl_soft", "brier_soft", "tv_soft", "entropy_correlation",
  ]

  @discardableResult
  private func run(_ arguments: [String], status: Int32 = 0) throws -> MixmoProcess {
    let process = try MixmoProcess(arguments)
    try #require(process.status == status, "\(arguments): \(process.errors)")
    return process
  }

  private func bytes(_ url: URL) throws -> [UInt8] { try FileContents.read(url, limit: 1 << 26) }

  /// Votes for three classes, at least one for each of `rowCount` images.
  private func votes(_ rowCount: Int, classCount: Int = 3, seed: UInt64 = 1) -> [Int64] {
    var source = SeededGenerator(seed: seed)
    return (0..<rowCount).flatMap { row in
      (0..<classCount).map { Int64(source.next() % 9) + ($0 == row % classCount ? 1 : 0) }
    }
  }

  /// Writes the predictions of clean images and of two cells, and votes; the command that scores them.
  private func cells(_ folder: borrowing TemporaryFolder, _ output: String) throws -> [String] {
    try FolderCreation.create(folder.file("z"))
    for (index, name) in ["clean", "fog-2", "fog-5"].enumerated() {
      try RandomLogits(rowCount: 60, memberCount: 2, seed: UInt64(8 + index))
        .write(folder.file("z/\(name).npy"), folder.file("y.npy"))
    }
    try NumPyArray.write(votes(60), shape: [60, 3], to: folder.file("q.npy"))
    return [
      "score", "--cells", folder.file("z").path, "--labels", folder.file("y.npy").path,
      "--output", folder.file(output).path, "--name", "x", "--bootstrap", "20",
      "--calibration", "none,temperature,isotonic",
    ]
  }

  @Test func `columns are added at the end and stay when the run is scored again`() throws {
    let folder = try TemporaryFolder()
    try run(cells(folder, "plain"))
    try run(cells(folder, "added") + ["--soft-labels", folder.file("q.npy").path])
    let (plain, added) = (
      try CSVTable(contentsOf: folder.file("plain/cells.csv")),
      try CSVTable(contentsOf: folder.file("added/cells.csv"))
    )
    #expect(added.header == plain.header + Self.columns)
    #expect(added.rows.map { $0.prefix(plain.header.count) } == plain.rows.map { $0[...] })
    let calibrations = try #require(added.column("calibration"))
    for column in Self.columns {
      let fields = try #require(added.column(column))
      for (field, calibration) in zip(fields, calibrations) {
        #expect(field.isEmpty == (calibration == "isotonic"), "\(column) under \(calibration)")
      }
    }
    let summary = try CSVTable(contentsOf: folder.file("added/summary.csv"))
    let metrics = try #require(summary.column("metric"))
    let (lows, values) = (
      try #require(summary.column("low")), try #require(summary.column("value"))
    )
    for column in Self.columns {
      let rows = metrics.indices.filter { metrics[$0] == column && !values[$0].isEmpty }
      #expect(!rows.isEmpty && rows.allSatisfy { !lows[$0].isEmpty }, "\(column)")
    }
    let (before, sums) = (
      try bytes(folder.file("added/cells.csv")), try bytes(folder.file("added/summary.csv"))
    )
    try FileManager.default.removeItem(at: folder.file("q.npy"))
    try run(["score", folder.file("added").path])
    #expect(try bytes(folder.file("added/cells.csv")) == before)
    #expect(try bytes(folder.file("added/summary.csv")) == sums)
    try run(["score", folder.file("added").path, "--only", "--calibration", "none"])
    let fewer = try CSVTable(contentsOf: folder.file("added/cells.csv"))
    #expect(fewer.header == plain.header)
    #expect(
      !FileManager.default.fileExists(atPath: folder.file("added/predictions/soft-labels.npy").path)
    )
  }

  @Test func `the run's other commands know them`() throws {
    let folder = try TemporaryFolder()
    try run(cells(folder, "a") + ["--soft-labels", folder.file("q.npy").path])
    let findings = String(decoding: try bytes(folder.file("a/findings.json")), as: UTF8.self)
    #expect(findings.contains("is on other classes than people's"), "\(findings)")
    let a = folder.file("a").path
    let verified = try run(["verify", a])
    for subject in ["predictions/soft-labels.npy", "cells.csv", "soft labels ("] {
      #expect(verified.output.contains("ok           \(subject)"), "\(verified.output)")
    }
    let table = try run(["table", a, "--metric", "kl_soft", "entropy_correlation"])
    #expect(table.output.contains(#"kl\_soft"#), "\(table.output)")
    let clean = try run(["table", a, "--metric", "entropy_correlation", "--over", "clean"])
    let fields = clean.output.split(separator: "\n").dropFirst(2).compactMap { line -> String? in
      line.split(separator: "|").last.map(String.init)
    }.filter { $0.contains(".") && !$0.contains("Bold") }
    func number(_ field: String) -> Double { Double(field.filter { !"* ".contains($0) }) ?? -2 }
    let best = fields.max { number($0) < number($1) }
    #expect(best?.contains("**") == true, "a larger correlation is better: \(clean.output)")
    try run(["report", a, "--quiet"])
    let page = String(decoding: try bytes(folder.file("a/report.html")), as: UTF8.self)
    #expect(page.contains("<section id=\"soft-labels\">"))
    #expect(page.contains("tables/soft-labels.csv"))
    #expect(!page.contains("tables/selection-and-parts.csv"))
    try NumPyArray.write(votes(60, seed: 2), shape: [60, 3], to: folder.file("other.npy"))
    let other = try run(["score", a, "--soft-labels", folder.file("other.npy").path])
    #expect(other.errors.contains("the soft labels of this folder were others"), "\(other.errors)")
    try run(cells(folder, "b"))
    let b = folder.file("b").path
    let plain = try run(["compare", a, b, "--bootstrap", "20"])
    #expect(!plain.output.contains("kl_soft"))
    let none = try run(["compare", a, b, "--soft-labels"], status: 1)
    #expect(none.errors.contains("\(b): expected soft labels, found none"), "\(none.errors)")
    try run(["score", b, "--soft-labels", folder.file("q.npy").path])
    let others = try run(["compare", a, b, "--soft-labels"], status: 1)
    #expect(others.errors.contains("SHA-256 of the soft labels"), "\(others.errors)")
    try run(["score", b, "--soft-labels", folder.file("other.npy").path])
    let compared = try run([
      "compare", a, b, "--soft-labels", "--bootstrap", "20", "--calibration", "temperature",
    ])
    #expect(compared.output.contains("kl_soft") && !compared.output.contains("entropy_correlation"))
  }

  @Test func `a file's form and the scale of its rows do not count`() throws {
    let folder = try TemporaryFolder()
    let score = try cells(folder, "votes")
    let counts = votes(60)
    try run(score + ["--soft-labels", folder.file("q.npy").path])
    let text = (0..<60).map { row in
      (0..<3).map { "\(4 * counts[3 * row + $0]).0" }.joined(separator: ",")
    }
    try AtomicFile.write(
      "a,b,c\n" + text.joined(separator: "\n") + "\n", to: folder.file("q.csv"))
    try run(cells(folder, "text") + ["--soft-labels", folder.file("q.csv").path])
    for name in ["cells.csv", "summary.csv"] {
      #expect(
        try bytes(folder.file("votes/\(name)")) == bytes(folder.file("text/\(name)")), "\(name)")
    }
  }

  @Test func `rows without a label need no votes`() throws {
    let folder = try TemporaryFolder()
    let all = RandomLogits(rowCount: 40, seed: 4)
    try all.write(folder.file("z.npy"), folder.file("y.npy"))
    var labels = all.labels
    var counts = votes(40)
    for row in [3, 30] {
      labels[row] = -1
      for index in 0..<3 { counts[3 * row + index] = 0 }
    }
    try NumPyArray.write(labels, shape: [40], to: folder.file("y.npy"))
    try NumPyArray.write(counts, shape: [40, 3], to: folder.file("q.npy"))
    let score = [
      "score", "--logits", folder.file("z.npy").path, "--labels", folder.file("y.npy").path,
      "--soft-labels", folder.file("q.npy").path, "--bootstrap", "20",
      "--output", folder.file("out").path,
    ]
    try run(score)
    let stored = try NumPyArray(contentsOf: folder.file("out/predictions/soft-labels.npy"))
    #expect(stored.shape == [38, 3])
    counts[3 * 35] = -2
    try NumPyArray.write(counts, shape: [40, 3], to: folder.file("q.npy"))
    let refused = try run(score, status: 1)
    #expect(refused.errors.contains("q.npy: row 35, class 0: expected votes"), "\(refused.errors)")
  }

  @Test func `files that do not fit are refused`() throws {
    let folder = try TemporaryFolder()
    let score = try cells(folder, "out")
    func refusal(_ values: [Int64], _ shape: [Int], _ command: [String]) throws -> String {
      try NumPyArray.write(values, shape: shape, to: folder.file("q.npy"))
      return try run(command + ["--soft-labels", folder.file("q.npy").path], status: 1).errors
    }
    for shape in [[59, 3], [60, 4], [180]] {
      let values = votes(shape.count == 1 ? 60 : shape[0], classCount: shape.last == 4 ? 4 : 3)
      let errors = try refusal(values, shape, score)
      #expect(
        errors.contains("expected soft labels of shape [60, 3], a row for each label")
          && errors.contains("found \(shape)"), "\(errors)")
    }
    var zeros = votes(60)
    for index in 21..<24 { zeros[index] = 0 }
    let errors = try refusal(zeros, [60, 3], score)
    #expect(errors.contains("q.npy: row 7: expected votes"), "\(errors)")
    try run(score)
    let again = try refusal(votes(50), [50, 3], ["score", folder.file("out").path])
    #expect(
      again.contains("a row for each image that the run has predictions of"), "\(again)")
  }

  @Test func `shards make the bytes of the whole, with votes for the whole test set`() throws {
    let workspace = try Workspace.trained()
    let url = URL(fileURLWithPath: workspace.path("q.npy"))
    try NumPyArray.write(votes(24, classCount: 10), shape: [24, 10], to: url)
    func evaluate(_ output: String, _ more: [String]) throws {
      try run(
        workspace.evaluate(
          save: "runs", "--checkpoint", "best", "--generate", "--corruption", "contrast",
          "--severity", "1", "--severity", "2", "--quiet", "--output", workspace.path(output))
          + ["--bootstrap", "20", "--limit", "16", "--soft-labels", url.path] + more)
    }
    try evaluate("whole", [])
    let stored = try NumPyArray(
      contentsOf: URL(fileURLWithPath: workspace.path("whole/predictions/soft-labels.npy")))
    let counts = votes(24, classCount: 10).map { Double($0) }
    let taken = (0..<16).map { $0 * 24 / 16 }
    #expect(try stored.values() == taken.flatMap { counts[$0 * 10..<($0 + 1) * 10] })
    for shard in 1...2 { try evaluate("\(shard)", ["--shard", "\(shard)/2"]) }
    try run(
      ["merge", workspace.path("1"), workspace.path("2"), "--output", workspace.path("merged")]
        + ["--quiet"])
    let (whole, merged) = (try workspace.files("whole"), try workspace.files("merged"))
    #expect(whole["predictions/soft-labels.npy"] != nil)
    for (name, bytes) in whole where name != "run.json" {
      #expect(merged[name] == bytes, "\(name)")
    }
    let before = try workspace.bytes("whole/cells.csv")
    #expect(String(decoding: before.prefix(1 << 10), as: UTF8.self).contains("entropy_correlation"))
    try run(["score", workspace.path("whole")])
    #expect(try workspace.bytes("whole/cells.csv") == before)
    try NumPyArray.write(votes(24, classCount: 10, seed: 3), shape: [24, 10], to: url)
    try evaluate("2", ["--shard", "2/2"])
    let mixed = try run(
      ["merge", workspace.path("1"), workspace.path("2"), "--output", workspace.path("mixed")],
      status: 1)
    #expect(mixed.errors.contains("soft labels, SHA-256"), "\(mixed.errors)")
  }
}
