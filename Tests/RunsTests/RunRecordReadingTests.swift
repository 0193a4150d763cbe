import Foundation
import Runs
import Scoring
import TestSupport
import Testing

@Suite struct RunRecordReadingTests {
  private static let origin = """
    "origin": {"run": "a", "dataset": "digits", "images": 360, "checkpoint": "c", "data": "d",
      "seed": 18446744073709551615, "version": "0.1.0"}
    """

  private func read(_ text: String) throws -> RunRecord {
    let folder = try TemporaryFolder()
    try text.write(
      to: folder.url.appendingPathComponent("run.json"), atomically: true, encoding: .utf8)
    return try RunRecord.read(from: RunFolder(folder.url))
  }

  @Test func theOriginIsEnough() throws {
    let record = try read("{\(Self.origin)}")
    #expect(record.origin.seed == .max)
    #expect(record.scoring == nil && record.origin.suite == nil)
  }

  @Test func aByteOrderMarkAndOtherLineEndsChangeNothing() throws {
    let text = "{\(Self.origin)}"
    let record = try read(text)
    for end in ["\n", "\r\n", "\r"] {
      let other = try read("\u{FEFF}" + text.replacing("\n", with: end) + end)
      #expect(other.origin.seed == record.origin.seed && other.origin.data == record.origin.data)
    }
  }

  @Test(arguments: [
    ("", "expected JSON"), ("{}", "expected the field origin"),
    ("{\"origin\": {\"run\": 3}}", "origin.run: expected String"),
    ("{\"origin\": {\"run\": \"a\"}}", "expected the field origin.dataset"),
  ])
  func anythingElseIsRefusedByField(text: String, problem: String) throws {
    let error = #expect(throws: RunsError.self) { try read(text) }
    #expect("\(try #require(error))".hasSuffix("not the record of an evaluation: \(problem)"))
  }

  @Test(arguments: [
    (#"{"index": 1, "count": 0}"#, "fog", 3), (#"{"index": 0, "count": 2}"#, "fog", 3),
    (#"{"index": 3, "count": 2}"#, "fog", 3), (#"{"index": -1, "count": -1}"#, "fog", 3),
    (#"{"index": 1, "count": 9223372036854775807}"#, "fog", 3),
    (#"{"index": 1, "count": 2}"#, "../fog", 3), (#"{"index": 1, "count": 2}"#, "", 3),
    (#"{"index": 1, "count": 2}"#, "fog", 0), (#"{"index": 1, "count": 2}"#, "fog", 6),
    (#"{"index": 1, "count": 2}"#, "clean", 1),
  ])
  func partsAndCellsThatCannotBeAreRefused(shard: String, corruption: String, severity: Int) throws
  {
    let text = { (shard: String, corruption: String, severity: Int) in
      """
      {\(Self.origin), "sharding": {"shard": \(shard), "kinds": [],
        "plan": [{"corruption": "\(corruption)", "severity": \(severity)}]}}
      """
    }
    #expect(throws: RunsError.self) { try read(text(shard, corruption, severity)) }
    let sound = try read(text(#"{"index": 2, "count": 2}"#, "clean", 0)).sharding
    #expect(sound?.shard == Shard(2, of: 2) && sound?.plan == [.clean])
  }

  @Test func recordsWithoutBinsHadFifteen() throws {
    let scoring = #""calibrations": ["none"], "fitting": "clean-halves", "draws": 7"#
    #expect(try read("{\(Self.origin)}").binning == Binning())
    #expect(try read("{\(Self.origin), \"scoring\": {\(scoring)}}").binning == Binning())
    let chosen = #", "bins": 20, "norm": "max""#
    #expect(
      try read("{\(Self.origin), \"scoring\": {\(scoring)\(chosen)}}").binning
        == Binning(count: 20, norm: .max))
    for (field, problem) in [
      (#""bins": 0"#, "scoring.bins: expected a number from 1 to 1000, found 0"),
      (#""bins": 1001"#, "scoring.bins: expected a number from 1 to 1000, found 1001"),
      (#""norm": "l3""#, "scoring.norm: expected l1, l2, max, found \"l3\""),
    ] {
      let text = "{\(Self.origin), \"scoring\": {\(scoring), \(field)}}"
      let error = #expect(throws: RunsError.self) { try read(text) }
      #expect("\(try #require(error))".hasSuffix(problem))
    }
  }

  @Test func membersAreKnownOrRefused() throws {
    #expect(try read("{\(Self.origin)}").members == nil)
    #expect(try read("{\(Self.origin)}").mainPredictor(memberCount: 2) == .ensemble)
    for (name, main) in [
      ("subnetworks", Predictor.ensemble), ("independent", .ensembleProbabilities),
    ] {
      let record = try read("{\(Self.origin), \"members\": \"\(name)\"}")
      #expect(record.members?.rawValue == name)
      #expect(record.mainPredictor(memberCount: 3) == main)
      #expect(record.mainPredictor(memberCount: 1) == .network)
    }
    let error = #expect(throws: RunsError.self) {
      try read("{\(Self.origin), \"members\": \"twins\"}")
    }
    #expect(
      "\(try #require(error))".hasSuffix(
        "members: expected subnetworks or independent, found \"twins\""))
  }

  @Test func countsThatNoRunHasAreRefused() throws {
    let scoring = #""calibrations": ["none"], "fitting": "clean-halves", "draws": "#
    for (text, problem) in [
      (
        "{\(Self.origin), \"scoring\": {\(scoring)1000001}}",
        "scoring.draws: expected a number from 0 to 1000000, found 1000001"
      ),
      (
        "{\(Self.origin), \"scoring\": {\(scoring)-1}}",
        "scoring.draws: expected a number from 0 to 1000000, found -1"
      ),
      (
        "{\(Self.origin.replacing("360", with: "-360"))}",
        "origin.images: expected a number of at least 0, found -360"
      ),
    ] {
      let error = #expect(throws: RunsError.self) { try read(text) }
      #expect("\(try #require(error))".hasSuffix(problem))
    }
  }

  @Test func aFolderWithoutARecordIsNamed() throws {
    let folder = try TemporaryFolder()
    #expect(throws: RunsError.missingFile(folder.url, "run.json")) {
      try RunRecord.read(from: RunFolder(folder.url))
    }
  }
}
