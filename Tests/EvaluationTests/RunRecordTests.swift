import Evaluation
import Formats
import Foundation
import TestSupport
import Testing

struct RunRecordTests {
  static func record(
    checkpoint: String = "aa", suite: String? = nil, cells: [String: String] = [:]
  ) -> RunRecord {
    RunRecord(
      origin: .init(
        run: "r", dataset: "digits", images: 360, checkpoint: checkpoint, data: "bb",
        suite: suite, seed: 1, version: "0.1.0"), cells: cells,
      configuration: "num_members: 2\n", threads: 2)
  }

  @Test func `claiming twice for the same is allowed, and the record reads back`() throws {
    let folder = try TemporaryFolder()
    let place = folder.file("a/b")
    var record = Self.record()
    try record.claim(place)
    try record.claim(place)
    #expect(try RunRecord.read(from: place) == Self.record())
  }

  @Test func `a folder of another evaluation is refused, saying what differs`() throws {
    let folder = try TemporaryFolder()
    var first = Self.record()
    try first.claim(folder.url)
    var other = Self.record(checkpoint: "cc")
    #expect(
      throws: EvaluationError.otherEvaluation(
        folder.url, field: "checkpoint", expected: "cc", found: "aa")
    ) {
      try other.claim(folder.url)
    }
    #expect(try RunRecord.read(from: folder.url) == Self.record())
  }

  @Test func `clean images may be scored before and after corrupted ones`() throws {
    let folder = try TemporaryFolder()
    for suite in [nil, "dd", nil] {
      var record = Self.record(suite: suite)
      try record.claim(folder.url)
    }
    #expect(try RunRecord.read(from: folder.url)?.origin.suite == "dd")
    var other = Self.record(suite: "ee")
    #expect(throws: EvaluationError.self) { try other.claim(folder.url) }
  }

  @Test func `the files of a cell must be those that were scored before`() throws {
    let folder = try TemporaryFolder()
    var first = Self.record(suite: "files", cells: ["fog-1": "f1", "fog-2": "f2"])
    try first.claim(folder.url)
    var more = Self.record(suite: "files", cells: ["fog-2": "f2", "snow-1": "s1"])
    try more.claim(folder.url)
    let cells = try RunRecord.read(from: folder.url)?.cells
    #expect(cells == ["fog-1": "f1", "fog-2": "f2", "snow-1": "s1"])
    var other = Self.record(suite: "files", cells: ["fog-1": "ff"])
    #expect(
      throws: EvaluationError.otherEvaluation(
        folder.url, field: "fog-1", expected: "ff", found: "f1")
    ) {
      try other.claim(folder.url)
    }
  }

  @Test func `a record that is not JSON is refused by name`() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("run.json", holding: Array("{".utf8))
    #expect {
      try RunRecord.read(from: folder.url)
    } throws: {
      "\($0)".contains("run.json: not the record of an evaluation")
    }
  }
}
