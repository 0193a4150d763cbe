import Formats
import Foundation
import Runs
import Scoring
import TestSupport
import Testing

struct RunRecordTests {
  static func record(
    checkpoint: String = "aa", suite: String? = nil, cells: [String: String] = [:],
    configuration: String = "num_members: 2\n"
  ) -> RunRecord {
    RunRecord(
      origin: .init(
        run: "r", dataset: "digits", images: 360, checkpoint: checkpoint, data: "bb",
        suite: suite, seed: 1, version: "0.1.0"), cells: cells,
      configuration: configuration, threads: 2)
  }

  @Test func `claiming twice for the same is allowed, and the record reads back`() throws {
    let folder = try TemporaryFolder()
    let place = RunFolder(folder.file("a/b"))
    var record = Self.record()
    try record.claim(place).release()
    try record.claim(place).release()
    var claimed = Self.record()
    claimed.predictions = [:]
    #expect(try RunRecord.find(in: place) == claimed)
  }

  @Test func `a configuration that another version wrote otherwise is no difference`() throws {
    let folder = try TemporaryFolder()
    var old = Self.record(configuration: "a: 1\n")
    try old.claim(RunFolder(folder.url)).release()
    var new = Self.record(configuration: "a: 1\nb: 0\n")
    #expect(throws: RunsError.self) { try new.claim(RunFolder(folder.url)) }
    try new.claim(RunFolder(folder.url)) { $0 + "b: 0\n" }.release()
    #expect(try RunRecord.find(in: RunFolder(folder.url))?.configuration == new.configuration)
  }

  @Test func `a folder of another evaluation is refused, saying what differs`() throws {
    let folder = try TemporaryFolder()
    var first = Self.record()
    try first.claim(RunFolder(folder.url)).release()
    var other = Self.record(checkpoint: "cc")
    #expect(
      throws: RunsError.otherEvaluation(
        folder.url, field: "checkpoint", expected: "cc", found: "aa")
    ) {
      try other.claim(RunFolder(folder.url))
    }
    var claimed = Self.record()
    claimed.predictions = [:]
    #expect(try RunRecord.find(in: RunFolder(folder.url)) == claimed)
  }

  @Test func `another configuration is refused with the first line that differs`() throws {
    let text = "model:\n  depth: 28\n  widen_factor: 10\n"
    for (mine, other, expected, found) in [
      (text.replacing("28", with: "16"), text, "depth: 16", "depth: 28"),
      (text + "dropout: 0.3\n", text, "dropout: 0.3", "nothing"), (text, "", "model:", "nothing"),
    ] {
      let folder = try TemporaryFolder()
      var first = Self.record(configuration: other)
      for _ in 1...2 { try first.claim(RunFolder(folder.url)).release() }
      var second = Self.record(configuration: mine)
      #expect(
        throws: RunsError.otherEvaluation(
          folder.url, field: "configuration", expected: expected, found: found)
      ) {
        try second.claim(RunFolder(folder.url))
      }
    }
  }

  @Test func `a folder belongs to one process at a time`() throws {
    let folder = try TemporaryFolder()
    var (first, second) = (Self.record(), Self.record())
    let lock = try first.claim(RunFolder(folder.url))
    #expect(throws: FileError.inUse(folder.file(".mixmo.lock"))) {
      try second.claim(RunFolder(folder.url))
    }
    lock.release()
    try second.claim(RunFolder(folder.url)).release()
  }

  @Test func `clean images may be scored before and after corrupted ones`() throws {
    let folder = try TemporaryFolder()
    for suite in [nil, "dd", nil] {
      var record = Self.record(suite: suite)
      try record.claim(RunFolder(folder.url)).release()
    }
    #expect(try RunRecord.find(in: RunFolder(folder.url))?.origin.suite == "dd")
    var other = Self.record(suite: "ee")
    #expect(throws: RunsError.self) { try other.claim(RunFolder(folder.url)) }
  }

  @Test func `the files of a cell must be those that were scored before`() throws {
    let folder = try TemporaryFolder()
    var first = Self.record(suite: "files", cells: ["fog-1": "f1", "fog-2": "f2"])
    try first.claim(RunFolder(folder.url)).release()
    var more = Self.record(suite: "files", cells: ["fog-2": "f2", "snow-1": "s1"])
    try more.claim(RunFolder(folder.url)).release()
    let cells = try RunRecord.find(in: RunFolder(folder.url))?.cells
    #expect(cells == ["fog-1": "f1", "fog-2": "f2", "snow-1": "s1"])
    var other = Self.record(suite: "files", cells: ["fog-1": "ff"])
    #expect(
      throws: RunsError.otherEvaluation(
        folder.url, field: "fog-1", expected: "ff", found: "f1")
    ) {
      try other.claim(RunFolder(folder.url))
    }
  }

  @Test func `tables keep their bins until others are written`() throws {
    let folder = try TemporaryFolder()
    let place = RunFolder(folder.url)
    let binnings = [Binning(count: 20, norm: .l2), Binning(count: 30, norm: .max)]
    var records = binnings.map { binning in
      var record = Self.record()
      record.scoring = .init(
        calibrations: [.none], fitting: "cv", figures: .meansOfHalves, drawCount: 0,
        binning: binning, kinds: [])
      return record
    }
    for record in records { #expect(binnings.contains(record.binning)) }
    try records[0].claim(place).release()
    #expect(try RunRecord.read(from: place).binning == binnings[0])
    try records[1].claim(place).release()
    #expect(try RunRecord.read(from: place).binning == binnings[0])
    try records[1].write(to: place)
    #expect(try RunRecord.read(from: place) == records[1])
    #expect(records[1].difference(from: records[0], as: .sameFolder) == nil)
    let difference = records[0].difference(from: records[1], as: .sameBinning)
    #expect(difference?.first == "20" && difference?.second == "30")
    let shards = records[0].difference(from: records[1], as: .shardsOfOne)
    #expect(shards?.field == "scoring", "\(String(describing: shards))")
  }

  @Test func `doubts are those of the tables until others are written`() throws {
    let folder = try TemporaryFolder()
    let place = RunFolder(folder.url)
    var first = Self.record()
    first.scoring = .init(
      calibrations: [.none], fitting: "cv", figures: .allRows, drawCount: 0, kinds: [])
    first.doubts = [.init(.equalRows, "All rows are alike.")]
    try first.claim(place).release()
    var second = Self.record()
    second.scoring = first.scoring
    try second.claim(place).release()
    #expect(second.doubts == nil)
    #expect(try RunRecord.find(in: place)?.doubts == first.doubts)
    second.doubts = [.init(.equalCells, "Two cells are the same.")]
    try second.finish(in: place, since: Date())
    #expect(try RunRecord.find(in: place)?.doubts?.map(\.rule) == ["equal-cells"])
  }

  @Test func `a record that is not JSON is refused by name`() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("run.json", holding: Array("{".utf8))
    #expect {
      try RunRecord.find(in: RunFolder(folder.url))
    } throws: {
      "\($0)".contains("run.json: not the record of an evaluation")
    }
  }
}
