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
    _ place: Place, _ output: String, shard: String? = nil, _ more: [String] = []
  ) throws -> MixmoProcess {
    let arguments = place.evaluate(
      save: "runs", "--checkpoint", "best", "--generate", "--corruption", "contrast",
      "--corruption", "brightness", "--severity", "1", "--severity", "2", "--bootstrap", "20",
      "--quiet", "--output", place.path(output))
    return try MixmoProcess(arguments + more + (shard.map { ["--shard", $0] } ?? []))
  }

  private func merge(_ place: Place, _ shards: [String], _ output: String) throws -> MixmoProcess {
    try MixmoProcess(
      ["merge"] + shards.map(place.path) + ["--output", place.path(output), "--quiet"])
  }

  /// Every file but the record, which says how long the work took.
  private func results(_ place: Place, _ folder: String) throws -> [String: [UInt8]] {
    try place.files(folder).filter { $0.key != "run.json" }
  }

  @Test func `the shards of an evaluation make the bytes of the whole`() throws {
    let place = try Place.trained()
    let calibrations = ["--calibration", "none,temperature,vector"]
    let whole = try evaluate(place, "whole", calibrations)
    try #require(whole.status == 0, "\(whole.errors)")
    let expected = try results(place, "whole")
    // Four tables, the labels and the lock.
    #expect(expected.count == 4 + 1 + 1 + Self.cells.count)
    // Seven are more than there are cells.
    for count in [1, 2, 3, 7] {
      let shards = (1...count).map { "\(count)-\($0)" }
      for (index, shard) in shards.enumerated() {
        let part = try evaluate(place, shard, shard: "\(index + 1)/\(count)", calibrations)
        #expect(part.status == 0 && part.output.isEmpty, "\(part.errors)")
      }
      let merged = try merge(place, shards.reversed(), "merged-\(count)")
      #expect(merged.status == 0, "\(merged.errors)")
      #expect(merged.output == whole.output)
      #expect(try results(place, "merged-\(count)") == expected, "\(count) shards")
    }
  }

  @Test func `a shard that was stopped goes on at its cell`() throws {
    let place = try Place.trained()
    for shard in 1...2 {
      #expect(try evaluate(place, "\(shard)", shard: "\(shard)/2").status == 0)
    }
    let before = try place.files("1/predictions")
    try FileManager.default.removeItem(at: place.folder.file("1/predictions/contrast-2.npy"))
    let refused = try merge(place, ["1", "2"], "merged")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("1: shard 1/2 lacks contrast-2; start its command again"))
    #expect(!FileManager.default.fileExists(atPath: place.path("merged")))
    #expect(try evaluate(place, "1", shard: "1/2").status == 0)
    #expect(try place.files("1/predictions") == before)
    #expect(try merge(place, ["1", "2"], "merged").status == 0)
  }

  @Test func `shards that are missing, doubled or of something else are named`() throws {
    let place = try Place.trained()
    for shard in 1...2 {
      #expect(try evaluate(place, "\(shard)", shard: "\(shard)/2").status == 0)
    }
    #expect(try evaluate(place, "third", shard: "2/3").status == 0)
    #expect(try evaluate(place, "calibrated", shard: "2/2", ["--temperature-scaling"]).status == 0)
    #expect(try evaluate(place, "whole").status == 0)
    func problem(_ shards: String...) throws -> String {
      let process = try merge(place, shards, "merged")
      #expect(process.status == 1)
      return process.errors.replacing(place.folder.url.path, with: "")
    }
    #expect(try problem("1").contains("expected each of 2 shards once; missing: 2/2"))
    #expect(try problem("1", "2", "2").contains("; 2/2 is in /2 and /2"))
    #expect(
      try problem("1", "third").contains(
        "/third: the folder belongs to another evaluation: shards: expected 2, found 3"))
    #expect(
      try problem("1", "calibrated").contains(
        "scoring: expected none, clean-halves, 20 draws, found none,temperature,"))
    #expect(try problem("1", "whole").contains("/whole: expected a shard of an evaluation"))

    for field in ["checkpoint", "data", "version", "seed", "configuration"] {
      let record = try String(contentsOf: place.folder.file("2/run.json"), encoding: .utf8)
      let other = record.replacing(
        try Regex("\"\(field)\" : (\"[^\"]*\"|[0-9]+)"),
        with: "\"\(field)\" : \(field == "seed" ? "7" : "\"other\"")")
      #expect(other != record)
      try FileManager.default.createDirectory(
        at: place.folder.file(field), withIntermediateDirectories: true)
      try other.write(to: place.folder.file("\(field)/run.json"), atomically: true, encoding: .utf8)
      #expect(try problem("1", field).contains("another evaluation: \(field): expected "))
    }
  }

  @Test(arguments: ["0/2", "3/2", "1", "1/0", "a/2", "1/2/3"])
  func `a part that there cannot be is misuse`(shard: String) throws {
    let place = try Place(epochs: 1)
    let process = try evaluate(place, "1", shard: shard)
    #expect(process.status == 64 && process.errors.contains("expected i/n"), "\(process.errors)")
  }

  @Test func `a folder belongs to one shard`() throws {
    let place = try Place.trained()
    #expect(try evaluate(place, "1", shard: "1/2").status == 0)
    for shard in ["2/2", nil] {
      let process = try evaluate(place, "1", shard: shard)
      #expect(
        process.status == 1
          && process.errors.contains("shard: expected \(shard ?? "all"), found 1/2"))
    }
  }
}
