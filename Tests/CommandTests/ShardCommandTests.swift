import Foundation
import TestSupport
import Testing

/// `mixmo evaluate --shard` and `mixmo merge` as jobs of an array use them.
struct ShardCommandTests {
  /// The clean cell and four corrupted ones.
  private static let cells = [
    "clean-0", "contrast-1", "contrast-2", "brightness-1", "brightness-2",
  ]

  private func evaluate(
    _ workspace: Workspace, _ output: String, shard: String? = nil, _ more: [String] = []
  ) throws -> MixmoProcess {
    let arguments = workspace.evaluate(
      save: "runs", "--checkpoint", "best", "--generate", "--corruption", "contrast",
      "--corruption", "brightness", "--severity", "1", "--severity", "2", "--bootstrap", "20",
      "--quiet", "--output", workspace.path(output))
    return try MixmoProcess(arguments + more + (shard.map { ["--shard", $0] } ?? []))
  }

  private func merge(_ workspace: Workspace, _ shards: [String], _ output: String) throws
    -> MixmoProcess
  {
    try MixmoProcess(
      ["merge"] + shards.map(workspace.path) + ["--output", workspace.path(output), "--quiet"])
  }

  /// Every file but the record, which says how long the work took.
  private func results(_ workspace: Workspace, _ folder: String) throws -> [String: [UInt8]] {
    try workspace.files(folder).filter { $0.key != "run.json" }
  }

  @Test func `the shards of an evaluation make the bytes of the whole`() throws {
    let workspace = try Workspace.trained()
    let calibrations = ["--calibration", "none,temperature,vector"]
    let whole = try evaluate(workspace, "whole", calibrations)
    try #require(whole.status == 0, "\(whole.errors)")
    let expected = try results(workspace, "whole")
    // Four tables, the fits, the findings, the labels and the lock.
    #expect(expected.count == 4 + 1 + 1 + 1 + 1 + Self.cells.count)
    // Seven are more than there are cells.
    for count in [1, 2, 3, 7] {
      let shards = (1...count).map { "\(count)-\($0)" }
      for (index, shard) in shards.enumerated() {
        let part = try evaluate(workspace, shard, shard: "\(index + 1)/\(count)", calibrations)
        #expect(part.status == 0 && part.output.isEmpty, "\(part.errors)")
      }
      let merged = try merge(workspace, shards.reversed(), "merged-\(count)")
      #expect(merged.status == 0, "\(merged.errors)")
      #expect(merged.output == whole.output)
      #expect(try results(workspace, "merged-\(count)") == expected, "\(count) shards")
    }
  }

  @Test func `a shard that was stopped goes on at its cell`() throws {
    let workspace = try Workspace.trained()
    for shard in 1...2 {
      #expect(try evaluate(workspace, "\(shard)", shard: "\(shard)/2").status == 0)
    }
    let before = try workspace.files("1/predictions")
    try FileManager.default.removeItem(at: workspace.folder.file("1/predictions/contrast-2.npy"))
    let refused = try merge(workspace, ["1", "2"], "merged")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("1: shard 1/2 lacks contrast-2; run its command again"))
    #expect(!FileManager.default.fileExists(atPath: workspace.path("merged")))
    #expect(try evaluate(workspace, "1", shard: "1/2").status == 0)
    #expect(try workspace.files("1/predictions") == before)
    #expect(try merge(workspace, ["1", "2"], "merged").status == 0)
  }

  @Test func `shards that are missing, doubled or of something else are named`() throws {
    let workspace = try Workspace.trained()
    for shard in 1...2 {
      #expect(try evaluate(workspace, "\(shard)", shard: "\(shard)/2").status == 0)
    }
    #expect(try evaluate(workspace, "third", shard: "2/3").status == 0)
    #expect(
      try evaluate(workspace, "calibrated", shard: "2/2", ["--temperature-scaling"]).status == 0)
    #expect(try evaluate(workspace, "whole").status == 0)
    func problem(_ shards: String...) throws -> String {
      let process = try merge(workspace, shards, "merged")
      #expect(process.status == 1)
      return process.errors.replacing(workspace.folder.url.path, with: "")
    }
    #expect(try problem("1").contains("expected each of 2 shards once; missing: 2/2"))
    #expect(try problem("1", "2", "2").contains("; 2/2 is in /2 and /2"))
    #expect(
      try problem("1", "third").contains(
        "/third: the folder belongs to another evaluation: shards: expected 2, found 3"))
    #expect(
      try problem("1", "calibrated").contains(
        "scoring: expected none, clean-halves, all rows, 20 draws, 15 bins, norm l1, found "
          + "none,temperature,"))
    #expect(try problem("1", "whole").contains("/whole: expected a shard of an evaluation"))

    for field in ["checkpoint", "data", "version", "seed", "configuration"] {
      let record = try String(contentsOf: workspace.folder.file("2/run.json"), encoding: .utf8)
      let other = record.replacing(
        try Regex(
          "\"\(field)\" : " + (field == "configuration" ? "\\[[^\\]]*\\]" : "(\"[^\"]*\"|[0-9]+)")),
        with: "\"\(field)\" : \(field == "seed" ? "7" : "\"other\"")")
      #expect(other != record)
      try FileManager.default.createDirectory(
        at: workspace.folder.file(field), withIntermediateDirectories: true)
      try other.write(
        to: workspace.folder.file("\(field)/run.json"), atomically: true, encoding: .utf8)
      #expect(try problem("1", field).contains("another evaluation: \(field): expected "))
    }
  }

  @Test(arguments: ["0/2", "3/2", "1", "1/0", "a/2", "1/2/3"])
  func `a part that there cannot be is misuse`(shard: String) throws {
    let workspace = try Workspace(epochs: 1)
    let process = try evaluate(workspace, "1", shard: shard)
    #expect(process.status == 64 && process.errors.contains("expected i/n"), "\(process.errors)")
  }

  @Test func `a folder belongs to one shard`() throws {
    let workspace = try Workspace.trained()
    #expect(try evaluate(workspace, "1", shard: "1/2").status == 0)
    for shard in ["2/2", nil] {
      let process = try evaluate(workspace, "1", shard: shard)
      #expect(
        process.status == 1
          && process.errors.contains("shard: expected \(shard ?? "all"), found 1/2"))
    }
  }
}
