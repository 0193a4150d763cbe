import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo verify` on folders that are as they were written, and on folders that somebody changed.
struct VerifyCommandTests {
  private static let run = "runs/small"

  /// A trained and evaluated run with a page.
  private func evaluated() throws -> Workspace {
    let workspace = try Workspace.trained()
    let evaluation = try MixmoProcess(
      workspace.evaluate(
        save: "runs", "--checkpoint", "best", "--generate", "--corruption", "contrast",
        "--severity", "2", "--calibration", "none,temperature,vector,isotonic,oracle",
        "--bootstrap", "20", "--quiet"))
    try #require(evaluation.status == 0, "\(evaluation.errors)")
    let page = try MixmoProcess(["report", workspace.path(Self.run), "--quiet"])
    try #require(page.status == 0, "\(page.errors)")
    return workspace
  }

  private func verify(
    _ workspace: Workspace, _ run: String = run, _ more: String...
  ) throws -> (status: Int32, lines: [String]) {
    let process = try MixmoProcess(["verify", workspace.path(run), "--quiet"] + more)
    let lines = process.output.split(separator: "\n").map(String.init)
    return (process.status, lines + (process.errors.isEmpty ? [] : [process.errors]))
  }

  /// The lines of a status, without it.
  private func lines(_ status: String, of lines: [String]) -> [String] {
    lines.filter { $0.hasPrefix("\(status) ") }
      .map { $0.dropFirst(11).trimmingCharacters(in: .whitespaces) }
  }

  @Test func `a folder that nobody changed is ok in every line`() throws {
    let workspace = try evaluated()
    let (status, lines) = try verify(workspace)
    #expect(status == 0)
    let found = self.lines("ok", of: lines)
    #expect(lines.count == found.count + 1, "\(lines)")
    for name in [
      "run.json", "predictions/labels.npy", "predictions/clean-0.npy",
      "predictions/contrast-2.npy", "cells.csv", "diversity.csv", "reliability.csv", "summary.csv",
      "calibrations.json", "report.html", "tables/headline.csv",
    ] {
      #expect(found.contains(name), "\(name)")
    }
    #expect(found.contains { $0.hasPrefix("checkpoint (") })
    #expect(found.contains { $0.hasPrefix("images of digits (") })
    #expect(
      lines.last == "\(workspace.path(Self.run)): \(found.count) ok, 0 differs, 0 not at hand")
  }

  /// A change of a file, and the beginning of the line about it.
  struct Change: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let line: String
    let make: @Sendable (URL) throws -> Void

    init(_ file: String, _ line: String, _ make: @escaping @Sendable (URL) throws -> Void) {
      testDescription = "\(file): \(line)"
      self.line = "\(file)\(line)"
      self.make = { try make($0.appending(path: file)) }
    }
  }

  private static func flip(_ url: URL) throws {
    var bytes = try FileContents.read(url, limit: 1 << 24)
    bytes[bytes.count - 2] ^= 1
    try AtomicFile.write(bytes, to: url)
  }

  /// Changes the number of a column in the second row.
  private static func change(_ column: String) -> @Sendable (URL) throws -> Void {
    { url in
      let table = try CSVTable(contentsOf: url)
      let index = try #require(table.header.firstIndex(of: column))
      var changed = CSVTable(header: table.header)
      for (number, row) in table.rows.enumerated() {
        var row = row
        if number == 1 { row[index] = "0.123456789" }
        changed.append(row)
      }
      try AtomicFile.write(changed.text, to: url)
    }
  }

  private static func dropRow(_ url: URL) throws {
    let table = try CSVTable(contentsOf: url)
    var changed = CSVTable(header: table.header)
    for row in table.rows.dropLast() { changed.append(row) }
    try AtomicFile.write(changed.text, to: url)
  }

  /// Replaces the first `text` in a file by `other`.
  private static func edit(_ text: String, _ other: String) -> @Sendable (URL) throws -> Void {
    { url in
      let whole = try String(contentsOf: url, encoding: .utf8)
      let range = try #require(whole.range(of: text), "no \(text)")
      try AtomicFile.write(whole.replacingCharacters(in: range, with: other), to: url)
    }
  }

  static let changes = [
    Change("predictions/clean-0.npy", ": expected SHA-256 ", flip),
    Change("predictions/contrast-2.npy", ": expected SHA-256 ", flip),
    Change("predictions/labels.npy", ": expected SHA-256 ", flip),
    Change("predictions/fog-1.npy", ": expected no such file") {
      try AtomicFile.write("x", to: $0)
    },
    Change("predictions/clean-0.float64.npy", ": expected no such file") {
      try AtomicFile.write("x", to: $0)
    },
    Change("cells.csv", ": expected \"", change("accuracy")),
    Change("cells.csv", ": expected \"", change("ece")),
    Change("cells.csv", ": expected \"", change("temperature")),
    Change("cells.csv", ": expected 50, found 49; number of rows", dropRow),
    Change("cells.csv", ": expected the same ends of lines", edit("\r\n", "\n")),
    Change("cells.csv", ": expected a table of scores", edit("accuracy", "precision")),
    Change("cells.csv", ": expected a table of scores") {
      try AtomicFile.write([0xFF, 0, 1], to: $0)
    },
    Change("diversity.csv", ": expected \"", change("disagreement")),
    Change("reliability.csv", ": expected \"", change("confidence")),
    Change("summary.csv", ": expected \"", change("value")),
    Change("summary.csv", ": expected \"", change("high")),
    Change("calibrations.json", ": expected \"", edit("\"temperature\":", "\"temperature\":1")),
    Change("report.html", ": expected \"", edit("<h1>", "<h1>The best ")),
    Change("report.html", ": expected \"", edit("\">0.", "\">9.")),
    Change("tables/headline.csv", ": expected \"", change("value")),
    Change("tables/headline.md", ": expected \"", flip),
    Change("tables/headline.tex", ": expected \"", flip),
    Change("tables/headline.tex", ": expected the file") {
      try FileManager.default.removeItem(at: $0)
    },
    Change("figures/reliability.csv", ": expected \"", change("accuracy")),
  ]

  @Test func `every change is named`() throws {
    let workspace = try evaluated()
    let copy = workspace.folder.file("copy")
    for change in Self.changes {
      try? FileManager.default.removeItem(at: copy)
      try FileManager.default.copyItem(at: workspace.folder.file(Self.run), to: copy)
      try change.make(copy)
      let (status, lines) = try verify(workspace, "copy")
      #expect(status == 1, "\(change.testDescription)")
      #expect(
        self.lines("differs", of: lines).contains { $0.hasPrefix(change.line) },
        "\(change.testDescription): \(lines)")
    }
  }

  @Test func `what differs is said with its place`() throws {
    let workspace = try evaluated()
    let cells = workspace.folder.file("\(Self.run)/cells.csv")
    let before = try #require(try CSVTable(contentsOf: cells).column("accuracy"))[1]
    try Self.change("accuracy")(cells)
    let found = try self.lines("differs", of: verify(workspace).lines)
    #expect(
      found.first
        == "cells.csv: expected \"\(before)\", found \"0.123456789\"; row 2, column accuracy",
      "\(found)")
  }

  @Test func `a page is shown around the place where it differs`() throws {
    let workspace = try evaluated()
    try Self.edit("<h1>small", "<h1>smaller")(workspace.folder.file("\(Self.run)/report.html"))
    let page = try self.lines("differs", of: verify(workspace).lines).joined()
    #expect(
      page.contains("expected \"<h1>small</h1>\", found \"<h1>smaller</h1>\"; line "), "\(page)")
  }

  @Test func `checkpoint and images are looked for, and named where they are others`() throws {
    let workspace = try evaluated()
    let checkpoint = "\(Self.run)/checkpoint_epoch_001.ckpt"
    // Where the record's file is gone, a copy can be given.
    try FileManager.default.moveItem(
      at: workspace.folder.file(checkpoint), to: workspace.folder.file("moved.ckpt"))
    try FileManager.default.moveItem(
      at: workspace.folder.file("data"), to: workspace.folder.file("moved"))
    var (status, lines) = try verify(workspace)
    #expect(status == 0)
    let missing = self.lines("not at hand", of: lines)
    #expect(missing.count == 2 && missing[0].hasSuffix("give --checkpoint FILE"), "\(lines)")
    #expect(missing[1].hasSuffix("give --data DIR"))
    (status, lines) = try verify(
      workspace, Self.run, "--checkpoint", workspace.path("moved.ckpt"), "--data",
      workspace.path("moved"))
    #expect(status == 0 && self.lines("not at hand", of: lines).isEmpty, "\(lines)")
    try Self.flip(workspace.folder.file("moved.ckpt"))
    try Self.flip(
      workspace.folder.file("moved/digits-data/cifar-10-batches-bin/test_batch.bin"))
    (status, lines) = try verify(
      workspace, Self.run, "--checkpoint", workspace.path("moved.ckpt"), "--data",
      workspace.path("moved"))
    #expect(status == 1)
    let others = self.lines("differs", of: lines)
    #expect(others.count == 2 && others[0].hasPrefix("checkpoint ("), "\(lines)")
    #expect(others[1].hasPrefix("images of digits ("), "\(lines)")
  }

  @Test func `predictions that are gone leave the rest checked`() throws {
    let workspace = try evaluated()
    try FileManager.default.removeItem(
      at: workspace.folder.file("\(Self.run)/predictions/contrast-2.npy"))
    let (status, lines) = try verify(workspace)
    #expect(status == 0)
    let missing = self.lines("not at hand", of: lines)
    #expect(missing.contains("predictions/contrast-2.npy: the file is not there"), "\(lines)")
    #expect(missing.contains("cells.csv: no predictions of contrast-2"), "\(lines)")
    #expect(self.lines("ok", of: lines).contains("predictions/clean-0.npy"))
  }

  @Test func `a folder of an earlier version is checked without proof of its predictions`() throws {
    let workspace = try evaluated()
    try workspace.forgetDigests(Self.run)
    let (status, lines) = try verify(workspace)
    #expect(status == 0, "\(lines)")
    let missing = self.lines("not at hand", of: lines)
    #expect(missing.contains { $0.hasPrefix("predictions/clean-0.npy: an older version") })
    #expect(missing.contains("report.html: an older version made this folder"))
    #expect(self.lines("ok", of: lines).contains { $0.hasPrefix("cells.csv") }, "\(lines)")
    try Self.change("accuracy")(workspace.folder.file("\(Self.run)/cells.csv"))
    #expect(try verify(workspace).status == 1)
  }

  @Test func `scored predictions are checked against the files that were scored`() throws {
    let workspace = try Workspace(epochs: 1)
    let (logits, labels) = (workspace.folder.file("z.npy"), workspace.folder.file("y.npy"))
    try RandomLogits(rowCount: 60, memberCount: 2, seed: 3).write(logits, labels)
    let (others, classes) = (workspace.folder.file("v.npy"), workspace.folder.file("v-y.npy"))
    try RandomLogits(rowCount: 40, memberCount: 2, seed: 4).write(others, classes)
    for (name, options) in [
      ("halves", ["--fitting", "mixmo-halves"]), ("cv", ["--fitting", "cv", "--bins", "7"]),
      (
        "validation",
        ["--validation-logits", others.path, "--validation-labels", classes.path]
      ),
    ] {
      let score = try MixmoProcess(
        [
          "score", "--logits", logits.path, "--labels", labels.path, "--calibration", "all",
          "--bootstrap", "10", "--quiet", "--output", workspace.path(name),
        ] + options)
      try #require(score.status == 0, "\(score.errors)")
      let (status, lines) = try verify(workspace, name)
      #expect(status == 0 && self.lines("differs", of: lines).isEmpty, "\(lines)")
      #expect(
        self.lines("not at hand", of: lines) == ["report.html: no page was made in this folder"])
    }
    try Self.flip(logits)
    let (status, lines) = try verify(workspace, "halves")
    #expect(status == 1)
    #expect(
      self.lines("differs", of: lines).first?.hasPrefix("scored predictions (") == true, "\(lines)")
    try FileManager.default.removeItem(at: labels)
    #expect(try self.lines("not at hand", of: verify(workspace, "halves").lines).count == 2)
  }

  @Test func `a shard is checked without tables, and what is no run is said to be none`() throws {
    let workspace = try Workspace.trained()
    let shard = try MixmoProcess(
      workspace.evaluate(
        save: "runs", "--checkpoint", "best", "--output", workspace.path("shard"), "--shard",
        "1/2", "--quiet"))
    try #require(shard.status == 0, "\(shard.errors)")
    let (status, lines) = try verify(workspace, "shard")
    #expect(status == 0)
    #expect(
      self.lines("not at hand", of: lines).contains(
        "cells.csv: the folder holds shard 1/2, which mixmo merge scores"), "\(lines)")
    let none = try MixmoProcess(["verify", workspace.path("data"), "--quiet"])
    #expect(none.status == 1 && none.errors.contains("found no run.json"), "\(none.errors)")
    let two = try MixmoProcess(["verify", "a", "b", "--checkpoint", "c"])
    #expect(two.status == 64)
  }

  @Test func `programs get the same as JSON`() throws {
    let workspace = try evaluated()
    try Self.change("ece")(workspace.folder.file("\(Self.run)/cells.csv"))
    let process = try MixmoProcess(["verify", workspace.path(Self.run), "--json", "--quiet"])
    #expect(process.status == 1)
    let object = try JSONSerialization.jsonObject(with: Data(process.output.utf8))
    let runs = try #require(object as? [[String: Any]])
    #expect(runs.map { $0["run"] as? String } == [workspace.path(Self.run)])
    let checks = try #require(runs[0]["checks"] as? [[String: String]])
    let cells = try #require(checks.first { $0["subject"] == "cells.csv" })
    #expect(cells["status"] == "differs" && cells["found"] == "\"0.123456789\"")
    #expect(cells["expected"]?.isEmpty == false && cells["note"] == "row 2, column ece")
    #expect(checks.first?["status"] == "ok" && checks.first?["subject"] == "run.json")
  }
}
