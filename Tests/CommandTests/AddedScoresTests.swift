import Formats
import Foundation
import TestSupport
import Testing

/// Commands add calibrations and cells to what a folder has.
struct AddedScoresTests {
  private static let tables = ["cells", "diversity", "reliability", "summary"]

  /// Runs a command that must succeed; what it said.
  @discardableResult
  private func run(_ arguments: [String]) throws -> String {
    let process = try MixmoProcess(arguments)
    try #require(process.status == 0, "\(arguments): \(process.errors)")
    return process.errors
  }

  private func tables(_ folder: URL) throws -> [[UInt8]] {
    try Self.tables.map {
      try FileContents.read(folder.appending(path: "\($0).csv"), limit: 1 << 24)
    }
  }

  private func expectSameTables(
    _ first: URL, _ second: URL, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for (name, pair) in zip(Self.tables, try zip(tables(first), tables(second))) {
      #expect(pair.0 == pair.1, "\(name)", sourceLocation: sourceLocation)
    }
  }

  private func calibrations(_ folder: URL) throws -> Set<String> {
    let cells = try CSVTable(contentsOf: folder.appending(path: "cells.csv"))
    return Set(cells.column("calibration") ?? [])
  }

  private func scoring(_ folder: URL) throws -> [String: Any] {
    let bytes = try FileContents.read(folder.appending(path: "run.json"), limit: 1 << 20)
    let record = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
    return try #require(record?["scoring"] as? [String: Any])
  }

  /// Writes 60 rows of two members; the command that scores them, named `x`.
  private func scoring(_ folder: borrowing TemporaryFolder) throws -> [String] {
    let (logits, labels) = (folder.file("logits.npy"), folder.file("labels.npy"))
    try RandomLogits(rowCount: 60, memberCount: 2, seed: 8).write(logits, labels)
    return [
      "score", "--logits", logits.path, "--labels", labels.path, "--name", "x", "--quiet",
    ]
  }

  @Test func `calibrations are added with the settings that the folder has`() throws {
    let folder = try TemporaryFolder()
    let score = try scoring(folder)
    let settings = [
      "--bins", "9", "--norm", "l2", "--bootstrap", "30", "--fitting", "mixmo-halves",
    ]
    let (steps, whole) = (folder.file("steps"), folder.file("whole"))
    try run(score + settings + ["--calibration", "none,temperature", "--output", steps.path])
    // By the same files again, by the folder alone, and by the folder without a calibration.
    try run(score + ["--calibration", "vector", "--output", steps.path])
    try run(["score", steps.path, "--calibration", "oracle", "--quiet"])
    try run(["score", steps.path, "--quiet"])
    try run(
      score + settings + ["--calibration", "none,temperature,vector,oracle"]
        + ["--output", whole.path])
    try expectSameTables(steps, whole)
    #expect(try NSDictionary(dictionary: scoring(steps)).isEqual(to: scoring(whole)))

    // What is asked for is computed anew, for all.
    try run(["score", steps.path, "--fitting", "clean-halves", "--bins", "15", "--quiet"])
    let others = settings.map { ["9": "15", "mixmo-halves": "clean-halves"][$0] ?? $0 }
    try run(
      score + others + ["--calibration", "none,temperature,vector,oracle"]
        + ["--output", whole.path])
    try expectSameTables(steps, whole)
  }

  @Test func `--only takes away what is not asked for`() throws {
    let folder = try TemporaryFolder()
    let score = try scoring(folder) + ["--bootstrap", "30"]
    let (steps, whole) = (folder.file("steps"), folder.file("whole"))
    try run(score + ["--calibration", "all", "--output", steps.path])
    try run(["score", steps.path, "--calibration", "temperature", "--only", "--quiet"])
    #expect(try calibrations(steps) == ["temperature"])
    try run(score + ["--calibration", "temperature", "--output", whole.path])
    try expectSameTables(steps, whole)
  }

  @Test func `a validation set stays in the folder`() throws {
    let folder = try TemporaryFolder()
    let score = try scoring(folder) + ["--bootstrap", "0"]
    let validation = [folder.file("v.npy"), folder.file("vy.npy")]
    try RandomLogits(rowCount: 50, memberCount: 2, seed: 9).write(validation[0], validation[1])
    let fitted =
      score + [
        "--validation-logits", validation[0].path, "--validation-labels", validation[1].path,
      ]
    let (steps, whole) = (folder.file("steps"), folder.file("whole"))
    try run(fitted + ["--calibration", "none,temperature", "--output", steps.path])
    for url in validation {
      try FileManager.default.moveItem(at: url, to: url.appendingPathExtension("moved"))
    }
    try run(["score", steps.path, "--calibration", "vector", "--quiet"])
    for url in validation {
      try FileManager.default.moveItem(at: url.appendingPathExtension("moved"), to: url)
    }
    try run(fitted + ["--calibration", "none,temperature,vector", "--output", whole.path])
    try expectSameTables(steps, whole)

    try FileManager.default.removeItem(at: steps.appending(path: "predictions/validation"))
    let before = try tables(steps)
    let refused = try MixmoProcess(["score", steps.path, "--calibration", "oracle"])
    #expect(
      refused.status == 1
        && refused.errors.contains("its calibrations were fitted on a validation set"))
    #expect(try tables(steps) == before)
    try run(["score", steps.path, "--fitting", "clean-halves", "--quiet"])
  }

  @Test func `cells are added in the order of the suite, and halves that were chosen stay`() throws
  {
    let workspace = try Workspace.trained(testCount: 20)
    let first = Array(stride(from: 0, to: 20, by: 2).map(Int64.init))
    for (name, rows) in [("val_idx", first), ("test_idx", first.map { $0 + 1 })] {
      try NumPyArray.write(rows, shape: [10], to: workspace.folder.file("data/\(name).npy"))
    }
    func evaluate(_ output: String, _ more: String...) throws -> String {
      try run(
        workspace.evaluate(save: "runs", "--checkpoint", "best", "--output", workspace.path(output))
          + ["--severity", "1", "--severity", "2", "--generate", "--bootstrap", "20"] + more)
    }
    let (steps, whole) = (workspace.folder.file("steps"), workspace.folder.file("whole"))
    _ = try evaluate("steps", "--corruption", "contrast", "--calibration", "none,temperature")
    _ = try evaluate("steps", "--corruption", "brightness")
    try run(["score", steps.path, "--calibration", "vector", "--quiet"])
    _ = try evaluate(
      "whole", "--corruption", "brightness", "--corruption", "contrast", "--calibration",
      "none,temperature,vector")
    try expectSameTables(steps, whole)

    // A cell of the tables whose predictions are gone.
    try FileManager.default.removeItem(at: steps.appending(path: "predictions/contrast-2.npy"))
    let clean = workspace.evaluate(
      save: "runs", "--checkpoint", "best", "--output", steps.path, "--calibration", "oracle")
    let refused = try MixmoProcess(clean)
    #expect(refused.status == 1 && refused.errors.contains("its tables have contrast-2"))
    #expect(refused.errors.contains("--only"))
    try run(clean + ["--only"])
    #expect(try calibrations(steps) == ["oracle"])
    let cells = try CSVTable(contentsOf: steps.appending(path: "cells.csv"))
    #expect(Set(cells.column("corruption") ?? []) == ["clean"])
  }

  @Test func `a training that has finished and its evaluation stay as they are`() throws {
    let workspace = try Workspace.trained()
    try run(
      workspace.evaluate(save: "runs", "--checkpoint", "best", "--generate", "--quiet")
        + ["--corruption", "contrast", "--severity", "1", "--calibration", "none,temperature"])
    let before = try workspace.files("runs/small")
    let said = try run(workspace.train(save: "runs"))
    #expect(said.contains("has the tables of this epoch, which stay"))
    let after = try workspace.files("runs/small")
    #expect(before.keys.sorted() == after.keys.sorted())
    for (name, bytes) in before where name != EventFile.name {
      #expect(after[name] == bytes, "\(name)")
    }
  }

  @Test func `a page that is older than the tables is named`() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("scores")
    try run(try scoring(folder) + ["--bootstrap", "0", "--output", output.path])
    let page = output.appending(path: "report.html")
    try AtomicFile.write("a page", to: page)
    for (seconds, isOlder) in [(3600.0, false), (-60, true)] {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: seconds)], ofItemAtPath: page.path)
      let said = try MixmoProcess(["score", output.path]).errors
      let message = "report.html: older than the tables or run.json; run mixmo report"
      #expect(said.contains(message) == isOlder, "\(said)")
    }
  }

  @Test(arguments: [
    (["--logits", "a.npy"], 64, "--logits is not for the folder of a run"),
    (["--output", "other"], 64, "--output is not for the folder of a run"),
    (["--drop-column", "id"], 64, "--drop-column is not for the folder of a run"),
    (["--seed", "4"], 64, "the run has seed 0"),
    (["--quiet"], 0, ""),
  ])
  func `what the folder says is not said again`(
    options: [String], status: Int32, message: String
  ) throws {
    let folder = try TemporaryFolder()
    let output = folder.file("scores").path
    try run(try scoring(folder) + ["--bootstrap", "0", "--output", output])
    let process = try MixmoProcess(["score", output] + options)
    #expect(process.status == status, "\(process.errors)")
    #expect(message.isEmpty || process.errors.contains(message), "\(process.errors)")
  }

  @Test func `a seed that is not the run's is refused, 0 too`() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("scores").path
    try run(try scoring(folder) + ["--bootstrap", "0", "--seed", "3", "--output", output])
    for (options, status) in [([], 0), (["--seed", "3"], 0), (["--seed", "0"], 64)]
      as [([String], Int32)]
    {
      let process = try MixmoProcess(["score", output] + options)
      #expect(process.status == status, "\(options): \(process.errors)")
    }
  }

  @Test func `what is no finished run is refused by name`() throws {
    let folder = try TemporaryFolder()
    let process = try MixmoProcess(["score", folder.url.path])
    #expect(process.status == 1 && process.errors.contains("found no run.json"))
    #expect(
      try MixmoProcess(["score"]).errors.contains("Give --logits and --labels, or the folder"))
  }
}
