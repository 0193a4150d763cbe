import Evaluation
import Formats
import Foundation
import TestSupport
import Testing

struct RunRecordTests {
  static func record(checkpoint: String = "aa", suite: String? = nil) -> RunRecord {
    RunRecord(
      origin: .init(
        run: "r", dataset: "digits", images: 360, checkpoint: checkpoint, data: "bb",
        suite: suite, seed: 1, version: "0.1.0"), configuration: "num_members: 2\n", threads: 2)
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
